/*
 * A text terminal's screen as cells: the subset of ANSI/VT100 that shells and full-screen editors use
 * (docs/modules/user-services.md lists it). Knows nothing of pixels: whoever draws asks which rows changed.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define TERMINAL_COLUMNS_MAX 256
#define TERMINAL_ROWS_MAX 100
#define TERMINAL_ARGS_MAX 8
#define TERMINAL_ANSWER_MAX 32

/* Attributes of a cell: colours 0-15 as in ANSI; reverse is already applied. */
struct cell {
	uint8_t character;
	uint8_t colours; /* foreground in bits 0-3, background in bits 4-7 */
};

struct terminal_pen {
	uint8_t foreground, background;
	bool is_bold, is_reverse;
};

struct terminal_place {
	uint16_t column, row;
	struct terminal_pen pen;
};

enum terminal_state {
	TERMINAL_TEXT,
	TERMINAL_ESCAPE,
	TERMINAL_CONTROL,
	TERMINAL_STRING,
	TERMINAL_CHARSET
};

struct terminal {
	uint16_t columns, rows;
	uint16_t top, bottom; /* scroll region, bottom excluded */
	struct terminal_place at, saved;
	bool wraps_next; /* the last column was written; the next character starts a line */
	bool is_cursor_hidden, is_wrap_off, is_origin_set;
	enum terminal_state state;
	bool is_private; /* a '?' after CSI */
	uint8_t arg_count;
	uint16_t args[TERMINAL_ARGS_MAX];
	uint8_t utf8_left;  /* continuation bytes of a character still to come */
	uint8_t answer_len; /* what the terminal has to say to the program (cursor reports) */
	char answer[TERMINAL_ANSWER_MAX];
	uint8_t is_dirty[TERMINAL_ROWS_MAX];
	struct cell cells[TERMINAL_ROWS_MAX][TERMINAL_COLUMNS_MAX];
};

void terminal_init(struct terminal *t, uint16_t columns, uint16_t rows);
void terminal_write(struct terminal *t, const void *bytes, uint32_t len);
/* A cell as it is to be drawn, the cursor included. */
struct cell terminal_look(const struct terminal *t, uint16_t column, uint16_t row);
