/*
 * Word expansion (XCU 2.6). Everything that is made lies in the shell's temp arena. A function that fails has told
 * why, and the shell unwinds.
 */
#pragma once
#include "arena.h"
#include "ast.h"
#include <stdbool.h>
#include <stddef.h>

struct shell;

struct fields {
	struct arena *arena;
	char **list;
	size_t count, cap;
};

void fields_begin(struct fields *fields, struct shell *sh);
void fields_add(struct fields *fields, char *field);

/* All expansions, of a command's words. */
bool expand_words(struct shell *sh, const struct word *words, struct fields *fields);

/* One text, neither split nor globbed: of assignments, redirections, here-documents. NULL: an error. */
char *expand_string(struct shell *sh, const struct word *word);

/* The same as a pattern: what was quoted has backslashes. */
char *expand_pattern(struct shell *sh, const struct word *word);

/* The value of a parameter without an operator and other than @ and *; NULL: not set. */
const char *expand_plain_param(struct shell *sh, const struct param *param);

/* --- between the files of the expansion --- */

enum split_state {
	SPLIT_START, /* no field is begun, or one was ended by a character that is not white space */
	SPLIT_FIELD, /* within a field */
	SPLIT_SPACE, /* a field was ended by white space */
};

struct expansion {
	struct shell *sh;
	struct fields *fields; /* NULL: one text */
	bool for_pattern;
	bool splits_text; /* in the word of an operator, unquoted text is split, too */
	enum split_state state;
	struct text text; /* the field; what is quoted is escaped unless it is for one text */
	bool has_glob, has_escapes;
	struct text raw;           /* places in the text of backslashes that came unquoted */
	const struct word *nested; /* the operator's word that is being expanded */
};

void expansion_quoted(struct expansion *ex, const char *text, size_t len);
void expansion_unquoted(struct expansion *ex, const char *text, size_t len);
void expansion_value(struct expansion *ex, const char *value, bool quoted);

/* Ends the field that is begun, if any. */
void expansion_break(struct expansion *ex);

bool expand_parts(struct expansion *ex, const struct part *part);
bool expand_param(struct expansion *ex, const struct part *part);
bool expand_param_list(struct expansion *ex, const struct part *part);
bool expand_tilde(struct expansion *ex, const struct part *part);

/* Values with an operator that cuts or replaces. NULL: an error. */
char *param_trim_value(struct shell *sh, const struct param *param, const char *value);
char *param_replace_value(struct shell *sh, const struct param *param, const char *value);
char *param_substring_value(struct shell *sh, const struct param *param, const char *value);
char *param_change_value(struct shell *sh, const struct param *param, const char *value);
bool param_range(struct shell *sh, const struct param *param, size_t count, size_t *out_first,
                 size_t *out_end);
void param_unset_error(struct shell *sh, const struct param *param);

/* Where expansions leave to commands. */
char *substitute_command(struct shell *sh, struct node *command, size_t *out_len);
char *substitute_process(struct shell *sh, struct node *command, bool writes);

/* Names that match a pattern are added, sorted; false: none does. */
bool glob_expand(struct shell *sh, const char *pattern, struct fields *fields);

/* The words that a word's braces make. */
struct word *brace_expand(struct shell *sh, const struct word *word);
