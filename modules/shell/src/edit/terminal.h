/*
 * The terminal itself: its modes, its size, reading and writing. Signals that end or stop the process put its modes
 * back first.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct terminal;

enum { TERMINAL_ERROR = -1, TERMINAL_END = 0, TERMINAL_WOKEN = -2 };

struct terminal *terminal_new(int in_fd, int out_fd);
void terminal_free(struct terminal *terminal);

/* Whether both ends are a terminal that can be edited on. */
bool terminal_can_edit(const struct terminal *terminal);
/*
 * Sets the editor's modes, also again after somebody else had the terminal; false when they cannot be set. The modes
 * before the first time are kept for terminal_restore.
 */
bool terminal_take(struct terminal *terminal);
void terminal_restore(struct terminal *terminal);
void terminal_size(const struct terminal *terminal, size_t *out_columns, size_t *out_rows);

/*
 * Waits for bytes and reads at most max of them: how many, or TERMINAL_END, _ERROR, or _WOKEN: by a signal, or not
 * having slept since is_awake, asked with all signals blocked, said so.
 */
int terminal_read(struct terminal *terminal, char *bytes, size_t max,
                  bool (*is_awake)(void *context), void *context);
/* Whether a read would find bytes at once. */
bool terminal_has_input(const struct terminal *terminal);
void terminal_write(const struct terminal *terminal, const char *bytes, size_t len);
/* Since the last call: was the process stopped and continued? Its modes may have changed. */
bool terminal_was_stopped(void);
/* Stops the process group as the terminal's stop key does. */
void terminal_stop(void);
