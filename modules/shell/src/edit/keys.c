/*
 * The key decoder: a state machine over bytes. It knows what xterm, VTE, rxvt, Linux's console, tmux and screen send;
 * tables in key_codes.c name the final bytes. There are no time-outs: ESC and a key are the key with Alt, as on a
 * terminal without one.
 *
 * A control byte inside a sequence ends the sequence and counts itself, so Ctrl-C always gets through. Unknown
 * sequences of any length are swallowed whole.
 */
#include "edit/keys.h"

#include "edit/edit.h"
#include "edit/key_codes.h"
#include "edit/utf8.h"

enum { ESC = 0x1b };
enum state { TEXT, CHARACTER, ESCAPE, SS3, CSI, CONSOLE, PASTE };

static const char paste_end[] = "\033[201~";
enum { PASTE_END_LEN = sizeof(paste_end) - 1 };

static void emit(struct keys *k, uint32_t key)
{
	if (k->count < KEYS_QUEUE)
		k->queue[(k->first + k->count++) % KEYS_QUEUE] = key | (k->is_alt ? KEY_ALT : 0);
	k->is_alt = false;
}

static void enter(struct keys *k, enum state state)
{
	k->state = (uint8_t)state;
	k->len = 0;
	k->is_too_long = false;
}

static void remember(struct keys *k, uint8_t byte)
{
	if (k->len < KEYS_SEQUENCE_MAX - 1)
		k->sequence[k->len++] = (char)byte;
	else
		k->is_too_long = true;
	k->sequence[k->len] = '\0';
}

static void text_byte(struct keys *k, uint8_t byte)
{
	enter(k, TEXT);
	if (byte == ESC) {
		enter(k, ESCAPE);
	} else if (byte < 0x80) {
		emit(k, key_of_ascii(byte));
	} else if (utf8_announced(byte)) {
		enter(k, CHARACTER);
		remember(k, byte);
	} else {
		emit(k, KEY_BYTE + byte);
	}
}

/* The bytes so far are no character after all. */
static void emit_bytes(struct keys *k)
{
	for (uint8_t i = 0; i < k->len; i++)
		emit(k, KEY_BYTE + (uint8_t)k->sequence[i]);
}

static void character_byte(struct keys *k, uint8_t byte)
{
	uint32_t code;

	if ((byte & 0xc0) != 0x80) {
		emit_bytes(k);
		text_byte(k, byte);
		return;
	}
	remember(k, byte);
	if (k->len < utf8_announced((uint8_t)k->sequence[0]))
		return;
	if (utf8_decode(k->sequence, k->len, &code) == k->len)
		emit(k, code);
	else
		emit_bytes(k);
	enter(k, TEXT);
}

static void escape_byte(struct keys *k, uint8_t byte)
{
	if (byte == '[') {
		enter(k, CSI);
	} else if (byte == 'O') {
		enter(k, SS3);
	} else {
		k->is_alt = true;
		if (byte != ESC)
			text_byte(k, byte);
	}
}

/* A byte that cannot be in a sequence: the sequence is given up. */
static void give_up(struct keys *k, uint8_t byte)
{
	k->is_alt = false;
	text_byte(k, byte);
}

static void end_sequence(struct keys *k, uint32_t key)
{
	enter(k, TEXT);
	if (key == KEY_PASTE) {
		enter(k, PASTE);
		bytes_clear(&k->paste);
		k->matched = 0;
	} else if (key) {
		emit(k, key);
	}
	k->is_alt = false;
}

static void ss3_byte(struct keys *k, uint8_t byte)
{
	if (byte < ' ' || byte >= 0x7f)
		give_up(k, byte);
	else if (byte >= '0' && byte <= '9')
		remember(k, byte);
	else
		end_sequence(k, key_of_ss3(k->len ? k->sequence : "", byte));
}

static void csi_byte(struct keys *k, uint8_t byte)
{
	if (byte < ' ' || byte >= 0x7f)
		give_up(k, byte);
	else if (byte == '[' && k->len == 0)
		enter(k, CONSOLE);
	else if (byte < '@')
		remember(k, byte);
	else
		end_sequence(k, k->is_too_long ? 0 : key_of_csi(k->len ? k->sequence : "", byte));
}

/* ESC [ [ A to E: F1 to F5 of Linux's console. */
static void console_byte(struct keys *k, uint8_t byte)
{
	if (byte < ' ' || byte >= 0x7f)
		give_up(k, byte);
	else
		end_sequence(k, byte >= 'A' && byte <= 'E' ? KEY_F1 + byte - 'A' : 0);
}

static void paste_add(struct keys *k, const char *data, size_t len)
{
	if (k->paste.len + len > EDITOR_LINE_MAX || !bytes_add(&k->paste, data, len))
		k->is_too_long = true;
}

static void paste_byte(struct keys *k, uint8_t byte)
{
	char c = (char)byte;

	if (c == paste_end[k->matched]) {
		if (++k->matched == PASTE_END_LEN) {
			k->is_alt = false;
			emit(k, k->is_too_long ? KEY_REFUSED : KEY_PASTE);
			enter(k, TEXT);
		}
		return;
	}
	paste_add(k, paste_end, k->matched);
	k->matched = byte == ESC;
	if (!k->matched)
		paste_add(k, &c, 1);
}

void keys_feed(struct keys *k, uint8_t byte)
{
	static void (*const states[])(struct keys *, uint8_t) = {
		[TEXT] = text_byte,     [CHARACTER] = character_byte,
		[ESCAPE] = escape_byte, [SS3] = ss3_byte,
		[CSI] = csi_byte,       [CONSOLE] = console_byte,
		[PASTE] = paste_byte};

	states[k->state](k, byte);
}

bool keys_next(struct keys *k, uint32_t *out_key)
{
	if (!k->count)
		return false;
	*out_key = k->queue[k->first];
	k->first = (uint8_t)((k->first + 1) % KEYS_QUEUE);
	k->count--;
	return true;
}

size_t keys_wanted(const struct keys *k)
{
	return k->state == PASTE ? (size_t)(PASTE_END_LEN - k->matched) : 1;
}

void keys_free(struct keys *k)
{
	bytes_free(&k->paste);
	*k = (struct keys){0};
}
