/* The 8042 keyboard controller: finding it, setting it up, taking its bytes. Registers through callbacks. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct controller {
	uint8_t (*in)(void *context, bool is_status); /* port 0x64 or 0x60 */
	void (*out)(void *context, bool is_command, uint8_t value);
	void *context;
	bool is_present;
	uint8_t scancode_set; /* what the decoder must expect */
};

/* Keyboard on, mouse off, interrupt on, translation to set 1 on; false when there is no controller. */
bool controller_init(struct controller *c);
/* The next keyboard byte; false when there is none. Mouse bytes are dropped. */
bool controller_take(struct controller *c, uint8_t *out_byte);
