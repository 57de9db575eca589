/* The console: the container's terminal on the console service. */
#pragma once
#include "file.h"

int64_t console_open_file(struct task *task, struct file *file); /* -ENXIO without one */
/* Connects to the service behind the start handle "console"; harmless when there is none. */
int64_t console_start(void);
/* Waits, a second at most, until what programs wrote has reached the service. */
void console_flush(void);
