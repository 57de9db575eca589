/*
 * Field splitting: what IFS says about characters.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct shell;
struct var;

/* Classes in shell.ifs. */
enum ifs_class {
	IFS_NONE,
	IFS_SPACE,
	IFS_OTHER,
	IFS_WIDE, /* may begin a character of IFS beyond ASCII */
};

/* What a byte is to patterns. */
enum split_mark {
	SPLIT_GLOB = 1,    /* makes a word a pattern */
	SPLIT_SPECIAL = 2, /* needs a backslash when it is quoted in one */
};

extern const unsigned char split_class[256];

/* Length of the delimiter that the text begins with, or 0. */
size_t split_delimiter(struct shell *sh, const char *text, bool *out_space);

/* IFS has changed. */
void split_changed(struct shell *sh, struct var *var);
