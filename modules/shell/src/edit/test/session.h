/*
 * An editor without a terminal, for tests: what is typed goes in as bytes, what it sends goes to a screen in memory.
 */
#pragma once
#include "edit/editor.h"
#include "edit/test/screen.h"

extern struct screen screen;
extern struct editor *editor;
extern struct history *history;

/* A new editor with a history of these entries, the last argument NULL, at its first line. */
void session_start(const char *entry, ...);
/* The next line, on an empty screen. */
void session_begin(void);
void session_draw(void);
void session_stop(void);
/* The host of these editors: completes some words, wants its quotes closed. */
const struct editor_host *session_host(void);
/* A descriptor where a question of the editor finds the end of its input. */
int no_input(void);

void type(const char *bytes);
/* The text is that of expected, with the cursor at its '|'. */
void expect(const char *expected);
void expect_row(size_t row, const char *text);
