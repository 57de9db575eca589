/* The line discipline's output half, for its input half (echo). */
#pragma once
#include "n_tty.h"

/* One byte with output processing, or as it is; dropped when the ring is full (echo only). */
void n_tty_out(struct n_tty *n, uint8_t c);
void n_tty_out_raw(struct n_tty *n, uint8_t c);
