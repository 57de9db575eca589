/*
 * The terminal model for tests. It is written against the terminals' behaviour, not against the editor: it shares only
 * the table of widths.
 */
#include "edit/test/screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edit/utf8.h"

enum { TEXT, ESCAPE, CSI, CHARACTER };

static const struct screen_cell blank = {.width = 1};

static void clear(struct screen *s, size_t row, size_t from, size_t to)
{
	for (size_t column = from; column < to; column++)
		s->cells[row][column] = blank;
	if (to == s->columns)
		s->is_wrapped[row] = false;
}

void screen_init(struct screen *s, size_t columns, size_t rows)
{
	memset(s, 0, sizeof(*s));
	s->columns = columns;
	s->rows = rows;
	for (size_t row = 0; row < rows; row++)
		clear(s, row, 0, columns);
}

static void line_feed(struct screen *s)
{
	if (s->row + 1 < s->rows) {
		s->row++;
		return;
	}
	for (size_t row = 0; row + 1 < s->rows; row++) {
		memcpy(s->cells[row], s->cells[row + 1], sizeof(s->cells[row]));
		s->is_wrapped[row] = s->is_wrapped[row + 1];
	}
	clear(s, s->rows - 1, 0, s->columns);
	s->scrolled++;
}

/* Writing over half of a wide character blanks the other half. */
static void break_wide(struct screen *s, size_t column)
{
	struct screen_cell *cells = s->cells[s->row];

	if (cells[column].width == 0)
		cells[column - 1] = blank;
	if (cells[column].width == 2 && column + 1 < s->columns)
		cells[column + 1] = blank;
	cells[column] = blank;
}

static void join(struct screen *s, const char *text)
{
	size_t column = s->is_pending ? s->columns - 1 : s->column ? s->column - 1 : 0;
	struct screen_cell *cell = &s->cells[s->row][column];

	if (cell->width == 0)
		cell--;
	strncat(cell->text, text, SCREEN_CELL - strlen(cell->text) - 1);
}

static void put(struct screen *s, const char *text, size_t width)
{
	struct screen_cell *cell;

	if (s->is_pending || s->column + width > s->columns) {
		s->is_wrapped[s->row] = true;
		s->column = 0;
		line_feed(s);
	}
	s->is_pending = false;
	for (size_t i = 0; i < width; i++)
		break_wide(s, s->column + i);
	cell = &s->cells[s->row][s->column];
	strcpy(cell->text, text);
	strcpy(cell->pen, s->pen);
	cell->width = (uint8_t)width;
	if (width == 2)
		cell[1].width = 0;
	s->column += width;
	if (s->column == s->columns) {
		s->column--;
		s->is_pending = true;
	}
}

static void character(struct screen *s)
{
	uint32_t code;
	int width;

	utf8_decode(s->sequence, s->len, &code);
	width = utf8_width(code);
	s->state = TEXT;
	if (width < 0)
		s->unknown++;
	else if (width == 0)
		join(s, s->sequence);
	else
		put(s, s->sequence, (size_t)width);
}

static void move(struct screen *s, long rows, long columns)
{
	long row = (long)s->row + rows, column = (long)s->column + columns;

	s->is_pending = false;
	s->row = (size_t)(row < 0 ? 0 : row >= (long)s->rows ? (long)s->rows - 1 : row);
	s->column = (size_t)(column < 0                   ? 0
	                     : column >= (long)s->columns ? (long)s->columns - 1
	                                                  : column);
}

static void erase(struct screen *s, bool is_screen, int what)
{
	size_t from = what == 0 ? s->column : 0;

	clear(s, s->row, from, s->columns);
	for (size_t row = 0; is_screen && row < s->rows; row++) {
		if (row > s->row || what == 2)
			clear(s, row, 0, s->columns);
	}
}

static void insert(struct screen *s, size_t count)
{
	struct screen_cell *cells = s->cells[s->row];

	for (size_t column = s->columns; column-- > s->column + count;)
		cells[column] = cells[column - count];
	for (size_t i = 0; i < count && s->column + i < s->columns; i++)
		cells[s->column + i] = blank;
}

static void delete (struct screen *s, size_t count)
{
	struct screen_cell *cells = s->cells[s->row];

	for (size_t column = s->column; column < s->columns; column++)
		cells[column] = column + count < s->columns ? cells[column + count] : blank;
}

static void control(struct screen *s, char final)
{
	long count = atol(s->sequence), once = count ? count : 1;

	switch (final) {
	case 'A': move(s, -once, 0); break;
	case 'B': move(s, once, 0); break;
	case 'C': move(s, 0, once); break;
	case 'D': move(s, 0, -once); break;
	case '@': insert(s, (size_t)once); break;
	case 'P': delete (s, (size_t)once); break;
	case 'H': s->row = s->column = s->is_pending = 0; break;
	case 'J': erase(s, true, (int)count); break;
	case 'K': erase(s, false, (int)count); break;
	case 'm': snprintf(s->pen, sizeof(s->pen), "%s", s->sequence); break;
	case 'h':
	case 'l': s->unknown += strcmp(s->sequence, "?2004") != 0; break;
	default: s->unknown++; break;
	}
}

static void text_byte(struct screen *s, char byte)
{
	s->len = 0;
	s->need = utf8_announced((uint8_t)byte);
	switch (byte) {
	case '\r': s->column = s->is_pending = 0; return;
	case '\n': line_feed(s); return;
	case '\b': move(s, 0, -1); return;
	case '\a': s->bells++; return;
	case '\033': s->state = ESCAPE; return;
	default: break;
	}
	if ((uint8_t)byte < ' ' || byte == 0x7f || s->need == 0) {
		s->unknown++;
		return;
	}
	s->state = CHARACTER;
}

static void byte(struct screen *s, char c)
{
	if (s->state == TEXT)
		text_byte(s, c);
	if (s->state == ESCAPE) {
		if (c == '[')
			s->state = CSI;
		else if (c != '\033')
			s->state = TEXT, s->unknown++;
		return;
	}
	if (s->state == TEXT)
		return;
	if (s->state == CSI && c >= '@') {
		s->sequence[s->len] = '\0';
		s->state = TEXT;
		control(s, c);
		return;
	}
	if (s->len + 1 < sizeof(s->sequence))
		s->sequence[s->len++] = c;
	s->sequence[s->len] = '\0';
	if (s->state == CHARACTER && s->len == s->need)
		character(s);
}

void screen_write(struct screen *s, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		byte(s, bytes[i]);
}

static bool is_blank(const struct screen_cell *cell)
{
	return cell->width && (cell->text[0] == '\0' || strcmp(cell->text, " ") == 0);
}

/* How many of a row's cells count: all up to the last one written, or the whole row if it wraps. */
static size_t used(const struct screen *s, size_t row)
{
	size_t count = s->is_wrapped[row] ? s->columns : 0;

	for (size_t column = 0; column < s->columns; column++) {
		if (s->cells[row][column].text[0] || s->cells[row][column].width == 0)
			count = column + 1 > count ? column + 1 : count;
	}
	return count;
}

/* Writes one row of the old screen on the new one; the row that the old cursor gets, if it is in this row. */
static void rewrap(struct screen *s, const struct screen *old, size_t i, size_t *row)
{
	size_t count = used(old, i), at = 0;

	for (; at < count; at += old->cells[i][at].width == 2 ? 2 : 1) {
		const struct screen_cell *cell = &old->cells[i][at];

		put(s, cell->text[0] ? cell->text : " ", cell->width == 2 ? 2 : 1);
		if (i == old->row && at <= old->column)
			*row = s->scrolled + s->row;
	}
	for (; i == old->row && at < old->column; at++)
		put(s, " ", 1);
	if (i == old->row && old->column >= count)
		*row = s->scrolled + s->row;
}

void screen_resize(struct screen *s, size_t columns, size_t rows)
{
	struct screen *old = malloc(sizeof(*old));
	size_t row = 0, bottom = s->row;

	memcpy(old, s, sizeof(*old));
	for (size_t i = 0; i < old->rows; i++)
		bottom = used(old, i) && i > bottom ? i : bottom;
	screen_init(s, columns, rows);
	for (size_t i = 0; i <= bottom; i++) {
		rewrap(s, old, i, &row);
		if (!old->is_wrapped[i] && i < bottom) {
			s->column = s->is_pending = 0;
			line_feed(s);
		}
	}
	s->row = row > s->scrolled ? row - s->scrolled : 0;
	s->column = s->is_pending = 0;
	free(old);
}

void screen_row(const struct screen *s, size_t row, char *out, size_t size)
{
	size_t count = used(s, row), len = 0;

	out[0] = '\0';
	for (size_t column = 0; column < count && column < s->columns; column++) {
		const struct screen_cell *cell = &s->cells[row][column];

		if (cell->width && len + SCREEN_CELL < size)
			len += (size_t)snprintf(out + len, size - len, "%s",
			                        cell->text[0] ? cell->text : " ");
	}
	while (len && out[len - 1] == ' ')
		out[--len] = '\0';
}

bool screen_same(const struct screen *a, const struct screen *b, size_t *out_row)
{
	for (size_t row = 0; row < a->rows; row++) {
		for (size_t column = 0; column < a->columns; column++) {
			const struct screen_cell *x = &a->cells[row][column],
						 *y = &b->cells[row][column];

			*out_row = row;
			if (is_blank(x) && is_blank(y))
				continue;
			if (strcmp(x->text, y->text) || x->width != y->width ||
			    strcmp(x->pen, y->pen))
				return false;
		}
	}
	return true;
}

void screen_print(const struct screen *s)
{
	char text[SCREEN_COLUMNS * SCREEN_CELL];

	for (size_t row = 0; row < s->rows; row++) {
		screen_row(s, row, text, sizeof(text));
		printf("%c|%s|%s\n", row == s->row ? '>' : ' ', text,
		       s->is_wrapped[row] ? "+" : "");
	}
	printf("cursor column %zu%s\n", s->column, s->is_pending ? " (wrap pending)" : "");
}
