/*
 * Random keys, with the text compared to a plain model of the commands and the screen to one drawn from nothing; and
 * random bytes of any kind.
 */
#include <base/random.h>
#include <base/test.h>

#include "edit/test/session.h"
#include "edit/utf8.h"

static struct screen fresh;

/* ---- random keys against a model */

/* The plainest text editor that does what the keys below mean. */
struct model {
	char text[4096], killed[4096];
	size_t cursor;
};

static size_t left_of(const struct model *m, size_t at)
{
	return at ? utf8_previous(m->text, at) : 0;
}

static size_t right_of(const struct model *m, size_t at)
{
	uint32_t code;

	return m->text[at] ? at + utf8_decode(m->text + at, strlen(m->text + at), &code) : at;
}

static bool is_letter(char c)
{
	return c & 0x80 || (c >= 'a' && c <= 'z');
}

static void cut(struct model *m, size_t from, size_t to)
{
	memmove(m->text + from, m->text + to, strlen(m->text + to) + 1);
	m->cursor = from;
}

static void kill(struct model *m, size_t from, size_t to)
{
	if (from != to)
		snprintf(m->killed, sizeof(m->killed), "%.*s", (int)(to - from), m->text + from);
	cut(m, from, to);
}

static void insert(struct model *m, const char *text)
{
	size_t len = strlen(text);

	memmove(m->text + m->cursor + len, m->text + m->cursor, strlen(m->text + m->cursor) + 1);
	memcpy(m->text + m->cursor, text, len);
	m->cursor += len;
}

static void line_home(struct model *m)
{
	while (m->cursor && m->text[m->cursor - 1] != '\n')
		m->cursor--;
}

static void line_finish(struct model *m)
{
	while (m->text[m->cursor] && m->text[m->cursor] != '\n')
		m->cursor++;
}

static void word_right(struct model *m)
{
	while (m->text[m->cursor] && !is_letter(m->text[m->cursor]))
		m->cursor++;
	while (is_letter(m->text[m->cursor]))
		m->cursor++;
}

static void word_left(struct model *m)
{
	while (m->cursor && !is_letter(m->text[m->cursor - 1]))
		m->cursor--;
	while (m->cursor && is_letter(m->text[m->cursor - 1]))
		m->cursor--;
}

static void model_move(struct model *m, const char *key)
{
	switch (key[strlen(key) - 1]) {
	case 0x02: m->cursor = left_of(m, m->cursor); break;
	case 0x06: m->cursor = right_of(m, m->cursor); break;
	case 0x01: line_home(m); break;
	case 0x05: line_finish(m); break;
	case 'f': word_right(m); break;
	case 'b': word_left(m); break;
	default: break;
	}
}

static void model_kill(struct model *m, const char *key)
{
	size_t at = m->cursor, to;

	switch (key[strlen(key) - 1]) {
	case 0x0b:
		line_finish(m);
		to = m->cursor == at ? right_of(m, at) : m->cursor;
		kill(m, at, to);
		break;
	case 0x15:
		line_home(m);
		to = m->cursor == at ? left_of(m, at) : m->cursor;
		kill(m, to, at);
		break;
	case 'd':
		word_right(m);
		kill(m, at, m->cursor);
		break;
	default: break;
	}
}

static void model_key(struct model *m, const char *key)
{
	if (strchr("\x01\x02\x05\x06", key[0]) || strcmp(key, "\033f") == 0 ||
	    strcmp(key, "\033b") == 0)
		model_move(m, key);
	else if (strchr("\x0b\x15", key[0]) || strcmp(key, "\033d") == 0)
		model_kill(m, key);
	else if (key[0] == 0x7f)
		cut(m, left_of(m, m->cursor), m->cursor);
	else if (key[0] == 0x04 && m->text[0])
		cut(m, m->cursor, right_of(m, m->cursor));
	else if (key[0] == 0x19)
		insert(m, m->killed);
	else if (strcmp(key, "\033\r") == 0)
		insert(m, "\n");
	else if (key[0] == '\033')
		insert(m, "p\nq");
	else if (key[0] != 0x04)
		insert(m, key);
}

static const char *const model_keys[] = {
	"a",      "b",        "word",         " ",
	" ",      "\xc3\xa9", "\xe4\xb8\x80", "\xf0\x9f\x98\x80",
	"\033\r", "\x01",     "\x02",         "\x02",
	"\x05",   "\x06",     "\033f",        "\033b",
	"\x7f",   "\x7f",     "\x04",         "\x0b",
	"\x15",   "\033d",    "\x19",         "\033[200~p\rq\033[201~"};

/* Draws all anew on an empty screen. */
static void expect_same_as_fresh(size_t columns, size_t rows)
{
	struct display kept = editor->display;
	size_t row;

	editor->display = (struct display){0};
	display_resize(&editor->display, columns, rows);
	display_forget(&editor->display);
	edit_refresh(editor);
	screen_init(&fresh, columns, rows);
	screen_write(&fresh, bytes_text(&editor->display.out), editor->display.out.len);
	display_free(&editor->display);
	editor->display = kept;
	if (!screen_same(&screen, &fresh, &row) || screen.column != fresh.column) {
		screen_print(&screen);
		screen_print(&fresh);
		CHECK(!"the screens differ");
	}
}

/* A key without a meaning follows each, since the model does not join kills in a row. */
TEST(random_keys_against_a_model)
{
	struct random random;

	random_seed(&random, test_seed());
	for (unsigned round = test_rounds(60); round > 0; round--) {
		static struct model model;
		size_t columns = 4 + random_below(&random, 40);

		memset(&model, 0, sizeof(model));
		session_start(NULL);
		screen_init(&screen, columns, SCREEN_ROWS);
		display_resize(&editor->display, columns, SCREEN_ROWS);
		display_forget(&editor->display);
		for (unsigned step = 0; step < 80 && strlen(model.text) < 1000; step++) {
			const char *key = model_keys[random_below(
				&random, sizeof(model_keys) / sizeof(model_keys[0]))];
			if (key[0] == 0x04 && !model.text[0])
				continue;
			type(key);
			type("\x18q");
			if (strcmp(key, "word") == 0)
				insert(&model, key);
			else
				model_key(&model, key);
			CHECK_STR_EQ(bytes_text(&editor->line.text), model.text);
			CHECK_EQ(editor->line.cursor, model.cursor);
			if (screen.scrolled == 0)
				expect_same_as_fresh(columns, SCREEN_ROWS);
		}
	}
	session_stop();
}

/* Undo takes every session back to where it began. */
TEST(undo_takes_everything_back)
{
	struct random random;

	random_seed(&random, test_seed());
	for (unsigned round = test_rounds(40); round > 0; round--) {
		session_start(NULL);
		for (unsigned step = 0; step < 60; step++) {
			const char *key = model_keys[random_below(
				&random, sizeof(model_keys) / sizeof(model_keys[0]))];
			if (key[0] != 0x04 || editor->line.text.len)
				type(key);
		}
		for (unsigned step = 0; step < 200; step++)
			type("\x1f");
		expect("|");
	}
	session_stop();
}

/* Any bytes at any window: nothing breaks, and the screen is right as far as it can be judged. */
TEST(random_bytes)
{
	static const char pool[] =
		"ab' \t\r\n\x01\x02\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x10\x12\x13\x14\x15\x16\x17\x18\x19\x1f"
		"\033\033\033[[ABCDHF~35;.?*<>_tulcdfby\x7f\x80\xc3\xa9\xe4\xb8\x80\xcc\x81\xff\xe2\x80\xae";
	struct random random;

	random_seed(&random, test_seed());
	for (unsigned round = test_rounds(150); round > 0; round--) {
		session_start("ls", "echo a b", "two\nlines", "\xff\x01", NULL);
		for (unsigned step = 0; step < 150; step++) {
			char byte[2] = {pool[random_below(&random, sizeof(pool) - 1)]};

			type(byte);
			if (editor->state != EDITOR_EDITING)
				session_begin();
			if (random_below(&random, 40) == 0) {
				size_t columns = 1 + random_below(&random, 60);
				size_t rows = 1 + random_below(&random, 20);

				screen_resize(&screen, columns, rows);
				display_resize(&editor->display, columns, rows);
				session_draw();
			}
			CHECK(editor->line.cursor <= editor->line.text.len);
			CHECK_EQ(screen.unknown, 0);
		}
	}
	session_stop();
}

TEST_MAIN();
