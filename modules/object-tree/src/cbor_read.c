/*
 * Reading CBOR that others wrote. cbor_next takes one head apart and refuses everything that the
 * deterministic encoding rules out: long forms, indefinite lengths, reserved values, invalid UTF-8.
 * What needs more than one item at a time, the order of keys and the depth, is judged by cbor_check,
 * which walks a whole value with a stack of its own and no recursion.
 */
#include <base/string.h>
#include <object-tree/cbor.h>

/* Length of the sequence at text, 0 when it is none. Table 3-7 of the Unicode standard. */
static size_t utf8_sequence(const uint8_t *text, size_t len)
{
	uint8_t first = text[0];
	uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
	size_t need = first < 0x80   ? 1
	              : first < 0xc2 ? 0
	              : first < 0xe0 ? 2
	              : first < 0xf0 ? 3
	              : first < 0xf5 ? 4
	                             : 0;

	if (need < 2 || need > len)
		return need == 1 ? 1 : 0;
	if (text[1] < low || text[1] > high)
		return 0;
	for (size_t i = 2; i < need; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	}
	return need;
}

bool utf8_is_valid(const uint8_t *text, size_t len)
{
	for (size_t at = 0; at < len;) {
		size_t step = utf8_sequence(text + at, len - at);
		if (step == 0)
			return false;
		at += step;
	}
	return true;
}

void cbor_reader_init(struct cbor_reader *r, const void *value, size_t len)
{
	*r = (struct cbor_reader){.at = value, .len = len};
}

/* The argument of a head in its shortest form. */
static status_t read_argument(const struct cbor_reader *r, size_t *pos, unsigned form,
                              uint64_t *out)
{
	size_t extra = form < 24 ? 0 : form < 28 ? (size_t)1 << (form - 24) : 9;
	uint64_t value = extra == 0 ? form : 0;

	if (extra > 8 || extra > r->len - *pos)
		return E_PROTO;
	for (size_t i = 0; i < extra; i++)
		value = value << 8 | r->at[(*pos)++];
	*out = value;
	return OK;
}

static bool is_shortest(unsigned form, uint64_t value)
{
	return form < 24 || value >= (form == 24 ? 24ull : 1ull << (8u << (form - 25)));
}

/* Major type 7: simple values and floating-point numbers. */
static status_t read_simple(unsigned form, struct cbor_item *item)
{
	if (form >= 25) {
		item->type = CBOR_FLOAT;
		item->len = (size_t)1 << (form - 24);
		return OK;
	}
	item->type = CBOR_SIMPLE;
	return form == 24 && item->value < 32 ? E_PROTO : OK;
}

static status_t read_content(const struct cbor_reader *r, size_t *pos, struct cbor_item *item)
{
	if (item->value > r->len - *pos)
		return E_PROTO;
	item->bytes = r->at + *pos;
	item->len = item->value;
	*pos += item->len;
	if (item->type == CBOR_TEXT && !utf8_is_valid(item->bytes, item->len))
		return E_PROTO;
	return OK;
}

status_t cbor_next(struct cbor_reader *r, struct cbor_item *out_item)
{
	struct cbor_item item = {0};
	size_t pos = r->pos;
	status_t status;

	if (pos >= r->len)
		return E_NOENT;
	unsigned form = r->at[pos] & 31;
	item.type = (enum cbor_type)(r->at[pos++] >> 5);
	status = read_argument(r, &pos, form, &item.value);
	if (status == OK && item.type == CBOR_SIMPLE)
		status = read_simple(form, &item);
	else if (status == OK && !is_shortest(form, item.value))
		status = E_PROTO;
	if (status == OK && (item.type == CBOR_BYTES || item.type == CBOR_TEXT))
		status = read_content(r, &pos, &item);
	/* Every item takes a byte: a count beyond what is left is a lie, and cannot overflow sums later. */
	if (status == OK && (item.type == CBOR_ARRAY || item.type == CBOR_MAP) &&
	    item.value > r->len - pos)
		status = E_PROTO;
	if (status != OK)
		return status;
	r->pos = pos;
	*out_item = item;
	return OK;
}

static uint64_t content_items(const struct cbor_item *item)
{
	switch (item->type) {
	case CBOR_ARRAY: return item->value;
	case CBOR_MAP: return item->value * 2;
	case CBOR_TAG: return 1;
	default: return 0;
	}
}

status_t cbor_skip(struct cbor_reader *r)
{
	struct cbor_reader ahead = *r;
	struct cbor_item item;

	for (uint64_t left = 1; left > 0; left--) {
		status_t status = cbor_next(&ahead, &item);
		if (status != OK)
			return left == 1 && ahead.pos == r->pos ? status : E_PROTO;
		left += content_items(&item);
		if (left > ahead.len - ahead.pos + 1)
			return E_PROTO;
	}
	r->pos = ahead.pos;
	return OK;
}

/* One open array, map or tag of the value being checked. */
struct level {
	uint64_t left; /* items to come */
	bool is_map;
	const uint8_t *key; /* the last one, encoded */
	size_t key_len;
};

/* Keys rise; equal ones would be duplicates. */
static bool key_follows(const struct level *level, const uint8_t *key, size_t len)
{
	if (level->key == NULL)
		return true;
	int order = memcmp(level->key, key, level->key_len < len ? level->key_len : len);
	return order < 0 || (order == 0 && level->key_len < len);
}

/* At an even item of a map stands a key. */
static status_t check_key(struct level *level, const struct cbor_reader *r)
{
	struct cbor_reader ahead = *r;

	if (!level->is_map || level->left % 2 != 0)
		return OK;
	if (cbor_skip(&ahead) != OK || !key_follows(level, r->at + r->pos, ahead.pos - r->pos))
		return E_PROTO;
	level->key = r->at + r->pos;
	level->key_len = ahead.pos - r->pos;
	return OK;
}

status_t cbor_check(const void *value, size_t len)
{
	struct level levels[CBOR_DEPTH_MAX + 1] = {{.left = 1}};
	struct cbor_reader r;
	struct cbor_item item;
	unsigned depth = 0;

	cbor_reader_init(&r, value, len);
	while (depth > 0 || levels[0].left > 0) {
		struct level *level = &levels[depth];
		if (level->left == 0) {
			depth--;
			continue;
		}
		if (check_key(level, &r) != OK || cbor_next(&r, &item) != OK)
			return E_PROTO;
		level->left--;
		if (content_items(&item) == 0)
			continue;
		if (++depth > CBOR_DEPTH_MAX)
			return E_LIMIT;
		levels[depth] = (struct level){.left = content_items(&item),
		                               .is_map = item.type == CBOR_MAP};
	}
	return r.pos == len ? OK : E_PROTO;
}

/* --- typed reads --- */

static status_t get_typed(struct cbor_reader *r, enum cbor_type type, struct cbor_item *item)
{
	struct cbor_reader ahead = *r;
	status_t status = cbor_next(&ahead, item);

	if (status != OK)
		return status;
	if (item->type != type)
		return E_TYPE;
	*r = ahead;
	return OK;
}

static status_t get_value(struct cbor_reader *r, enum cbor_type type, uint64_t *out)
{
	struct cbor_item item;
	status_t status = get_typed(r, type, &item);

	if (status == OK)
		*out = item.value;
	return status;
}

status_t cbor_get_uint(struct cbor_reader *r, uint64_t *out)
{
	return get_value(r, CBOR_UINT, out);
}

status_t cbor_get_int(struct cbor_reader *r, int64_t *out)
{
	struct cbor_reader ahead = *r;
	struct cbor_item item;
	status_t status = cbor_next(&ahead, &item);

	if (status != OK)
		return status;
	if (item.type != CBOR_UINT && item.type != CBOR_NEGATIVE)
		return E_TYPE;
	if (item.value > INT64_MAX)
		return E_RANGE;
	*out = item.type == CBOR_UINT ? (int64_t)item.value : -1 - (int64_t)item.value;
	*r = ahead;
	return OK;
}

status_t cbor_get_bool(struct cbor_reader *r, bool *out)
{
	struct cbor_reader ahead = *r;
	uint64_t value;
	status_t status = get_value(&ahead, CBOR_SIMPLE, &value);

	if (status != OK)
		return status;
	if (value != CBOR_FALSE && value != CBOR_TRUE)
		return E_TYPE;
	*out = value == CBOR_TRUE;
	*r = ahead;
	return OK;
}

status_t cbor_get_bytes(struct cbor_reader *r, const uint8_t **out_bytes, size_t *out_len)
{
	struct cbor_item item;
	status_t status = get_typed(r, CBOR_BYTES, &item);

	if (status == OK) {
		*out_bytes = item.bytes;
		*out_len = item.len;
	}
	return status;
}

status_t cbor_get_text(struct cbor_reader *r, const char **out_text, size_t *out_len)
{
	struct cbor_item item;
	status_t status = get_typed(r, CBOR_TEXT, &item);

	if (status == OK) {
		*out_text = (const char *)item.bytes;
		*out_len = item.len;
	}
	return status;
}

status_t cbor_get_array(struct cbor_reader *r, uint64_t *out_items)
{
	return get_value(r, CBOR_ARRAY, out_items);
}

status_t cbor_get_map(struct cbor_reader *r, uint64_t *out_pairs)
{
	return get_value(r, CBOR_MAP, out_pairs);
}

status_t cbor_find(const void *value, size_t len, const char *key, struct cbor_reader *out)
{
	struct cbor_reader r;
	struct cbor_item item;
	uint64_t pairs;
	size_t key_len = strlen(key);

	cbor_reader_init(&r, value, len);
	status_t status = cbor_get_map(&r, &pairs);
	for (; status == OK && pairs > 0; pairs--) {
		struct cbor_reader at_key = r;
		status = cbor_skip(&r);
		if (status != OK)
			break;
		size_t start = r.pos;
		status = cbor_skip(&r);
		if (status == OK && cbor_next(&at_key, &item) == OK && item.type == CBOR_TEXT &&
		    item.len == key_len && memcmp(item.bytes, key, key_len) == 0) {
			cbor_reader_init(out, r.at + start, r.pos - start);
			return OK;
		}
	}
	return status == OK ? E_NOENT : status;
}
