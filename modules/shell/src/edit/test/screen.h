/*
 * A terminal for tests, in memory: understands what the line editor may send, wraps late as VT100 does, and wraps anew
 * when its width changes. What it does not understand it counts.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCREEN_ROWS = 60, SCREEN_COLUMNS = 160, SCREEN_CELL = 64 };

struct screen_cell {
	char text[SCREEN_CELL]; /* "": erased */
	uint8_t width;          /* 0: the right half of the cell before */
	char pen[32];           /* the last SGR parameters, "" after a reset */
};

struct screen {
	size_t columns, rows, row, column;
	bool is_pending; /* the last column was written */
	struct screen_cell cells[SCREEN_ROWS][SCREEN_COLUMNS];
	bool is_wrapped[SCREEN_ROWS]; /* goes on in the next row */
	char pen[32];
	unsigned bells, unknown, scrolled;
	uint8_t state;
	char sequence[32];
	size_t len, need;
};

void screen_init(struct screen *screen, size_t columns, size_t rows);
void screen_write(struct screen *screen, const char *bytes, size_t len);
/* Wraps anew at another width, as many terminals do; the cursor is then in its row's first column. */
void screen_resize(struct screen *screen, size_t columns, size_t rows);
/* A row's text without trailing blanks. */
void screen_row(const struct screen *screen, size_t row, char *out, size_t size);
/* Whether both show the same, colours included; if not, a row that differs. */
bool screen_same(const struct screen *a, const struct screen *b, size_t *out_row);
void screen_print(const struct screen *screen);
