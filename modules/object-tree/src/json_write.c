/*
 * CBOR to JSON. The value is checked as a whole first, so the walk below meets nothing malformed; it keeps
 * a stack of open arrays, maps and tags of its own. Text may come from anyone: control characters are
 * escaped, so that a line of output stays a line on a terminal.
 */
#include <base/string.h>
#include <object-tree/json.h>

enum frame_kind { FRAME_ARRAY, FRAME_MAP, FRAME_TAG };

struct frame {
	enum frame_kind kind;
	uint64_t left; /* items to come; of a map, keys and values */
	bool is_empty;
};

struct printer {
	char *text;
	size_t size;
	size_t len;
	bool indent;
	struct frame frames[CBOR_DEPTH_MAX + 1];
	unsigned depth;
};

static void put(struct printer *p, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (p->len + i < p->size)
			p->text[p->len + i] = text[i];
	}
	p->len += len;
}

static void put_word(struct printer *p, const char *text)
{
	put(p, text, strlen(text));
}

static void put_hex(struct printer *p, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		char pair[2] = {digits[bytes[i] >> 4], digits[bytes[i] & 15]};
		put(p, pair, 2);
	}
}

static void put_number(struct printer *p, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	put(p, digits + at, sizeof(digits) - at);
}

static void put_negative(struct printer *p, uint64_t value)
{
	if (value == UINT64_MAX) {
		put_word(p, "-18446744073709551616");
		return;
	}
	put_word(p, "-");
	put_number(p, value + 1);
}

static void put_escape(struct printer *p, uint8_t c)
{
	static const char plain[] = "\b\f\n\r\t\"\\", letters[] = "bfnrt\"\\";
	const char *found = strchr(plain, c);

	if (c != 0 && found != NULL) {
		char pair[2] = {'\\', letters[found - plain]};
		put(p, pair, 2);
		return;
	}
	put_word(p, "\\u00");
	put_hex(p, &c, 1);
}

static void put_text(struct printer *p, const struct cbor_item *item)
{
	for (size_t i = 0; i < item->len; i++) {
		uint8_t c = item->bytes[i];
		if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f)
			put_escape(p, c);
		else
			put(p, (const char *)&c, 1);
	}
	put_word(p, "\"");
}

static void put_bytes(struct printer *p, const struct cbor_item *item)
{
	put_word(p, "{\"$bytes\":\"");
	put_hex(p, item->bytes, item->len);
	put_word(p, "\"}");
}

static void put_float(struct printer *p, const struct cbor_item *item)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < item->len; i++)
		bytes[i] = (uint8_t)(item->value >> (8 * (item->len - 1 - i)));
	put_word(p, "{\"$float\":\"");
	put_hex(p, bytes, item->len);
	put_word(p, "\"}");
}

static void put_simple(struct printer *p, const struct cbor_item *item)
{
	static const char *const words[] = {"false", "true", "null"};

	if (item->value >= CBOR_FALSE && item->value <= CBOR_NULL) {
		put_word(p, words[item->value - CBOR_FALSE]);
		return;
	}
	put_word(p, "{\"$simple\":");
	put_number(p, item->value);
	put_word(p, "}");
}

static void put_line(struct printer *p)
{
	if (!p->indent)
		return;
	put_word(p, "\n");
	for (unsigned i = 0; i < p->depth; i++)
		put_word(p, "  ");
}

static void open_frame(struct printer *p, const struct cbor_item *item)
{
	struct frame *frame = &p->frames[p->depth++];

	frame->is_empty = true;
	frame->kind = item->type == CBOR_MAP   ? FRAME_MAP
	              : item->type == CBOR_TAG ? FRAME_TAG
	                                       : FRAME_ARRAY;
	frame->left = item->type == CBOR_MAP   ? 2 * item->value
	              : item->type == CBOR_TAG ? 1
	                                       : item->value;
	if (frame->kind == FRAME_TAG) {
		put_word(p, "{\"$tag\":[");
		put_number(p, item->value);
		frame->is_empty = false;
	} else {
		put_word(p, frame->kind == FRAME_MAP ? "{" : "[");
	}
}

static void close_frame(struct printer *p)
{
	static const char *const ends[] = {
		[FRAME_ARRAY] = "]", [FRAME_MAP] = "}", [FRAME_TAG] = "]}"};
	const struct frame *frame = &p->frames[--p->depth];

	if (!frame->is_empty && frame->kind != FRAME_TAG)
		put_line(p);
	put_word(p, ends[frame->kind]);
}

/* What stands between the items of the innermost frame; true when a key comes next. */
static bool begin_item(struct printer *p)
{
	struct frame *frame = &p->frames[p->depth - 1];
	bool is_key = frame->kind == FRAME_MAP && frame->left % 2 == 0;

	frame->left--;
	if (frame->kind == FRAME_MAP && !is_key) {
		put_word(p, p->indent ? ": " : ":");
		return false;
	}
	if (!frame->is_empty)
		put_word(p, ",");
	frame->is_empty = false;
	if (frame->kind != FRAME_TAG)
		put_line(p);
	return is_key;
}

static status_t put_key(struct printer *p, const struct cbor_item *item)
{
	if (item->type != CBOR_TEXT)
		return E_UNSUPPORTED;
	put_word(p, item->len > 0 && item->bytes[0] == '$' ? "\"$" : "\"");
	put_text(p, item);
	return OK;
}

static void put_item(struct printer *p, const struct cbor_item *item)
{
	switch (item->type) {
	case CBOR_UINT: put_number(p, item->value); break;
	case CBOR_NEGATIVE: put_negative(p, item->value); break;
	case CBOR_BYTES: put_bytes(p, item); break;
	case CBOR_TEXT:
		put_word(p, "\"");
		put_text(p, item);
		break;
	case CBOR_SIMPLE: put_simple(p, item); break;
	case CBOR_FLOAT: put_float(p, item); break;
	default: open_frame(p, item); break;
	}
}

static status_t put_value(struct printer *p, struct cbor_reader *r)
{
	struct cbor_item item;
	status_t status = cbor_next(r, &item);

	if (status != OK)
		return status;
	put_item(p, &item);
	while (p->depth > 0) {
		if (p->frames[p->depth - 1].left == 0) {
			close_frame(p);
			continue;
		}
		bool is_key = begin_item(p);
		status = cbor_next(r, &item);
		if (status == OK && is_key)
			status = put_key(p, &item);
		else if (status == OK)
			put_item(p, &item);
		if (status != OK)
			return status;
	}
	return OK;
}

status_t json_from_cbor(const void *value, size_t len, bool indent, char *text, size_t size,
                        size_t *out_len)
{
	struct printer p = {.text = text, .size = size, .indent = indent};
	struct cbor_reader r;
	status_t status = cbor_check(value, len);

	cbor_reader_init(&r, value, len);
	if (status == OK)
		status = put_value(&p, &r);
	put(&p, "", 1);
	if (status == OK && p.len > size)
		status = E_RANGE;
	if (status == OK && out_len != NULL)
		*out_len = p.len - 1;
	return status;
}
