/*
 * The editor: reads bytes, turns them into keys, runs what they are bound to, shows the result. One round is one key;
 * the screen is drawn once no more input waits, by one write.
 *
 * Input is read a byte at a time (a paste in pieces that cannot reach past its end), because what was typed ahead of
 * the command belongs to the program that the command starts.
 */
#include "edit/editor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edit/key_codes.h"
#include "edit/plain.h"

static const char paste_on[] = "\033[?2004h";

/* ---- life */

struct editor *editor_new(int in_fd, int out_fd, const struct editor_host *host)
{
	struct editor *e = calloc(1, sizeof(*e));

	if (e)
		e->terminal = terminal_new(in_fd, out_fd);
	if (!e || !e->terminal) {
		free(e);
		return NULL;
	}
	e->host = host;
	e->in_fd = in_fd;
	keymap_init(&e->keymap);
	editor_set_continuation(e, "> ");
	display_forget(&e->display);
	display_resize(&e->display, 80, 24);
	return e;
}

void editor_free(struct editor *e)
{
	if (!e)
		return;
	terminal_free(e->terminal);
	display_free(&e->display);
	keys_free(&e->keys);
	undo_free(&e->undo);
	kill_ring_free(&e->ring);
	recall_free(&e->recall);
	search_free(&e->search);
	bytes_free(&e->line.text);
	bytes_free(&e->prompt);
	bytes_free(&e->continuation);
	bytes_free(&e->preset);
	bytes_free(&e->mark);
	bytes_free(&e->styles);
	free(e);
}

static void set_text(struct bytes *bytes, const char *text)
{
	bytes_set(bytes, text ? text : "", text ? strlen(text) : 0);
}

void editor_set_continuation(struct editor *e, const char *prompt)
{
	set_text(&e->continuation, prompt);
}

void editor_set_text(struct editor *e, const char *text)
{
	set_text(&e->preset, text);
}

void editor_set_history(struct editor *e, struct history *history)
{
	e->history = history;
}

void editor_set_partial_mark(struct editor *e, const char *mark)
{
	set_text(&e->mark, mark);
}

bool editor_bind(struct editor *e, const char *key, const char *command)
{
	uint32_t code = key_of_name(key);
	const struct command *found = command ? command_find(command) : NULL;

	return code && (found || !command) && keymap_bind(&e->keymap, code, found);
}

bool editor_binding(const struct editor *e, size_t i, char *key, size_t size,
                    const char **out_command)
{
	if (i >= e->keymap.count)
		return false;
	key_name(e->keymap.bindings[i].key, key, size);
	*out_command = e->keymap.bindings[i].command->name;
	return true;
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

/* ---- showing */

/* The colours of the text, or NULL. */
static const uint8_t *styles(struct editor *e)
{
	const struct editor_host *host = e->host;
	const char *no_colour = getenv("NO_COLOR");
	size_t len = e->line.text.len;

	if (!host->highlight || (no_colour && *no_colour))
		return NULL;
	if (!bytes_set(&e->styles, bytes_text(&e->line.text), len))
		return NULL;
	memset(e->styles.data, EDITOR_PLAIN, len);
	host->highlight(host->context, bytes_text(&e->line.text), len, (uint8_t *)e->styles.data);
	return (const uint8_t *)e->styles.data;
}

void edit_refresh(struct editor *e)
{
	struct layout layout = display_begin(&e->display);

	if (e->search.is_active)
		search_prompt(e, &layout);
	else
		layout_prompt(&layout, bytes_text(&e->prompt));
	layout_text(&layout, bytes_text(&e->line.text), e->line.text.len, e->line.cursor, styles(e),
	            bytes_text(&e->continuation));
	display_show(&e->display);
}

static void adapt_to_window(struct editor *e)
{
	size_t columns, rows;

	terminal_size(e->terminal, &columns, &rows);
	display_resize(&e->display, columns, rows);
}

/* ---- keys */

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

/* ---- waiting */

static bool is_awake(void *context)
{
	struct editor *e = context;
	const struct editor_host *host = e->host;

	e->was_stopped = e->was_stopped || terminal_was_stopped();
	return e->was_stopped || (host->has_news && host->has_news(host->context));
}

static void take_terminal(struct editor *e)
{
	if (!terminal_take(e->terminal))
		e->state = EDITOR_ENDED;
	bytes_add_text(&e->display.out, paste_on);
}

/* A signal came. After a stop somebody else had the terminal. */
static void attend(struct editor *e)
{
	const struct editor_host *host = e->host;

	e->was_stopped = e->was_stopped || terminal_was_stopped();
	if (e->was_stopped) {
		e->was_stopped = false;
		display_forget(&e->display);
		take_terminal(e);
		bytes_add_text(&e->display.out, "\r");
	}
	if (host->has_news && host->has_news(host->context) && host->news &&
	    host->news(host->context, e))
		e->state = EDITOR_ABORTED;
}

/* Reads what comes next. */
static void read_more(struct editor *e)
{
	char bytes[16];
	int got = terminal_read(e->terminal, bytes, keys_wanted(&e->keys), is_awake, e);

	if (got == TERMINAL_WOKEN)
		attend(e);
	else if (got <= 0)
		e->is_hung_up = true;
	for (int i = 0; i < got; i++)
		edit_byte(e, (uint8_t)bytes[i]);
	if (e->is_hung_up)
		e->state = EDITOR_ENDED;
}

static void show(struct editor *e)
{
	if (terminal_has_input(e->terminal))
		return;
	adapt_to_window(e);
	edit_refresh(e);
	edit_flush(e);
}

bool edit_next_key(struct editor *e, bool is_shown, uint32_t *out_key)
{
	while (e->state == EDITOR_EDITING) {
		if (keys_next(&e->keys, out_key))
			return true;
		if (is_shown && keys_wanted(&e->keys) == 1)
			show(e);
		read_more(e);
	}
	return false;
}

/* ---- a line */

bool edit_begin(struct editor *e, const char *prompt)
{
	struct bytes *preset = &e->preset;

	e->state = EDITOR_EDITING;
	e->kind = e->last_kind = KIND_OTHER;
	e->count = 1;
	e->has_count = e->is_after_x = e->is_quoting = e->search.is_active = e->is_hung_up = false;
	undo_clear(&e->undo);
	recall_clear(&e->recall);
	display_forget(&e->display);
	if (!bytes_set(&e->prompt, prompt, strlen(prompt)) ||
	    !line_replace(&e->line, 0, e->line.text.len, bytes_text(preset), preset->len))
		return false;
	bytes_clear(preset);
	return true;
}

/* Moves to a line of its own where the output before did not: the blanks wrap unless the line was empty. */
static void mark_partial_line(struct editor *e)
{
	struct bytes *out = &e->display.out;

	if (!e->mark.len)
		return;
	bytes_add_text(out, e->mark.data);
	for (size_t i = 1; i < e->display.columns; i++)
		bytes_add_text(out, " ");
	bytes_add_text(out, "\r");
}

/* Leaves the screen as the line's reader wants to find it, and the terminal as it was. */
static void end(struct editor *e)
{
	if (!e->is_hung_up) {
		e->search.is_active = false;
		e->line.cursor = e->line.text.len;
		edit_refresh(e);
		if (e->state == EDITOR_ABORTED)
			bytes_add_text(&e->display.out, "^C");
		display_finish(&e->display);
		edit_flush(e);
	}
	terminal_restore(e->terminal);
	e->is_inside = false;
}

char *editor_line(struct editor *e, const char *prompt)
{
	char *text = NULL;
	uint32_t key;

	if (!terminal_can_edit(e->terminal))
		return plain_line(e, prompt, e->in_fd);
	if (!edit_begin(e, prompt)) {
		errno = ENOMEM;
		return NULL;
	}
	e->is_inside = true;
	take_terminal(e);
	adapt_to_window(e);
	mark_partial_line(e);
	while (edit_next_key(e, true, &key))
		edit_key(e, key);
	end(e);
	if (e->state != EDITOR_ENDED)
		text = e->state == EDITOR_ACCEPTED ? edit_text(e) : strdup("");
	errno = e->state == EDITOR_ABORTED ? EINTR : 0;
	return text;
}

void editor_leave(struct editor *e)
{
	display_erase(&e->display);
	edit_flush(e);
	terminal_restore(e->terminal);
}

void editor_enter(struct editor *e)
{
	display_forget(&e->display);
	if (e->is_inside)
		take_terminal(e);
}
