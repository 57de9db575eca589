/*
 * The guard over a terminal's modes while the editor has changed them.
 */
#pragma once
#include <stdbool.h>

struct termios;

/* From here on signals that end or stop the process first give the terminal these modes back. */
void modes_guard(int in_fd, int out_fd, const struct termios *before);
/* Gives the modes back now. */
void modes_restore(void);
void modes_unguard(void);
/* Since the last call: was the process stopped and continued? */
bool modes_was_stopped(void);
