/*
 * From keys to commands: counts, the C-x prefix, searching, what is in no table. And what commands change the text by.
 */
#include <string.h>

#include "edit/editor.h"

static const struct command paste = {"", command_paste}, refuse = {"", command_cancel},
			    insert = {"", command_self_insert};

static const struct command *command_of(const struct editor *e, uint32_t key)
{
	const struct command *command = keymap_find(&e->keymap, key);

	if (command)
		return command;
	if (key == KEY_PASTE)
		return &paste;
	if ((key >= ' ' && key < KEY_UP) || (key >= KEY_BYTE && key < KEY_BYTE + 0x100))
		return &insert;
	return &refuse;
}

static void run(struct editor *e, const struct command *command)
{
	e->last_kind = e->kind;
	e->kind = KIND_OTHER;
	if (command->run != command_self_insert)
		e->undo.group++;
	command->run(e);
	if (command->run != command_digit) {
		e->count = 1;
		e->has_count = false;
	} else {
		e->kind = e->last_kind;
	}
}

/* Keys that are not commands by themselves: C-x, and digits of a count. False: not one of them. */
static bool is_part(struct editor *e, uint32_t key)
{
	if (key == (KEY_CTRL | 'x') && !e->is_after_x) {
		e->is_after_x = true;
		return true;
	}
	if (e->has_count && key >= '0' && key <= '9') {
		e->key = key;
		command_digit(e);
		return true;
	}
	return false;
}

void edit_key(struct editor *e, uint32_t key)
{
	if (e->search.is_active && search_key(e, key))
		return;
	if (is_part(e, key))
		return;
	if (e->is_after_x)
		key |= KEY_AFTER_X;
	e->is_after_x = false;
	e->key = key;
	run(e, command_of(e, key));
}

/* After quoted-insert a control character is text. */
void edit_byte(struct editor *e, uint8_t byte)
{
	char c = (char)byte;

	if (!e->is_quoting || byte >= 0x80) {
		keys_feed(&e->keys, byte);
	} else if (byte) {
		e->undo.group++;
		edit_insert(e, &c, 1);
	}
	e->is_quoting = false;
}

/* ---- for commands */

void edit_bell(struct editor *e)
{
	display_bell(&e->display);
}

bool edit_replace(struct editor *e, size_t at, size_t removed, const char *data, size_t len)
{
	if (removed == 0 && len == 0)
		return true;
	if (line_fits(&e->line, removed, len) &&
	    undo_record(&e->undo, &e->line, at, removed, len) &&
	    line_replace(&e->line, at, removed, data, len))
		return true;
	edit_bell(e);
	return false;
}

bool edit_insert(struct editor *e, const char *data, size_t len)
{
	return edit_replace(e, e->line.cursor, 0, data, len);
}

void edit_flush(struct editor *e)
{
	struct bytes *out = &e->display.out;

	terminal_write(e->terminal, bytes_text(out), out->len);
	bytes_clear(out);
}

char *edit_text(struct editor *e)
{
	return strdup(bytes_text(&e->line.text));
}
