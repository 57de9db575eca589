/*
 * JSON to CBOR. A strict reader of RFC 8259: no comments, no trailing commas, no lone surrogates, nothing
 * behind the value. Nesting is bounded by CBOR_DEPTH_MAX, so the recursion over values is too. Strings are
 * measured first and decoded second, because CBOR wants the length in front.
 */
#include <base/string.h>
#include <object-tree/json.h>

struct parser {
	const char *at;
	const char *end;
	struct cbor_writer *out;
	unsigned depth;
};

static status_t read_value(struct parser *p);

static void skip_space(struct parser *p)
{
	while (p->at < p->end &&
	       (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r'))
		p->at++;
}

static bool take(struct parser *p, char wanted)
{
	skip_space(p);
	if (p->at >= p->end || *p->at != wanted)
		return false;
	p->at++;
	return true;
}

static bool take_word(struct parser *p, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(p->end - p->at) < len || memcmp(p->at, word, len) != 0)
		return false;
	p->at += len;
	return true;
}

/* --- strings --- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static status_t read_hex4(struct parser *p, uint32_t *out)
{
	uint32_t value = 0;

	for (int i = 0; i < 4; i++) {
		int digit = p->at < p->end ? hex_digit(*p->at++) : -1;
		if (digit < 0)
			return E_PROTO;
		value = value << 4 | (uint32_t)digit;
	}
	*out = value;
	return OK;
}

/* Behind "\u": one code point, from a pair of surrogates if need be. */
static status_t read_code_point(struct parser *p, uint32_t *out)
{
	uint32_t low = 0;
	status_t status = read_hex4(p, out);

	if (status != OK || *out < 0xd800 || *out > 0xdfff)
		return status;
	if (*out > 0xdbff || !take_word(p, "\\u") || read_hex4(p, &low) != OK)
		return E_PROTO;
	if (low < 0xdc00 || low > 0xdfff)
		return E_PROTO;
	*out = 0x10000 + ((*out - 0xd800) << 10) + (low - 0xdc00);
	return OK;
}

static size_t encode_utf8(uint32_t point, uint8_t *to)
{
	static const uint8_t leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;

	for (size_t i = len - 1; i > 0; i--, point >>= 6)
		to[i] = (uint8_t)(0x80 | (point & 0x3f));
	to[0] = (uint8_t)(leads[len] | point);
	return len;
}

/* One character of a string as 1 to 4 bytes; *len 0 at the closing quote. */
static status_t read_char(struct parser *p, uint8_t *to, size_t *len)
{
	static const char escapes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	uint32_t point = 0;

	if (p->at >= p->end || (uint8_t)*p->at < 0x20)
		return E_PROTO;
	to[0] = (uint8_t)*p->at++;
	*len = to[0] == '"' ? 0 : 1;
	if (to[0] != '\\')
		return OK;
	char escape = p->at < p->end ? *p->at++ : 0;
	const char *found = escape == 0 ? NULL : strchr(escapes, escape);
	if (found != NULL) {
		to[0] = (uint8_t)meanings[found - escapes];
		return OK;
	}
	if (escape != 'u' || read_code_point(p, &point) != OK)
		return E_PROTO;
	*len = encode_utf8(point, to);
	return OK;
}

/* Decodes to `to` (NULL: only measures) and moves behind the closing quote. */
static status_t read_chars(struct parser *p, uint8_t *to, size_t *out_len)
{
	uint8_t piece[4];
	size_t len, total = 0;

	for (;;) {
		status_t status = read_char(p, piece, &len);
		if (status != OK)
			return status;
		if (len == 0)
			break;
		if (to != NULL)
			memcpy(to + total, piece, len);
		total += len;
	}
	*out_len = total;
	return OK;
}

/* `strip` characters at the start are dropped: the second "$" of a key. */
static status_t read_string(struct parser *p, size_t strip)
{
	struct parser ahead = *p;
	size_t len;
	status_t status;

	ahead.at += strip;
	struct parser content = ahead;
	status = read_chars(&ahead, NULL, &len);
	if (status != OK)
		return status;
	uint8_t *room = cbor_text_room(p->out, len);
	if (room == NULL)
		return p->out->status;
	status = read_chars(&content, room, &len);
	p->at = content.at;
	return status == OK && !utf8_is_valid(room, len) ? E_PROTO : status;
}

/* --- numbers --- */

static status_t read_number(struct parser *p)
{
	bool is_negative = take_word(p, "-");
	const char *start = p->at;
	uint64_t value = 0;

	for (; p->at < p->end && *p->at >= '0' && *p->at <= '9'; p->at++) {
		uint64_t digit = (uint64_t)(*p->at - '0');

		if (value > (UINT64_MAX - digit) / 10)
			return E_RANGE;
		value = value * 10 + digit;
	}
	if (p->at == start || (*start == '0' && p->at - start > 1))
		return E_PROTO;
	if (p->at < p->end && (*p->at == '.' || *p->at == 'e' || *p->at == 'E'))
		return E_UNSUPPORTED;
	if (is_negative && value > 0)
		cbor_put_negative(p->out, value - 1);
	else
		cbor_put_uint(p->out, value);
	return p->out->status;
}

/* --- what JSON has no words for --- */

/* "hex" to bytes at `to` (NULL: only measures). */
static status_t read_hex(struct parser *p, uint8_t *to, size_t *out_len)
{
	size_t len = 0;

	if (!take(p, '"'))
		return E_PROTO;
	for (; !take_word(p, "\""); len++, p->at += 2) {
		int high = p->end - p->at >= 2 ? hex_digit(p->at[0]) : -1;
		int low = high >= 0 ? hex_digit(p->at[1]) : -1;
		if (low < 0)
			return E_PROTO;
		if (to != NULL)
			to[len] = (uint8_t)(high << 4 | low);
	}
	*out_len = len;
	return OK;
}

static status_t read_bytes(struct parser *p)
{
	struct parser ahead = *p;
	size_t len;
	status_t status = read_hex(&ahead, NULL, &len);

	if (status != OK)
		return status;
	uint8_t *room = cbor_text_room(p->out, len);
	if (room == NULL)
		return p->out->status;
	/* The same head as text but for the type: bit 5 of its first byte. */
	size_t head = len < 24            ? 1
	              : len <= 0xff       ? 2
	              : len <= 0xffff     ? 3
	              : len <= 0xffffffff ? 5
	                                  : 9;
	room[-(ptrdiff_t)head] ^= 0x20;
	return read_hex(p, room, &len);
}

static status_t read_float(struct parser *p)
{
	struct parser ahead = *p;
	uint8_t bytes[8];
	uint64_t bits = 0;
	size_t len;
	status_t status = read_hex(&ahead, NULL, &len);

	if (status != OK)
		return status;
	if (len != 2 && len != 4 && len != 8)
		return E_PROTO;
	status = read_hex(p, bytes, &len);
	for (size_t i = 0; i < len; i++)
		bits = bits << 8 | bytes[i];
	cbor_put_float(p->out, bits, len);
	return status == OK ? p->out->status : status;
}

static status_t read_plain_uint(struct parser *p, uint64_t *out)
{
	uint8_t buf[9];
	struct cbor_writer w;
	struct cbor_reader r;
	struct parser number = *p;

	skip_space(&number);
	cbor_writer_init(&w, buf, sizeof(buf));
	number.out = &w;
	status_t status = read_number(&number);
	if (status != OK)
		return status;
	p->at = number.at;
	cbor_reader_init(&r, buf, w.len);
	return cbor_get_uint(&r, out) == OK ? OK : E_PROTO;
}

static status_t read_simple(struct parser *p)
{
	uint64_t value;
	status_t status = read_plain_uint(p, &value);

	if (status != OK || value > 255)
		return E_PROTO;
	cbor_put_simple(p->out, (uint8_t)value);
	return p->out->status;
}

static status_t read_tag(struct parser *p)
{
	uint64_t tag;

	if (!take(p, '[') || read_plain_uint(p, &tag) != OK || !take(p, ','))
		return E_PROTO;
	cbor_put_tag(p->out, tag);
	status_t status = read_value(p);
	return status == OK && !take(p, ']') ? E_PROTO : status;
}

/* Behind the "{" of an object: is its first key one of ours? */
static status_t (*special_form(struct parser *p))(struct parser *)
{
	static const struct {
		const char *key;
		status_t (*read)(struct parser *p);
	} forms[] = {{"\"$bytes\"", read_bytes},
	             {"\"$float\"", read_float},
	             {"\"$simple\"", read_simple},
	             {"\"$tag\"", read_tag}};

	skip_space(p);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (take_word(p, forms[i].key))
			return forms[i].read;
	}
	return NULL;
}

/* --- composed values --- */

static status_t read_pair(struct parser *p)
{
	if (!take(p, '"'))
		return E_PROTO;
	bool is_escaped = p->end - p->at >= 2 && p->at[0] == '$' && p->at[1] == '$';
	if (!is_escaped && p->at < p->end && p->at[0] == '$')
		return E_PROTO;
	status_t status = read_string(p, is_escaped);
	if (status == OK && !take(p, ':'))
		status = E_PROTO;
	return status == OK ? read_value(p) : status;
}

/* Items up to `close`, with commas between them. */
static status_t read_items(struct parser *p, char close, status_t (*read)(struct parser *))
{
	if (take(p, close))
		return OK;
	for (;;) {
		status_t status = read(p);
		if (status != OK)
			return status;
		if (take(p, close))
			return OK;
		if (!take(p, ','))
			return E_PROTO;
	}
}

static status_t read_object(struct parser *p)
{
	status_t (*special)(struct parser *) = special_form(p);
	status_t status;

	if (special != NULL) {
		status = take(p, ':') ? special(p) : E_PROTO;
		return status == OK && !take(p, '}') ? E_PROTO : status;
	}
	struct cbor_mark mark = cbor_open_map(p->out);
	status = read_items(p, '}', read_pair);
	if (status == OK)
		cbor_close(p->out, mark);
	return status == OK ? p->out->status : status;
}

static status_t read_array(struct parser *p)
{
	struct cbor_mark mark = cbor_open_array(p->out);
	status_t status = read_items(p, ']', read_value);

	if (status == OK)
		cbor_close(p->out, mark);
	return status == OK ? p->out->status : status;
}

static status_t read_composed(struct parser *p, status_t (*read)(struct parser *))
{
	if (p->depth >= CBOR_DEPTH_MAX)
		return E_LIMIT;
	p->at++;
	p->depth++;
	status_t status = read(p);
	p->depth--;
	return status;
}

static status_t read_value(struct parser *p)
{
	skip_space(p);
	if (p->at >= p->end)
		return E_PROTO;
	switch (*p->at) {
	case '{': return read_composed(p, read_object);
	case '[': return read_composed(p, read_array);
	case '"': p->at++; return read_string(p, 0);
	case 't':
		cbor_put_bool(p->out, true);
		return take_word(p, "true") ? p->out->status : E_PROTO;
	case 'f':
		cbor_put_bool(p->out, false);
		return take_word(p, "false") ? p->out->status : E_PROTO;
	case 'n': cbor_put_null(p->out); return take_word(p, "null") ? p->out->status : E_PROTO;
	default: return read_number(p);
	}
}

status_t json_to_cbor(const char *text, size_t len, struct cbor_writer *out)
{
	struct parser p = {.at = text, .end = text + len, .out = out};
	status_t status = out->status != OK ? out->status : read_value(&p);

	skip_space(&p);
	return status == OK && p.at != p.end ? E_PROTO : status;
}

status_t json_parse(const char *text, void *buf, size_t size, size_t *out_len)
{
	struct cbor_writer w;

	cbor_writer_init(&w, buf, size);
	status_t status = json_to_cbor(text, strlen(text), &w);
	if (status == OK)
		status = cbor_check(buf, w.len);
	if (status == OK)
		*out_len = w.len;
	return status;
}
