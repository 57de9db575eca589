/*
 * Where a parser's characters come from: texts, files, standard input, a line editor, and aliases pushed on top.
 *
 * A source hands out whole lines (or all there is), so a character and the one after it are always together.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct alias;
struct parser;
struct shell;

enum input_result {
	INPUT_TEXT,
	INPUT_END,
	INPUT_INTERRUPTED,
};

struct input;

struct input_ops {
	/* The next line or lines, which stay until the next call; continued: within a command. */
	enum input_result (*line)(struct input *input, bool continued, const char **out_text,
	                          size_t *out_len);
	void (*close)(struct input *input);
};

struct input {
	const struct input_ops *ops;
	struct shell *sh;
};

/* A file opened for us (closed with the input), standard input, or (user_input.c) an interactive shell's user. */
struct input *input_file(struct shell *sh, int fd);
struct input *input_stdin(struct shell *sh);
struct input *input_user(struct shell *sh);
void input_close(struct input *input);

struct source {
	struct source *below;
	const char *at, *end;
	struct alias *alias;
	char *owned;        /* its text, freed with it: a record that is read again */
	size_t place;       /* in the record, when it was put on top */
	bool ends_in_blank; /* the word after this alias is looked up, too */
	bool is_recorded;   /* an alias whose text is in the record */
};
