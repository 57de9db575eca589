/*
 * Writing CBOR. Every head goes through put_head, which picks the shortest form; that, sorted keys and
 * definite lengths make the encoding of a value unique, so equal values can be compared and hashed as bytes.
 *
 * Arrays and maps of unknown length are opened and closed: closing counts the items behind the mark,
 * brings a map's pairs into order by rotating them in place, and moves all of it to make room for the head.
 */
#include <base/string.h>
#include <object-tree/cbor.h>

void cbor_writer_init(struct cbor_writer *w, void *buf, size_t size)
{
	*w = (struct cbor_writer){.at = buf, .size = size};
}

void cbor_window_init(struct cbor_writer *w, void *buf, size_t size, size_t skip)
{
	*w = (struct cbor_writer){.at = buf, .size = size, .skip = skip, .is_window = true};
}

/* Copies what falls into the window. */
static void window_put(struct cbor_writer *w, const uint8_t *from, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		size_t at = w->len + i;
		if (at >= w->skip && at - w->skip < w->size)
			w->at[at - w->skip] = from[i];
	}
	w->len += len;
}

void cbor_put_raw(struct cbor_writer *w, const void *value, size_t len)
{
	if (w->status != OK || len == 0)
		return;
	if (w->is_window) {
		window_put(w, value, len);
		return;
	}
	if (len > w->size - w->len) {
		w->status = E_RANGE;
		return;
	}
	memcpy(w->at + w->len, value, len);
	w->len += len;
}

/* A head of 1 to 9 bytes; returns its length. */
static size_t make_head(uint8_t *to, uint8_t major, uint64_t value)
{
	static const uint8_t extra[] = {1, 2, 4, 8};
	unsigned form = 0;

	if (value < 24) {
		to[0] = (uint8_t)(major << 5 | value);
		return 1;
	}
	while (form < 3 && value >> (8 * extra[form]) != 0)
		form++;
	to[0] = (uint8_t)(major << 5 | (24 + form));
	for (unsigned i = 0; i < extra[form]; i++)
		to[1 + i] = (uint8_t)(value >> (8 * (extra[form] - 1 - i)));
	return 1u + extra[form];
}

static void put_head(struct cbor_writer *w, uint8_t major, uint64_t value)
{
	uint8_t head[9];

	cbor_put_raw(w, head, make_head(head, major, value));
}

void cbor_put_uint(struct cbor_writer *w, uint64_t value)
{
	put_head(w, CBOR_UINT, value);
}

void cbor_put_negative(struct cbor_writer *w, uint64_t value)
{
	put_head(w, CBOR_NEGATIVE, value);
}

void cbor_put_int(struct cbor_writer *w, int64_t value)
{
	if (value < 0)
		cbor_put_negative(w, (uint64_t)(-1 - value));
	else
		cbor_put_uint(w, (uint64_t)value);
}

void cbor_put_bytes(struct cbor_writer *w, const void *bytes, size_t len)
{
	put_head(w, CBOR_BYTES, len);
	cbor_put_raw(w, bytes, len);
}

void cbor_put_text_len(struct cbor_writer *w, const char *text, size_t len)
{
	if (!utf8_is_valid((const uint8_t *)text, len) && w->status == OK)
		w->status = E_INVAL;
	put_head(w, CBOR_TEXT, len);
	cbor_put_raw(w, text, len);
}

void cbor_put_text(struct cbor_writer *w, const char *text)
{
	cbor_put_text_len(w, text, strlen(text));
}

uint8_t *cbor_text_room(struct cbor_writer *w, size_t len)
{
	put_head(w, CBOR_TEXT, len);
	if (w->status == OK && (w->is_window || len > w->size - w->len))
		w->status = E_RANGE;
	if (w->status != OK)
		return NULL;
	w->len += len;
	return w->at + w->len - len;
}

void cbor_put_array(struct cbor_writer *w, uint64_t items)
{
	put_head(w, CBOR_ARRAY, items);
}

void cbor_put_map(struct cbor_writer *w, uint64_t pairs)
{
	put_head(w, CBOR_MAP, pairs);
}

void cbor_put_tag(struct cbor_writer *w, uint64_t tag)
{
	put_head(w, CBOR_TAG, tag);
}

void cbor_put_simple(struct cbor_writer *w, uint8_t value)
{
	if (value >= 24 && value < 32 && w->status == OK)
		w->status = E_INVAL;
	put_head(w, CBOR_SIMPLE, value);
}

void cbor_put_bool(struct cbor_writer *w, bool value)
{
	cbor_put_simple(w, value ? CBOR_TRUE : CBOR_FALSE);
}

void cbor_put_null(struct cbor_writer *w)
{
	cbor_put_simple(w, CBOR_NULL);
}

void cbor_put_float(struct cbor_writer *w, uint64_t bits, size_t len)
{
	uint8_t bytes[9] = {(uint8_t)(7u << 5 | (len == 2 ? 25 : len == 4 ? 26 : 27))};

	for (size_t i = 0; i < len && len <= 8; i++)
		bytes[1 + i] = (uint8_t)(bits >> (8 * (len - 1 - i)));
	if (len == 2 || len == 4 || len == 8)
		cbor_put_raw(w, bytes, 1 + len);
	else if (w->status == OK)
		w->status = E_INVAL;
}

/* --- arrays and maps of unknown length --- */

static struct cbor_mark open_mark(struct cbor_writer *w, uint8_t major)
{
	if (w->is_window && w->status == OK)
		w->status = E_UNSUPPORTED;
	return (struct cbor_mark){.at = w->len, .major = major};
}

struct cbor_mark cbor_open_array(struct cbor_writer *w)
{
	return open_mark(w, CBOR_ARRAY);
}

struct cbor_mark cbor_open_map(struct cbor_writer *w)
{
	return open_mark(w, CBOR_MAP);
}

static void reverse(uint8_t *from, size_t len)
{
	for (size_t i = 0; i < len / 2; i++) {
		uint8_t kept = from[i];
		from[i] = from[len - 1 - i];
		from[len - 1 - i] = kept;
	}
}

/* Brings the last `tail` bytes of `len` to the front. */
static void rotate(uint8_t *from, size_t len, size_t tail)
{
	reverse(from, len - tail);
	reverse(from + len - tail, tail);
	reverse(from, len);
}

static size_t value_len(const uint8_t *at, size_t len)
{
	struct cbor_reader r;

	cbor_reader_init(&r, at, len);
	return cbor_skip(&r) == OK ? r.pos : 0;
}

/* Order of two encoded keys: bytewise, RFC 8949 section 4.2.1. */
static int compare_keys(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

/* Puts the pair at `pos` (of `pair` bytes) where it belongs among the sorted ones in front of it. */
static status_t insert_pair(uint8_t *from, size_t pos, size_t pair)
{
	size_t key = value_len(from + pos, pair);

	for (size_t at = 0; at < pos;) {
		size_t other = value_len(from + at, pos - at);
		int order = compare_keys(from + at, other, from + pos, key);
		if (order == 0)
			return E_INVAL;
		if (order > 0) {
			rotate(from + at, pos + pair - at, pair);
			return OK;
		}
		at += other;
		at += value_len(from + at, pos - at);
	}
	return OK;
}

static status_t sort_pairs(uint8_t *from, size_t len, uint64_t *out_pairs)
{
	uint64_t pairs = 0;

	for (size_t pos = 0; pos < len; pairs++) {
		size_t key = value_len(from + pos, len - pos);
		size_t value = value_len(from + pos + key, len - pos - key);
		if (key == 0 || value == 0)
			return E_INVAL;
		if (pairs >= CBOR_PAIRS_MAX)
			return E_LIMIT;
		status_t status = insert_pair(from, pos, key + value);
		if (status != OK)
			return status;
		pos += key + value;
	}
	*out_pairs = pairs;
	return OK;
}

static status_t count_items(const uint8_t *from, size_t len, uint64_t *out_items)
{
	uint64_t items = 0;

	for (size_t pos = 0; pos < len; items++) {
		size_t item = value_len(from + pos, len - pos);
		if (item == 0)
			return E_INVAL;
		pos += item;
	}
	*out_items = items;
	return OK;
}

void cbor_close(struct cbor_writer *w, struct cbor_mark mark)
{
	uint8_t head[9];
	uint64_t items = 0;

	if (w->status != OK)
		return;
	size_t len = w->len - mark.at;
	w->status = mark.major == CBOR_MAP ? sort_pairs(w->at + mark.at, len, &items)
	                                   : count_items(w->at + mark.at, len, &items);
	size_t room = make_head(head, mark.major, items);
	if (w->status == OK && room > w->size - w->len)
		w->status = E_RANGE;
	if (w->status != OK)
		return;
	memmove(w->at + mark.at + room, w->at + mark.at, len);
	memcpy(w->at + mark.at, head, room);
	w->len += room;
}
