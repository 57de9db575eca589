/*
 * From PS/2 scan codes to the bytes a terminal would send: US layout, shift, control, alt and caps lock,
 * arrows and function keys as ANSI sequences. Understands set 1 (what a translating 8042 delivers) and set 2.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define KEY_BYTES_MAX 8

struct keyboard {
	uint8_t set; /* 1 or 2 */
	bool is_extended, is_release;
	uint8_t skip; /* bytes of a Pause sequence still to ignore */
	bool shift_left, shift_right, control, alt, caps;
};

void keyboard_init(struct keyboard *k, uint8_t set);
/* Take one scan code byte; the number of bytes typed (0 to KEY_BYTES_MAX). */
int keyboard_feed(struct keyboard *k, uint8_t code, uint8_t out[KEY_BYTES_MAX]);
