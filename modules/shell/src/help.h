/*
 * What there is to know about commands in a line each.
 */
#pragma once

enum help_kind {
	HELP_SHELL,   /* a built-in or a part of the language */
	HELP_PROGRAM, /* a usual program, which may be missing */
};

struct help_entry {
	const char *name, *usage, *summary;
};

/* Tables ended by an entry without a name. */
extern const struct help_entry help_shell[];
extern const struct help_entry help_programs[];
