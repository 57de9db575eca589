/*
 * Plain reading: for pipes, files and dumb terminals. The terminal's own line discipline does the editing, if there
 * is one. Bytes are read one at a time, since what follows the command belongs to whom it starts.
 */
#include "edit/plain.h"

#include <errno.h>

#include "edit/editor.h"

enum { WIDE_ENOUGH = 1 << 20 };

/* The prompt's visible text. */
static void show_prompt(struct editor *e, const char *prompt)
{
	struct bytes *out = &e->display.out;
	struct layout l;

	display_resize(&e->display, WIDE_ENOUGH, 1);
	l = display_begin(&e->display);
	layout_prompt(&l, prompt);
	frame_text(l.frame, out);
	out->len -= out->len >= 2 ? 2 : 0; /* the last row's end */
	edit_flush(e);
}

static bool has_news(void *context)
{
	struct editor *e = context;

	return e->host->has_news && e->host->has_news(e->host->context);
}

/* A signal came, or had come before the wait: true if the host gives the command up. */
static bool is_given_up(struct editor *e)
{
	return has_news(e) && e->host->news && e->host->news(e->host->context, e);
}

/* Adds a line to text. False: nothing was there, an error, or (errno EINTR) the command is given up. */
static bool read_line(struct editor *e, struct bytes *text)
{
	size_t before = text->len;
	char c;

	for (;;) {
		int got = terminal_read(e->terminal, &c, 1, has_news, e);

		if (got == TERMINAL_WOKEN && !is_given_up(e))
			continue;
		if (got == TERMINAL_WOKEN)
			errno = EINTR; /* whatever the host did */
		if (got < 0)
			return false;
		errno = 0;
		if (got == TERMINAL_END)
			return text->len > before;
		if (c == '\n')
			return true;
		if (c && !bytes_add(text, &c, 1))
			return false;
	}
}

static bool is_complete(const struct editor *e, const struct bytes *text)
{
	const struct editor_host *host = e->host;

	return !host->is_complete || host->is_complete(host->context, bytes_text(text));
}

char *plain_line(struct editor *e, const char *prompt)
{
	struct bytes text = {0};
	char *result = NULL;

	show_prompt(e, prompt);
	while (read_line(e, &text)) {
		if (is_complete(e, &text)) {
			result = bytes_take(&text);
			errno = 0;
			return result;
		}
		bytes_add(&text, "\n", 1);
		show_prompt(e, bytes_text(&e->continuation));
	}
	/* What an end of input leaves unfinished is for the host to complain about. */
	if (errno == 0 && text.len)
		result = bytes_take(&text);
	bytes_free(&text);
	return result;
}
