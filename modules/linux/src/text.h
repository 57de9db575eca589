/* Text that is put together piece by piece: what procfs and other made-up files show. Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#define TEXT_MAX (1ul << 20)

struct text {
	char *at;
	size_t len, size;
	bool has_failed; /* out of memory, or too long: what is there is a beginning */
};

void text_init(struct text *text);
void text_free(struct text *text);
void text_add(struct text *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_add_bytes(struct text *text, const void *bytes, size_t len);
