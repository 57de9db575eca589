/*
 * The scan code decoder. Set 2 is first turned into set 1 numbers (the same table an 8042 uses), so there is
 * one key map. A key's number below 0x59 indexes the map; keys with an E0 prefix and the function keys have a
 * table of sequences. Pause (E1 ...) is skipped whole: it has no release.
 */
#include "keyboard/scancode.h"

#define KEYS 0x59

/* Plain and shifted characters by set 1 number; 0: none, or handled apart. */
static const char plain[KEYS] = {
	[0x01] = 0x1b, [0x02] = '1',  [0x03] = '2',  [0x04] = '3',  [0x05] = '4',  [0x06] = '5',
	[0x07] = '6',  [0x08] = '7',  [0x09] = '8',  [0x0a] = '9',  [0x0b] = '0',  [0x0c] = '-',
	[0x0d] = '=',  [0x0e] = 0x7f, [0x0f] = 9,    [0x10] = 'q',  [0x11] = 'w',  [0x12] = 'e',
	[0x13] = 'r',  [0x14] = 't',  [0x15] = 'y',  [0x16] = 'u',  [0x17] = 'i',  [0x18] = 'o',
	[0x19] = 'p',  [0x1a] = '[',  [0x1b] = ']',  [0x1c] = '\r', [0x1e] = 'a',  [0x1f] = 's',
	[0x20] = 'd',  [0x21] = 'f',  [0x22] = 'g',  [0x23] = 'h',  [0x24] = 'j',  [0x25] = 'k',
	[0x26] = 'l',  [0x27] = ';',  [0x28] = '\'', [0x29] = '`',  [0x2b] = '\\', [0x2c] = 'z',
	[0x2d] = 'x',  [0x2e] = 'c',  [0x2f] = 'v',  [0x30] = 'b',  [0x31] = 'n',  [0x32] = 'm',
	[0x33] = ',',  [0x34] = '.',  [0x35] = '/',  [0x37] = '*',  [0x39] = ' ',  [0x47] = '7',
	[0x48] = '8',  [0x49] = '9',  [0x4a] = '-',  [0x4b] = '4',  [0x4c] = '5',  [0x4d] = '6',
	[0x4e] = '+',  [0x4f] = '1',  [0x50] = '2',  [0x51] = '3',  [0x52] = '0',  [0x53] = '.',
	[0x56] = '\\',
};
static const char shifted[KEYS] = {
	[0x02] = '!', [0x03] = '@', [0x04] = '#', [0x05] = '$', [0x06] = '%', [0x07] = '^',
	[0x08] = '&', [0x09] = '*', [0x0a] = '(', [0x0b] = ')', [0x0c] = '_', [0x0d] = '+',
	[0x1a] = '{', [0x1b] = '}', [0x27] = ':', [0x28] = '"', [0x29] = '~', [0x2b] = '|',
	[0x33] = '<', [0x34] = '>', [0x35] = '?', [0x56] = '|',
};

static const struct {
	uint8_t extended, code;
	const char *bytes;
} sequences[] = {
	{1, 0x48, "\033[A"},   {1, 0x50, "\033[B"},   {1, 0x4d, "\033[C"},   {1, 0x4b, "\033[D"},
	{1, 0x47, "\033[H"},   {1, 0x4f, "\033[F"},   {1, 0x52, "\033[2~"},  {1, 0x53, "\033[3~"},
	{1, 0x49, "\033[5~"},  {1, 0x51, "\033[6~"},  {1, 0x1c, "\r"},       {1, 0x35, "/"},
	{0, 0x3b, "\033OP"},   {0, 0x3c, "\033OQ"},   {0, 0x3d, "\033OR"},   {0, 0x3e, "\033OS"},
	{0, 0x3f, "\033[15~"}, {0, 0x40, "\033[17~"}, {0, 0x41, "\033[18~"}, {0, 0x42, "\033[19~"},
	{0, 0x43, "\033[20~"}, {0, 0x44, "\033[21~"}, {0, 0x57, "\033[23~"}, {0, 0x58, "\033[24~"},
};

/* Set 2 number to set 1 number, as the 8042 translates. */
static const uint8_t set2_to_1[0x84] = {
	[0x01] = 0x43, [0x03] = 0x3f, [0x04] = 0x3d, [0x05] = 0x3b, [0x06] = 0x3c, [0x07] = 0x58,
	[0x09] = 0x44, [0x0a] = 0x42, [0x0b] = 0x40, [0x0c] = 0x3e, [0x0d] = 0x0f, [0x0e] = 0x29,
	[0x11] = 0x38, [0x12] = 0x2a, [0x14] = 0x1d, [0x15] = 0x10, [0x16] = 0x02, [0x1a] = 0x2c,
	[0x1b] = 0x1f, [0x1c] = 0x1e, [0x1d] = 0x11, [0x1e] = 0x03, [0x21] = 0x2e, [0x22] = 0x2d,
	[0x23] = 0x20, [0x24] = 0x12, [0x25] = 0x05, [0x26] = 0x04, [0x29] = 0x39, [0x2a] = 0x2f,
	[0x2b] = 0x21, [0x2c] = 0x14, [0x2d] = 0x13, [0x2e] = 0x06, [0x31] = 0x31, [0x32] = 0x30,
	[0x33] = 0x23, [0x34] = 0x22, [0x35] = 0x15, [0x36] = 0x07, [0x3a] = 0x32, [0x3b] = 0x24,
	[0x3c] = 0x16, [0x3d] = 0x08, [0x3e] = 0x09, [0x41] = 0x33, [0x42] = 0x25, [0x43] = 0x17,
	[0x44] = 0x18, [0x45] = 0x0b, [0x46] = 0x0a, [0x49] = 0x34, [0x4a] = 0x35, [0x4b] = 0x26,
	[0x4c] = 0x27, [0x4d] = 0x19, [0x4e] = 0x0c, [0x52] = 0x28, [0x54] = 0x1a, [0x55] = 0x0d,
	[0x58] = 0x3a, [0x59] = 0x36, [0x5a] = 0x1c, [0x5b] = 0x1b, [0x5d] = 0x2b, [0x61] = 0x56,
	[0x66] = 0x0e, [0x69] = 0x4f, [0x6b] = 0x4b, [0x6c] = 0x47, [0x70] = 0x52, [0x71] = 0x53,
	[0x72] = 0x50, [0x73] = 0x4c, [0x74] = 0x4d, [0x75] = 0x48, [0x76] = 0x01, [0x77] = 0x45,
	[0x78] = 0x57, [0x79] = 0x4e, [0x7a] = 0x51, [0x7b] = 0x4a, [0x7c] = 0x37, [0x7d] = 0x49,
	[0x7e] = 0x46, [0x83] = 0x41,
};

void keyboard_init(struct keyboard *k, uint8_t set)
{
	*k = (struct keyboard){.set = set};
}

static int put_sequence(const char *bytes, uint8_t out[KEY_BYTES_MAX])
{
	int len = 0;

	for (; bytes[len]; len++)
		out[len] = (uint8_t)bytes[len];
	return len;
}

static const char *find_sequence(bool extended, uint8_t code)
{
	for (unsigned i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
		if (sequences[i].extended == extended && sequences[i].code == code)
			return sequences[i].bytes;
	}
	return 0;
}

/* True when the key is one that changes how others are read. */
static bool set_modifier(struct keyboard *k, uint8_t code, bool extended, bool is_down)
{
	/* The shifts that a keyboard makes up around an extended key change nothing. */
	if (extended && (code == 0x2a || code == 0x36))
		return true;
	switch (code) {
	case 0x2a: k->shift_left = is_down; return true;
	case 0x36: k->shift_right = is_down; return true;
	case 0x1d: k->control = is_down; return true;
	case 0x38: k->alt = is_down; return true;
	case 0x3a: k->caps ^= is_down; return true;
	default: return false;
	}
}

static uint8_t character(const struct keyboard *k, uint8_t code)
{
	bool shift = k->shift_left || k->shift_right;
	char c = code < KEYS ? plain[code] : 0;

	if (c >= 'a' && c <= 'z')
		c = shift != k->caps ? c - 32 : c;
	else if (shift && code < KEYS && shifted[code])
		c = shifted[code];
	if (!k->control)
		return (uint8_t)c;
	if (c == ' ' || c == '@' || c == '2')
		return 0x80; /* control-space: a zero byte, told apart from "nothing" */
	if (c == '/' || c == '-')
		return 0x1f;
	return (uint8_t)(c >= '?' && c < 0x7f ? c & 0x1f : c);
}

static int type_key(const struct keyboard *k, uint8_t code, bool extended,
                    uint8_t out[KEY_BYTES_MAX])
{
	const char *sequence = find_sequence(extended, code);
	uint8_t c;
	int len = 0;

	if (sequence)
		return put_sequence(sequence, out);
	c = extended ? 0 : character(k, code);
	if (c == 0)
		return 0;
	if (k->alt)
		out[len++] = 0x1b;
	out[len++] = c == 0x80 ? 0 : c;
	return len;
}

/* Split one byte into prefix, release mark and set 1 number; false when no key is complete yet. */
static bool take_byte(struct keyboard *k, uint8_t byte, uint8_t *out_code, bool *out_down)
{
	if (k->skip) {
		k->skip--;
		return false;
	}
	if (byte == 0xe1) {
		k->skip = k->set == 1 ? 5 : 7;
		return false;
	}
	if (byte == 0xe0)
		return k->is_extended = true, false;
	if (k->set == 2 && byte == 0xf0)
		return k->is_release = true, false;
	*out_down = k->set == 1 ? !(byte & 0x80) : !k->is_release;
	*out_code = k->set == 1 ? byte & 0x7f : byte < sizeof(set2_to_1) ? set2_to_1[byte] : 0;
	k->is_release = false;
	return true;
}

int keyboard_feed(struct keyboard *k, uint8_t byte, uint8_t out[KEY_BYTES_MAX])
{
	uint8_t code = 0;
	bool is_down = false, extended;

	if (!take_byte(k, byte, &code, &is_down))
		return 0;
	extended = k->is_extended;
	k->is_extended = false;
	if (code == 0 || set_modifier(k, code, extended, is_down) || !is_down)
		return 0;
	return type_key(k, code, extended, out);
}
