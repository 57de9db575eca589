/*
 * Tables of key codes: control characters, the final bytes and numbers of escape sequences (ECMA-48 as used by the
 * VT220, xterm, rxvt and Linux's console), and the names that people write for keys.
 */
#include "edit/key_codes.h"

#include <stdio.h>
#include <string.h>

#include "edit/keys.h"
#include "edit/utf8.h"

struct code {
	int sent;
	uint32_t key;
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static uint32_t find(const struct code *table, size_t count, int sent)
{
	for (size_t i = 0; i < count; i++) {
		if (table[i].sent == sent)
			return table[i].key;
	}
	return 0;
}

uint32_t key_of_ascii(uint8_t byte)
{
	static const struct code named[] = {{0x08, KEY_BACKSPACE}, {0x7f, KEY_BACKSPACE},
	                                    {'\t', KEY_TAB},       {'\r', KEY_ENTER},
	                                    {'\n', KEY_ENTER},     {0, KEY_CTRL | ' '}};
	uint32_t key = find(named, COUNT(named), byte);

	if (key)
		return key;
	if (byte < 0x1b)
		return KEY_CTRL | (uint32_t)(byte + 'a' - 1);
	return byte < ' ' ? KEY_CTRL | (uint32_t)(byte + '@') : byte;
}

/* The numbers between semicolons; what follows a colon in one is left out. At most max; the rest stay 0. */
static void read_numbers(const char *text, unsigned *numbers, size_t max)
{
	memset(numbers, 0, max * sizeof(*numbers));
	for (size_t i = 0; *text && i < max; text++) {
		if (*text == ';')
			i++;
		else if (*text == ':')
			text += strcspn(text, ";") - 1;
		else if (*text >= '0' && *text <= '9' && numbers[i] < 0x200000)
			numbers[i] = numbers[i] * 10 + (unsigned)(*text - '0');
	}
}

/* xterm's parameter: 1 plus a bit for each of Shift, Alt, Ctrl. */
static uint32_t modifiers(unsigned parameter)
{
	unsigned bits = parameter ? parameter - 1 : 0;

	return (bits & 1 ? KEY_SHIFT : 0) | (bits & 2 ? KEY_ALT : 0) | (bits & 4 ? KEY_CTRL : 0);
}

/* A key that a terminal sends as its code point (CSI u, modifyOtherKeys). */
static uint32_t key_of_code(unsigned code, uint32_t flags)
{
	if (code < ' ' || code == 0x7f) {
		uint32_t key = key_of_ascii((uint8_t)code);

		return key & KEY_FLAGS ? 0 : key | flags;
	}
	if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000) || (code >= 0x80 && code < 0xa0))
		return 0;
	if (flags & (KEY_CTRL | KEY_ALT) && code >= 'A' && code <= 'Z')
		code |= 0x20;
	return code | (flags & ~KEY_SHIFT);
}

static const struct code letters[] = {{'A', KEY_UP},     {'B', KEY_DOWN},   {'C', KEY_RIGHT},
                                      {'D', KEY_LEFT},   {'H', KEY_HOME},   {'F', KEY_END},
                                      {'P', KEY_F1},     {'Q', KEY_F1 + 1}, {'R', KEY_F1 + 2},
                                      {'S', KEY_F1 + 3}, {'M', KEY_ENTER}};

/* The numbers before '~'; rxvt ends them with '^' for Ctrl and '@' for Ctrl-Shift. */
static const struct code numbered[] = {{1, KEY_HOME},     {2, KEY_INSERT},   {3, KEY_DELETE},
                                       {4, KEY_END},      {5, KEY_PAGE_UP},  {6, KEY_PAGE_DOWN},
                                       {7, KEY_HOME},     {8, KEY_END},      {11, KEY_F1},
                                       {12, KEY_F1 + 1},  {13, KEY_F1 + 2},  {14, KEY_F1 + 3},
                                       {15, KEY_F1 + 4},  {17, KEY_F1 + 5},  {18, KEY_F1 + 6},
                                       {19, KEY_F1 + 7},  {20, KEY_F1 + 8},  {21, KEY_F1 + 9},
                                       {23, KEY_F1 + 10}, {24, KEY_F1 + 11}, {200, KEY_PASTE}};

uint32_t key_of_csi(const char *parameters, uint8_t final)
{
	unsigned number[3];
	uint32_t key;

	if (strspn(parameters, "0123456789;:") != strlen(parameters))
		return 0;
	read_numbers(parameters, number, COUNT(number));
	if (final == 'u')
		return key_of_code(number[0], modifiers(number[1]));
	if (final == '~' && number[0] == 27)
		return key_of_code(number[2], modifiers(number[1]));
	if (final == 'Z')
		return KEY_SHIFT | KEY_TAB;
	if (final >= 'a' && final <= 'd')
		return KEY_SHIFT | find(letters, COUNT(letters), final - 'a' + 'A');
	if (final == '~' || final == '^' || final == '@')
		key = find(numbered, COUNT(numbered), (int)number[0]);
	else
		key = number[0] <= 1 ? find(letters, COUNT(letters), final) : 0;
	if (!key || key == KEY_PASTE)
		return key;
	return key | modifiers(number[1]) | (final == '^' ? KEY_CTRL : 0) |
	       (final == '@' ? KEY_CTRL | KEY_SHIFT : 0);
}

uint32_t key_of_ss3(const char *parameters, uint8_t final)
{
	unsigned number[1];
	uint32_t key = find(letters, COUNT(letters), final);

	read_numbers(parameters, number, COUNT(number));
	if (final >= 'a' && final <= 'd')
		return KEY_CTRL | find(letters, COUNT(letters), final - 'a' + 'A');
	return key ? key | modifiers(number[0]) : 0;
}

static const struct {
	const char *name;
	uint32_t key;
} names[] = {{"Up", KEY_UP},
             {"Down", KEY_DOWN},
             {"Right", KEY_RIGHT},
             {"Left", KEY_LEFT},
             {"Home", KEY_HOME},
             {"End", KEY_END},
             {"Insert", KEY_INSERT},
             {"Delete", KEY_DELETE},
             {"PageUp", KEY_PAGE_UP},
             {"PageDown", KEY_PAGE_DOWN},
             {"Backspace", KEY_BACKSPACE},
             {"Tab", KEY_TAB},
             {"Enter", KEY_ENTER},
             {"Space", ' '},
             {"F1", KEY_F1},
             {"F2", KEY_F1 + 1},
             {"F3", KEY_F1 + 2},
             {"F4", KEY_F1 + 3},
             {"F5", KEY_F1 + 4},
             {"F6", KEY_F1 + 5},
             {"F7", KEY_F1 + 6},
             {"F8", KEY_F1 + 7},
             {"F9", KEY_F1 + 8},
             {"F10", KEY_F1 + 9},
             {"F11", KEY_F1 + 10},
             {"F12", KEY_F1 + 11}};

static const struct {
	char prefix[5];
	uint32_t flag;
} flags[] = {{"C-x ", KEY_AFTER_X}, {"C-", KEY_CTRL}, {"M-", KEY_ALT}, {"S-", KEY_SHIFT}};

/* Takes one prefix off the name; 0 if there is none, or nothing behind it. */
static uint32_t take_flag(const char **name)
{
	for (size_t i = 0; i < COUNT(flags); i++) {
		size_t len = strlen(flags[i].prefix);

		if (strncmp(*name, flags[i].prefix, len) == 0 && (*name)[len]) {
			*name += len;
			return flags[i].flag;
		}
	}
	return 0;
}

uint32_t key_of_name(const char *name)
{
	uint32_t held = 0, flag, code;

	while ((flag = take_flag(&name)))
		held |= flag;
	for (size_t i = 0; i < COUNT(names); i++) {
		if (strcmp(name, names[i].name) == 0)
			return held | names[i].key;
	}
	if (!*name || utf8_decode(name, strlen(name), &code) != strlen(name) || code & UTF8_INVALID)
		return 0;
	return held | code;
}

void key_name(uint32_t key, char *out, size_t size)
{
	char character[UTF8_MAX + 1] = "";
	const char *name = NULL;

	for (size_t i = 0; i < COUNT(names); i++) {
		if (names[i].key == (key & ~KEY_FLAGS))
			name = names[i].name;
	}
	if (!name)
		utf8_encode(key & ~KEY_FLAGS, character);
	snprintf(out, size, "%s%s%s%s%s", key & KEY_AFTER_X ? flags[0].prefix : "",
	         key & KEY_CTRL ? flags[1].prefix : "", key & KEY_ALT ? flags[2].prefix : "",
	         key & KEY_SHIFT ? flags[3].prefix : "", name ? name : character);
}
