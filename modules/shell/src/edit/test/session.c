/*
 * The editor without a terminal: bytes in, text and screen out.
 */
#include "edit/test/session.h"

#include <fcntl.h>
#include <stdarg.h>

#include <base/test.h>

struct screen screen;
struct editor *editor;
struct history *history;

/* ---- a host */

static bool has_even_quotes(void *context, const char *text)
{
	unsigned quotes = 0;

	(void)context;
	for (; *text; text++)
		quotes += *text == '\'';
	return quotes % 2 == 0;
}

static void complete(void *context, const char *text, size_t cursor, struct editor_candidates *out)
{
	static const char *const words[] = {"alpha",      "alphabet", "beta", "\xc3\xa9t\xc3\xa9",
	                                    "\xc3\xa8re", "gamma",    "gamma"};
	size_t start = cursor;

	(void)context;
	while (start > 0 && text[start - 1] != ' ')
		start--;
	editor_candidates_start(out, start);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strncmp(words[i], text + start, cursor - start) == 0)
			editor_candidate(out, words[i], NULL, ' ');
	}
}

static const struct editor_host host = {.complete = complete, .is_complete = has_even_quotes};

const struct editor_host *session_host(void)
{
	return &host;
}

/* ---- sessions */

void session_draw(void)
{
	edit_refresh(editor);
	screen_write(&screen, bytes_text(&editor->display.out), editor->display.out.len);
	bytes_clear(&editor->display.out);
}

void session_begin(void)
{
	CHECK(edit_begin(editor, "$ "));
	screen_init(&screen, 40, 20);
	display_resize(&editor->display, 40, 20);
	session_draw();
}

int no_input(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = open("/dev/null", O_RDONLY);
	return fd;
}

void session_start(const char *entry, ...)
{
	va_list entries;

	editor_free(editor);
	history_free(history);
	editor = editor_new(no_input(), -1, &host);
	history = history_new(100, HISTORY_KEEP);
	editor_set_history(editor, history);
	va_start(entries, entry);
	for (; entry; entry = va_arg(entries, const char *))
		history_add(history, entry);
	va_end(entries);
	session_begin();
}

void session_stop(void)
{
	editor_free(editor);
	history_free(history);
	editor = NULL;
	history = NULL;
}

void type(const char *bytes)
{
	uint32_t key;

	for (; *bytes && editor->state == EDITOR_EDITING; bytes++) {
		edit_byte(editor, (uint8_t)*bytes);
		while (keys_next(&editor->keys, &key))
			edit_key(editor, key);
	}
	session_draw();
}

void expect(const char *expected)
{
	struct bytes got = {0};

	bytes_add(&got, bytes_text(&editor->line.text), editor->line.cursor);
	bytes_add(&got, "|", 1);
	bytes_add_text(&got, bytes_text(&editor->line.text) + editor->line.cursor);
	CHECK_STR_EQ(got.data, expected);
	bytes_free(&got);
	CHECK_EQ(screen.unknown, 0);
}

void expect_row(size_t row, const char *text)
{
	char got[SCREEN_COLUMNS * 8];

	screen_row(&screen, row, got, sizeof(got));
	CHECK_STR_EQ(got, text);
}
