/* One case of the conformance suite, and the reader that takes it out of a text file. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { MOST_INPUTS = 8, MOST_OUTPUTS = 6, MOST_FILES = 8, SECTION_BYTES = 32 };

/* Bytes that grow; data is NUL-terminated when not NULL. */
struct text {
	char *data;
	size_t len;
};

enum case_tag {
	TAG_COMMON = 1, /* not mandated, but every common shell agrees */
	TAG_XSI = 2,
	TAG_UP = 4,  /* user portability: interactive use, job control */
	TAG_TTY = 8, /* needs a controlling terminal */
};

enum error_rule { ERROR_NONE, ERROR_SOME, ERROR_ANY };

struct case_file {
	const char *name;
	struct text content;
	bool is_program;
};

struct test_case {
	const char *file;
	int line; /* of its title */
	char section[SECTION_BYTES];
	const char *title;
	unsigned tags;
	struct text script;
	struct text inputs
		[MOST_INPUTS]; /* one after the other; a terminal makes a pause between them */
	int input_count;
	struct text outputs[MOST_OUTPUTS]; /* any of them is right; none: no output */
	int output_count;
	bool is_output_free; /* any output is right */
	enum error_rule error;
	int status_least, status_most;
	struct case_file files[MOST_FILES];
	int file_count;
};

struct case_reader {
	const char *file;
	struct text content;
	char *line; /* the current line, NULL at the end */
	char *rest; /* what follows it */
	int number; /* of the current line */
	char section[SECTION_BYTES];
};

/* False when the file cannot be read. */
bool case_reader_open(struct case_reader *reader, const char *file);
/* False at the end of the file. A malformed file ends the program with status 2 and says where. */
bool case_reader_next(struct case_reader *reader, struct test_case *out_case);
void case_reader_close(struct case_reader *reader);
void case_free(struct test_case *test);

bool text_read_file(struct text *text, const char *path);
void text_append(struct text *text, const char *data, size_t len);
