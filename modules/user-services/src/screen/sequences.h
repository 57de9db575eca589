/* Between terminal.c (cells) and sequences.c (escape sequences). */
#pragma once
#include "screen/terminal.h"

/* Take one byte while the terminal's state is not TERMINAL_TEXT. */
void terminal_sequence(struct terminal *t, uint8_t byte);

void terminal_reset(struct terminal *t);
void terminal_erase(struct terminal *t, uint16_t row, uint16_t from, uint16_t to);
void terminal_scroll_up(struct terminal *t, uint16_t from, uint16_t count);
void terminal_scroll_down(struct terminal *t, uint16_t from, uint16_t count);
void terminal_move(struct terminal *t, int column, int row);
void terminal_line_feed(struct terminal *t);
void terminal_reverse_line_feed(struct terminal *t);
