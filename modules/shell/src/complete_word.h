/*
 * The word at the cursor and what is known of it, between the files of completion.
 */
#pragma once
#include "edit/edit.h"
#include <stdbool.h>

struct shell;

#define COMPLETE_WORDS 4 /* so many words of a command are looked at */

struct completion {
	struct shell *sh;
	struct editor_candidates *out;
	const char *text;
	size_t cursor, start; /* the word is the text between them */
	bool is_command, is_file;
	char quote_before, quote; /* open at its start and at the cursor */

	/* The word without quotes and backslashes, and its part after the last slash. */
	char *value, *part;
	/* Candidates take the text's place from here on; so many bytes of the part are in front of it. */
	size_t part_start, part_skip;

	/* The words of this command before the one at the cursor, without quotes. */
	const char *words[COMPLETE_WORDS];
	unsigned word_count;
};

/* Something that the part may become, unquoted. A blank as suffix ends the word. */
void complete_add(struct completion *c, const char *name, char suffix);

/* The folder in front of the part, in the temp arena; "" when there is none. */
char *complete_folder(const struct completion *c);

enum file_filter {
	FILES_ALL,
	FILES_DIRECTORIES,
	FILES_COMMANDS, /* what can be executed, and directories */
};
void complete_files(struct completion *c, enum file_filter filter);

/* Paths in the object tree; an object gets the suffix, a directory a slash. */
void complete_objects(struct completion *c, char suffix);

void complete_objects_in(struct completion *c, const char *folder); /* the part follows it */

/* with, as and ns: their own arguments (false: it is none), and the command behind with and as becomes the command. */
bool complete_confined(struct completion *c);
void complete_skip_confining(struct completion *c);

/* name= of a method's arguments, shown with its type. */
void complete_method_argument(struct completion *c);

/* Each of a list, ended by NULL, that begins like the word. */
void complete_list(struct completion *c, const char *const *list);

/* The members of an object: kind is "methods", "properties" or "events". */
void complete_members(struct completion *c, const char *path, const char *kind);

/* The methods of PATH.METHOD. */
void complete_method(struct completion *c);
