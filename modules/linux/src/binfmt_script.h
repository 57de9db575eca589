/*
 * The first line of a "#!" script. No system calls; tested on the host.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define SCRIPT_HEAD_BYTES 256

struct script_line {
	const char *interpreter;
	const char *argument; /* one, as on Linux; or null */
};

/* Cuts head (with a NUL at head[bytes]) into the line's parts. 0; 1 when it is no script; -ENOEXEC. */
int64_t binfmt_script_parse(char *head, size_t bytes, struct script_line *out_line);
