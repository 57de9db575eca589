/*
 * Commands that change the text: typing, pasting, deleting, swapping, changing case, undoing.
 */
#include <string.h>

#include "edit/editor.h"
#include "edit/utf8.h"

enum { INSERT_RUN_MAX = 20 };

/* ---- inserting */

/* Typing is undone in pieces of some characters, each not beyond a word. */
static void group_typing(struct editor *e, char first)
{
	if (e->last_kind != KIND_INSERT || e->insert_run >= INSERT_RUN_MAX || first == ' ') {
		e->undo.group++;
		e->insert_run = 0;
	}
	e->insert_run++;
	e->kind = KIND_INSERT;
}

void command_self_insert(struct editor *e)
{
	char text[UTF8_MAX];
	uint32_t code = e->key & ~KEY_FLAGS;
	size_t len = 1;

	if (code >= KEY_BYTE)
		text[0] = (char)(code - KEY_BYTE);
	else
		len = utf8_encode(code, text);
	group_typing(e, text[0]);
	for (unsigned i = 0; i < e->count; i++) {
		if (!edit_insert(e, text, len))
			return;
	}
}

/* Pasted text as it is, but its line ends are newlines, and NULs, which no command can hold, are left out. */
void command_paste(struct editor *e)
{
	struct bytes *paste = &e->keys.paste;
	size_t len = 0;

	for (size_t i = 0; i < paste->len; i++) {
		char c = paste->data[i];

		if (c == '\n' && i > 0 && paste->data[i - 1] == '\r')
			continue;
		if (c != '\0')
			paste->data[len++] = c;
	}
	for (size_t i = 0; i < len; i++)
		paste->data[i] = paste->data[i] == '\r' ? '\n' : paste->data[i];
	if (len)
		edit_insert(e, paste->data, len);
}

void command_insert_newline(struct editor *e)
{
	edit_insert(e, "\n", 1);
}

void command_quoted_insert(struct editor *e)
{
	e->is_quoting = true;
}

/* ---- deleting */

void command_delete_char(struct editor *e)
{
	size_t end = e->line.cursor;

	for (unsigned i = 0; i < e->count; i++)
		end = line_next(&e->line, end);
	if (end == e->line.cursor)
		edit_bell(e);
	else
		edit_replace(e, e->line.cursor, end - e->line.cursor, "", 0);
}

void command_delete_char_or_end(struct editor *e)
{
	if (e->line.text.len)
		command_delete_char(e);
	else
		e->state = EDITOR_ENDED;
}

void command_backward_delete_char(struct editor *e)
{
	size_t start = e->line.cursor;

	for (unsigned i = 0; i < e->count; i++)
		start = line_previous(&e->line, start);
	if (start == e->line.cursor)
		edit_bell(e);
	else
		edit_replace(e, start, e->line.cursor - start, "", 0);
}

void command_delete_blanks(struct editor *e)
{
	const char *text = bytes_text(&e->line.text);
	size_t start = e->line.cursor, end = start;

	while (start > 0 && strchr(" \t", text[start - 1]))
		start--;
	while (end < e->line.text.len && strchr(" \t", text[end]))
		end++;
	edit_replace(e, start, end - start, "", 0);
}

/* ---- swapping */

/* Swaps the text of [first, first_end) and [second, second_end), which follows it, and goes behind both. */
static void swap(struct editor *e, size_t first, size_t first_end, size_t second, size_t second_end)
{
	const char *text = bytes_text(&e->line.text);
	struct bytes swapped = {0};

	if (bytes_add(&swapped, text + second, second_end - second) &&
	    bytes_add(&swapped, text + first_end, second - first_end) &&
	    bytes_add(&swapped, text + first, first_end - first))
		edit_replace(e, first, second_end - first, swapped.data, swapped.len);
	bytes_free(&swapped);
}

/* The character before the cursor and that under it, or at the end the last two. */
void command_transpose_chars(struct editor *e)
{
	size_t end = line_next(&e->line, e->line.cursor);
	size_t middle = end == e->line.cursor ? line_previous(&e->line, end) : e->line.cursor;
	size_t start = line_previous(&e->line, middle);

	if (start == middle || middle == end)
		edit_bell(e);
	else
		swap(e, start, middle, middle, end);
}

/* The word that ends at or after the cursor, and the one before it. */
void command_transpose_words(struct editor *e)
{
	size_t end = line_word_end(&e->line, e->line.cursor);
	size_t second = line_word_start(&e->line, end);
	size_t first = line_word_start(&e->line, second);
	size_t first_end = line_word_end(&e->line, first);

	end = line_word_end(&e->line, second);
	if (first == second || first_end > second)
		edit_bell(e);
	else
		swap(e, first, first_end, second, end);
}

/* ---- case */

/* Changes the case of the ASCII letters up to the end of a word: of the first to first, of the others to rest. */
static void change_case(struct editor *e, bool is_first_up, bool is_rest_up)
{
	size_t start = e->line.cursor, end = start;
	struct bytes text = {0};
	bool is_up = is_first_up;

	for (unsigned i = 0; i < e->count; i++)
		end = line_word_end(&e->line, end);
	if (!bytes_set(&text, bytes_text(&e->line.text) + start, end - start))
		return;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i], small = (char)(c | 0x20);
		bool is_letter = small >= 'a' && small <= 'z';

		if (is_letter)
			text.data[i] = is_up ? (char)(small & ~0x20) : small;
		is_up = is_letter || (c >= '0' && c <= '9') || c & 0x80 ? is_rest_up : is_first_up;
	}
	edit_replace(e, start, end - start, bytes_text(&text), text.len);
	bytes_free(&text);
}

void command_upcase_word(struct editor *e)
{
	change_case(e, true, true);
}

void command_downcase_word(struct editor *e)
{
	change_case(e, false, false);
}

void command_capitalize_word(struct editor *e)
{
	change_case(e, true, false);
}

/* ---- undoing */

void command_undo(struct editor *e)
{
	if (!undo_last(&e->undo, &e->line))
		edit_bell(e);
}

void command_revert(struct editor *e)
{
	while (undo_last(&e->undo, &e->line)) {
	}
}
