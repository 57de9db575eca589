/*
 * The 8042 as every PC emulates it (IBM PS/2 Technical Reference, keyboard controller). Every wait is bounded:
 * a machine without one reads all ones, and one that hangs must not take us with it.
 */
#include "keyboard/controller.h"

#define STATUS_OUTPUT 0x01u /* a byte for us */
#define STATUS_INPUT 0x02u  /* our last byte is not taken yet */
#define STATUS_MOUSE 0x20u
#define COMMAND_READ_CONFIG 0x20
#define COMMAND_WRITE_CONFIG 0x60
#define COMMAND_MOUSE_OFF 0xa7
#define COMMAND_KEYBOARD_OFF 0xad
#define COMMAND_KEYBOARD_ON 0xae
#define CONFIG_INTERRUPT 0x01u
#define CONFIG_MOUSE_INTERRUPT 0x02u
#define CONFIG_KEYBOARD_OFF 0x10u
#define CONFIG_TRANSLATE 0x40u
#define KEYBOARD_SCAN_ON 0xf4
#define PATIENCE 2000

static uint8_t status(struct controller *c)
{
	return c->in(c->context, true);
}

static bool wait_status(struct controller *c, uint8_t mask, uint8_t wanted)
{
	for (int i = 0; i < PATIENCE; i++) {
		if ((status(c) & mask) == wanted)
			return true;
	}
	return false;
}

static bool send(struct controller *c, bool is_command, uint8_t value)
{
	if (!wait_status(c, STATUS_INPUT, 0))
		return false;
	c->out(c->context, is_command, value);
	return true;
}

static bool receive(struct controller *c, uint8_t *out)
{
	if (!wait_status(c, STATUS_OUTPUT, STATUS_OUTPUT))
		return false;
	*out = c->in(c->context, false);
	return true;
}

static void drain(struct controller *c)
{
	for (int i = 0; i < 32 && status(c) & STATUS_OUTPUT; i++)
		(void)c->in(c->context, false);
}

static bool configure(struct controller *c)
{
	uint8_t config;

	if (!send(c, true, COMMAND_READ_CONFIG) || !receive(c, &config))
		return false;
	config |= CONFIG_INTERRUPT | CONFIG_TRANSLATE;
	config &= (uint8_t) ~(CONFIG_MOUSE_INTERRUPT | CONFIG_KEYBOARD_OFF);
	if (!send(c, true, COMMAND_WRITE_CONFIG) || !send(c, false, config))
		return false;
	/* Some controllers cannot translate: the bit does not stick and set 2 comes. */
	if (!send(c, true, COMMAND_READ_CONFIG) || !receive(c, &config))
		return false;
	c->scancode_set = config & CONFIG_TRANSLATE ? 1 : 2;
	return true;
}

bool controller_init(struct controller *c)
{
	c->is_present = false;
	c->scancode_set = 1;
	if (status(c) == 0xff)
		return false;
	if (!send(c, true, COMMAND_KEYBOARD_OFF) || !send(c, true, COMMAND_MOUSE_OFF))
		return false;
	drain(c);
	if (!configure(c) || !send(c, true, COMMAND_KEYBOARD_ON) ||
	    !send(c, false, KEYBOARD_SCAN_ON))
		return false;
	/* The keyboard acknowledges; that byte is no key. */
	if (wait_status(c, STATUS_OUTPUT, STATUS_OUTPUT))
		drain(c);
	return c->is_present = true;
}

bool controller_take(struct controller *c, uint8_t *out_byte)
{
	for (int i = 0; i < 32; i++) {
		uint8_t now = status(c);

		if (!c->is_present || !(now & STATUS_OUTPUT))
			return false;
		*out_byte = c->in(c->context, false);
		if (!(now & STATUS_MOUSE))
			return true;
	}
	return false;
}
