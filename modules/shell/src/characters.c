/*
 * UTF-8, decoded strictly: what is not well-formed counts byte by byte, so that any text can be cut and matched and
 * put together again without a change.
 */
#include "characters.h"

#define INVALID_BASE 0x110000u

static bool is_tail(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

unsigned char_decode(const char *text, size_t *out_len)
{
	const unsigned char *at = (const unsigned char *)text;
	unsigned point = 0;

	*out_len = 1;
	if (at[0] < 0x80)
		return at[0];
	if (at[0] >= 0xc2 && at[0] < 0xe0 && is_tail(at[1])) {
		*out_len = 2;
		return (at[0] & 0x1fu) << 6 | (at[1] & 0x3fu);
	}
	if (at[0] >= 0xe0 && at[0] < 0xf0 && is_tail(at[1]) && is_tail(at[2])) {
		point = (at[0] & 0x0fu) << 12 | (at[1] & 0x3fu) << 6 | (at[2] & 0x3fu);
		if (point >= 0x800 && (point < 0xd800 || point > 0xdfff)) {
			*out_len = 3;
			return point;
		}
	}
	if (at[0] >= 0xf0 && at[0] < 0xf5 && is_tail(at[1]) && is_tail(at[2]) && is_tail(at[3])) {
		point = (at[0] & 0x07u) << 18 | (at[1] & 0x3fu) << 12 | (at[2] & 0x3fu) << 6 |
		        (at[3] & 0x3fu);
		if (point >= 0x10000 && point < INVALID_BASE) {
			*out_len = 4;
			return point;
		}
	}
	return INVALID_BASE + at[0];
}

size_t char_encode(char *bytes, unsigned point)
{
	if (point < 0x80) {
		bytes[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		bytes[0] = (char)(0xc0 | point >> 6);
		bytes[1] = (char)(0x80 | (point & 0x3f));
		return 2;
	}
	if (point < 0x10000) {
		bytes[0] = (char)(0xe0 | point >> 12);
		bytes[1] = (char)(0x80 | (point >> 6 & 0x3f));
		bytes[2] = (char)(0x80 | (point & 0x3f));
		return 3;
	}
	bytes[0] = (char)(0xf0 | (point >> 18 & 7));
	bytes[1] = (char)(0x80 | (point >> 12 & 0x3f));
	bytes[2] = (char)(0x80 | (point >> 6 & 0x3f));
	bytes[3] = (char)(0x80 | (point & 0x3f));
	return 4;
}

size_t char_count(const char *text, size_t len, bool is_utf8)
{
	size_t count = 0;

	if (!is_utf8)
		return len;
	for (const char *end = text + len; text < end; count++)
		text += char_len(text, true);
	return count;
}
