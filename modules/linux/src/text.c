/*
 * Growing text. Errors stick, so that the code that formats need not look.
 */
#include "text.h"
#include <base/bits.h>
#include <base/format.h>
#include <base/string.h>
#include <libanon/heap.h>

void text_init(struct text *text)
{
	*text = (struct text){0};
}

void text_free(struct text *text)
{
	heap_free(text->at);
	*text = (struct text){0};
}

static bool make_room(struct text *text, size_t more)
{
	if (text->has_failed)
		return false;
	if (text->size - text->len > more)
		return true;
	size_t size = power_of_two_above(MAX(text->len + more + 1, 256ul));
	char *at = size > TEXT_MAX ? NULL : heap_realloc(text->at, size);
	if (!at) {
		text->has_failed = true;
		return false;
	}
	text->at = at;
	text->size = size;
	return true;
}

void text_add_bytes(struct text *text, const void *bytes, size_t len)
{
	if (!make_room(text, len))
		return;
	memcpy(text->at + text->len, bytes, len);
	text->len += len;
}

void text_add(struct text *text, const char *fmt, ...)
{
	char line[512];
	va_list args;
	va_start(args, fmt);
	size_t len = format_vstring(line, sizeof(line), fmt, args);
	va_end(args);
	if (len < sizeof(line)) {
		text_add_bytes(text, line, len);
		return;
	}
	if (!make_room(text, len))
		return;
	va_start(args, fmt);
	text->len += format_vstring(text->at + text->len, text->size - text->len, fmt, args);
	va_end(args);
}
