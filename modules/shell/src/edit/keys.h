/*
 * What a terminal sends, as keys: a decoder that takes one byte after the other, split anywhere.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edit/bytes.h"

/* A key is a code point or one of these, or'ed with what was held down. */
enum {
	KEY_UP = 0x110000,
	KEY_DOWN,
	KEY_RIGHT,
	KEY_LEFT,
	KEY_HOME,
	KEY_END,
	KEY_INSERT,
	KEY_DELETE,
	KEY_PAGE_UP,
	KEY_PAGE_DOWN,
	KEY_BACKSPACE,
	KEY_TAB,
	KEY_ENTER,
	KEY_F1,                  /* to KEY_F1 + 11 */
	KEY_PASTE = KEY_F1 + 12, /* the text is in keys.paste */
	KEY_REFUSED,             /* a paste longer than EDITOR_LINE_MAX */
	KEY_BYTE = 0x110100      /* plus a byte that is not UTF-8 */
};

#define KEY_SHIFT 0x01000000u
#define KEY_ALT 0x02000000u
#define KEY_CTRL 0x04000000u
#define KEY_AFTER_X 0x08000000u /* after C-x, which the editor keeps, not the decoder */
#define KEY_FLAGS 0xff000000u

enum { KEYS_SEQUENCE_MAX = 32, KEYS_QUEUE = 8 };

struct keys {
	uint8_t state; /* enum in keys.c; 0: between keys */
	bool is_alt, is_too_long;
	uint8_t len, matched;
	char sequence[KEYS_SEQUENCE_MAX];
	uint8_t first, count;
	uint32_t queue[KEYS_QUEUE];
	struct bytes paste;
};

void keys_feed(struct keys *keys, uint8_t byte);
/* Takes the next key off; false when more bytes are needed. */
bool keys_next(struct keys *keys, uint32_t *out_key);
/* How many bytes can be read ahead without taking one that may belong to the next program. */
size_t keys_wanted(const struct keys *keys);
void keys_free(struct keys *keys);
