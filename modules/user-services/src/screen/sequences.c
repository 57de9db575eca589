/*
 * Escape sequences of the terminal: ESC x, ESC [ args x, and strings (titles), which are skipped. One table
 * names each final byte and its function. Numbers saturate, so no argument can overflow a position.
 */
#include "screen/sequences.h"

#include <base/format.h>
#include <base/string.h>

/* Argument i, or the given value when it is absent or 0. */
static int argument(const struct terminal *t, int i, int missing)
{
	return i < t->arg_count && t->args[i] ? t->args[i] : missing;
}

static void cursor_up(struct terminal *t)
{
	terminal_move(t, t->at.column, t->at.row - argument(t, 0, 1));
}

static void cursor_down(struct terminal *t)
{
	terminal_move(t, t->at.column, t->at.row + argument(t, 0, 1));
}

static void cursor_right(struct terminal *t)
{
	terminal_move(t, t->at.column + argument(t, 0, 1), t->at.row);
}

static void cursor_left(struct terminal *t)
{
	terminal_move(t, t->at.column - argument(t, 0, 1), t->at.row);
}

static void next_line(struct terminal *t)
{
	terminal_move(t, 0, t->at.row + argument(t, 0, 1));
}

static void previous_line(struct terminal *t)
{
	terminal_move(t, 0, t->at.row - argument(t, 0, 1));
}

static void cursor_column(struct terminal *t)
{
	terminal_move(t, argument(t, 0, 1) - 1, t->at.row);
}

static void cursor_row(struct terminal *t)
{
	terminal_move(t, t->at.column, argument(t, 0, 1) - 1);
}

static void cursor_place(struct terminal *t)
{
	int first = t->is_origin_set ? t->top : 0;

	terminal_move(t, argument(t, 1, 1) - 1, first + argument(t, 0, 1) - 1);
}

static void erase_screen(struct terminal *t)
{
	int what = argument(t, 0, 0);

	for (uint16_t row = 0; row < t->rows; row++) {
		if (what >= 2 || (what == 0 && row > t->at.row) || (what == 1 && row < t->at.row))
			terminal_erase(t, row, 0, t->columns);
	}
	if (what == 0)
		terminal_erase(t, t->at.row, t->at.column, t->columns);
	if (what == 1)
		terminal_erase(t, t->at.row, 0, t->at.column + 1);
}

static void erase_line(struct terminal *t)
{
	int what = argument(t, 0, 0);

	terminal_erase(t, t->at.row, what == 0 ? t->at.column : 0,
	               what == 1 ? t->at.column + 1 : t->columns);
}

static bool in_region(const struct terminal *t)
{
	return t->at.row >= t->top && t->at.row < t->bottom;
}

static void insert_lines(struct terminal *t)
{
	if (in_region(t))
		terminal_scroll_down(t, t->at.row, (uint16_t)argument(t, 0, 1));
}

static void delete_lines(struct terminal *t)
{
	if (in_region(t))
		terminal_scroll_up(t, t->at.row, (uint16_t)argument(t, 0, 1));
}

static void scroll_up(struct terminal *t)
{
	terminal_scroll_up(t, t->top, (uint16_t)argument(t, 0, 1));
}

static void scroll_down(struct terminal *t)
{
	terminal_scroll_down(t, t->top, (uint16_t)argument(t, 0, 1));
}

/* How many characters an operation on the rest of the line can move. */
static uint16_t span(const struct terminal *t)
{
	int rest = t->columns - t->at.column, count = argument(t, 0, 1);

	return (uint16_t)(count < rest ? count : rest);
}

static void insert_characters(struct terminal *t)
{
	struct cell *row = t->cells[t->at.row];
	uint16_t at = t->at.column, count = span(t);

	memmove(row + at + count, row + at, (size_t)(t->columns - at - count) * sizeof(*row));
	terminal_erase(t, t->at.row, at, at + count);
}

static void delete_characters(struct terminal *t)
{
	struct cell *row = t->cells[t->at.row];
	uint16_t at = t->at.column, count = span(t);

	memmove(row + at, row + at + count, (size_t)(t->columns - at - count) * sizeof(*row));
	terminal_erase(t, t->at.row, t->columns - count, t->columns);
}

static void erase_characters(struct terminal *t)
{
	terminal_erase(t, t->at.row, t->at.column, t->at.column + span(t));
}

static void set_region(struct terminal *t)
{
	int top = argument(t, 0, 1) - 1, bottom = argument(t, 1, t->rows);

	if (bottom > t->rows)
		bottom = t->rows;
	if (top + 1 >= bottom)
		return;
	t->top = (uint16_t)top;
	t->bottom = (uint16_t)bottom;
	terminal_move(t, 0, t->is_origin_set ? top : 0);
}

static void set_mode(struct terminal *t, bool is_on)
{
	for (int i = 0; i < t->arg_count && t->is_private; i++) {
		switch (t->args[i]) {
		case 6: t->is_origin_set = is_on; break;
		case 7: t->is_wrap_off = !is_on; break;
		case 25: t->is_cursor_hidden = !is_on; break;
		default: break;
		}
	}
	t->is_dirty[t->at.row] = 1;
}

static void mode_on(struct terminal *t)
{
	set_mode(t, true);
}

static void mode_off(struct terminal *t)
{
	set_mode(t, false);
}

/* 256-colour and direct colours fall to the nearest of eight: programs that ask for them still show. */
static uint8_t nearest_colour(int index)
{
	int cube = index - 16;

	if (index < 16)
		return (uint8_t)index;
	if (index >= 232)
		return index >= 244 ? 7 : 8;
	return (uint8_t)((cube / 36 > 2) | (cube / 6 % 6 > 2) << 1 | (cube % 6 > 2) << 2);
}

/* "38;5;N" and "38;2;R;G;B" from argument i on; how many further arguments were used. */
static int extended_colour(const struct terminal *t, int i, uint8_t *colour)
{
	if (argument(t, i + 1, 0) == 5) {
		*colour = nearest_colour(argument(t, i + 2, 0) & 255);
		return 2;
	}
	*colour = (uint8_t)((argument(t, i + 2, 0) > 127) | (argument(t, i + 3, 0) > 127) << 1 |
	                    (argument(t, i + 4, 0) > 127) << 2);
	return 4;
}

static int set_pen(struct terminal *t, int i)
{
	struct terminal_pen *pen = &t->at.pen;
	int value = argument(t, i, 0);

	if (value >= 30 && value <= 37)
		pen->foreground = (uint8_t)(value - 30);
	else if (value >= 40 && value <= 47)
		pen->background = (uint8_t)(value - 40);
	else if (value >= 90 && value <= 97)
		pen->foreground = (uint8_t)(value - 90 + 8);
	else if (value >= 100 && value <= 107)
		pen->background = (uint8_t)(value - 100 + 8);
	else if (value == 38)
		return extended_colour(t, i, &pen->foreground);
	else if (value == 48)
		return extended_colour(t, i, &pen->background);
	else if (value == 0)
		*pen = (struct terminal_pen){.foreground = 7};
	else if (value == 1 || value == 22)
		pen->is_bold = value == 1;
	else if (value == 7 || value == 27)
		pen->is_reverse = value == 7;
	else if (value == 39)
		pen->foreground = 7;
	else if (value == 49)
		pen->background = 0;
	return 0;
}

static void rendition(struct terminal *t)
{
	if (t->arg_count == 0)
		set_pen(t, TERMINAL_ARGS_MAX);
	for (int i = 0; i < t->arg_count; i++)
		i += set_pen(t, i);
}

static void report(struct terminal *t)
{
	if (argument(t, 0, 0) == 6)
		format_string(t->answer, sizeof(t->answer), "\033[%d;%dR", t->at.row + 1,
		              t->at.column + 1);
	else if (argument(t, 0, 0) == 5)
		string_copy(t->answer, "\033[0n", sizeof(t->answer));
	t->answer_len = (uint8_t)strlen(t->answer);
}

static void identify(struct terminal *t)
{
	string_copy(t->answer, "\033[?6c", sizeof(t->answer));
	t->answer_len = (uint8_t)strlen(t->answer);
}

static void save_cursor(struct terminal *t)
{
	t->saved = t->at;
}

static void restore_cursor(struct terminal *t)
{
	t->at.pen = t->saved.pen;
	terminal_move(t, t->saved.column, t->saved.row);
}

static const struct {
	char final;
	void (*run)(struct terminal *t);
} controls[] = {
	{'A', cursor_up},
	{'B', cursor_down},
	{'C', cursor_right},
	{'D', cursor_left},
	{'E', next_line},
	{'F', previous_line},
	{'G', cursor_column},
	{'`', cursor_column},
	{'H', cursor_place},
	{'f', cursor_place},
	{'d', cursor_row},
	{'J', erase_screen},
	{'K', erase_line},
	{'L', insert_lines},
	{'M', delete_lines},
	{'S', scroll_up},
	{'T', scroll_down},
	{'@', insert_characters},
	{'P', delete_characters},
	{'X', erase_characters},
	{'r', set_region},
	{'h', mode_on},
	{'l', mode_off},
	{'m', rendition},
	{'n', report},
	{'c', identify},
	{'s', save_cursor},
	{'u', restore_cursor},
};

static void control_final(struct terminal *t, uint8_t byte)
{
	t->state = TERMINAL_TEXT;
	for (unsigned i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
		if ((uint8_t)controls[i].final == byte) {
			controls[i].run(t);
			return;
		}
	}
}

static void control_byte(struct terminal *t, uint8_t byte)
{
	uint16_t *last = &t->args[t->arg_count ? t->arg_count - 1 : 0];

	if (byte >= '0' && byte <= '9') {
		if (t->arg_count == 0)
			t->arg_count = 1;
		*last = (uint16_t)(*last < 1000 ? *last * 10 + byte - '0' : 9999);
	} else if (byte == ';' || byte == ':') {
		if (t->arg_count == 0)
			t->arg_count = 1;
		if (t->arg_count < TERMINAL_ARGS_MAX)
			t->arg_count++;
	} else if (byte == '?' || byte == '>') {
		t->is_private = true;
	} else if (byte >= '@') {
		control_final(t, byte);
	}
}

static void escape_byte(struct terminal *t, uint8_t byte)
{
	t->state = TERMINAL_TEXT;
	switch (byte) {
	case '[':
		t->state = TERMINAL_CONTROL;
		t->arg_count = 0;
		t->is_private = false;
		memset(t->args, 0, sizeof(t->args));
		break;
	case ']':
	case 'P':
	case '_':
	case '^': t->state = TERMINAL_STRING; break;
	case '(':
	case ')':
	case '#': t->state = TERMINAL_CHARSET; break;
	case '7': save_cursor(t); break;
	case '8': restore_cursor(t); break;
	case 'c': terminal_reset(t); break;
	case 'D': terminal_line_feed(t); break;
	case 'M': terminal_reverse_line_feed(t); break;
	case 'E':
		terminal_move(t, 0, t->at.row);
		terminal_line_feed(t);
		break;
	default: break;
	}
}

void terminal_sequence(struct terminal *t, uint8_t byte)
{
	if (byte == 0x1b) {
		t->state = TERMINAL_ESCAPE;
		return;
	}
	switch (t->state) {
	case TERMINAL_ESCAPE: escape_byte(t, byte); break;
	case TERMINAL_CONTROL: control_byte(t, byte); break;
	case TERMINAL_STRING:
		if (byte == 7)
			t->state = TERMINAL_TEXT;
		break;
	case TERMINAL_CHARSET: t->state = TERMINAL_TEXT; break;
	case TERMINAL_TEXT: break;
	}
}
