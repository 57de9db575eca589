/*
 * Reading a command where there is no terminal to edit on.
 */
#pragma once

struct editor;

/* As editor_line. */
char *plain_line(struct editor *editor, const char *prompt);
