/* Commands in a process of their own that gives up something before it runs them. */
#pragma once
#include <stdbool.h>

struct shell;

/* In the new process; false: told why not. */
typedef bool confine_fn(struct shell *sh, void *context);

/* Runs the words as a command in the foreground. Its status; 126 when it could not be confined. */
int confine_run(struct shell *sh, confine_fn *confine, void *context, int argc, char **argv);
