/*
 * UTF-8 decoding and stepping over text of any bytes. Strict as RFC 3629: over-long forms, surrogates and what lies
 * beyond U+10FFFF are invalid bytes. Widths are in width.c.
 */
#include "edit/utf8.h"

size_t utf8_announced(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

size_t utf8_decode(const char *text, size_t len, uint32_t *out_code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	uint8_t first = (uint8_t)text[0];
	size_t count = utf8_announced(first);
	uint32_t code = count == 1 ? first : first & (0x7fu >> count);

	*out_code = UTF8_INVALID | first;
	if (count == 0 || count > len)
		return 1;
	for (size_t i = 1; i < count; i++) {
		if (((uint8_t)text[i] & 0xc0) != 0x80)
			return 1;
		code = code << 6 | ((uint8_t)text[i] & 0x3f);
	}
	if (code < least[count] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 1;
	*out_code = code;
	return count;
}

size_t utf8_previous(const char *text, size_t at)
{
	uint32_t code;

	for (size_t back = UTF8_MAX; back > 1; back--) {
		if (back <= at && utf8_decode(text + at - back, back, &code) == back)
			return at - back;
	}
	return at - 1;
}

size_t utf8_boundary(const char *text, size_t len, size_t at)
{
	uint32_t code;

	for (size_t back = 1; back < UTF8_MAX && back <= at; back++) {
		size_t count = utf8_decode(text + at - back, len - (at - back), &code);

		if (count > back)
			return at - back + count;
	}
	return at;
}

size_t utf8_encode(uint32_t code, char out[UTF8_MAX])
{
	static const uint8_t marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t count = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

	for (size_t i = count - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (code & 0x3f));
		code >>= 6;
	}
	out[0] = (char)(marks[count] | code);
	return count;
}

size_t utf8_next_cluster(const char *text, size_t len, size_t at)
{
	uint32_t code;
	size_t next = at + utf8_decode(text + at, len - at, &code);

	if (utf8_width(code) <= 0)
		return next;
	while (next < len) {
		size_t count = utf8_decode(text + next, len - next, &code);

		if (utf8_width(code) != 0)
			break;
		next += count;
	}
	return next;
}

size_t utf8_previous_cluster(const char *text, size_t at)
{
	size_t last = utf8_previous(text, at), first = last;
	uint32_t code;

	utf8_decode(text + first, at - first, &code);
	while (utf8_width(code) == 0 && first > 0) {
		size_t before = utf8_previous(text, first);

		utf8_decode(text + before, first - before, &code);
		first = before;
	}
	return utf8_width(code) > 0 ? first : last;
}
