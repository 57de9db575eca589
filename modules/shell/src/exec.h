/*
 * Running syntax trees. Each function gives the status, which is $? then; when sh->unwind is set, all return at once.
 */
#pragma once
#include "ast.h"
#include "expand.h"
#include <stdbool.h>
#include <stddef.h>

struct function;
struct parser;
struct scope;
struct shell;

enum exec_flag {
	EXEC_TESTED = 1, /* a failure is looked at: set -e does not apply */
	EXEC_LAST = 2,   /* the process ends after this: it may become the command */
};

int exec_node(struct shell *sh, struct node *node, unsigned flags);

/* All commands of a parser or text, one after the other, as they are read. */
int exec_parser(struct shell *sh, struct parser *ps, unsigned flags);
int exec_text(struct shell *sh, const char *text, size_t len, int line, unsigned flags);

/* --- between the files that run commands --- */

/* set -e: ends the shell after an untested failure. */
void exec_check(struct shell *sh, unsigned flags);

int exec_simple(struct shell *sh, struct simple_node *node, unsigned flags);
int exec_pipeline(struct shell *sh, struct pipeline_node *node, unsigned flags);
int exec_background(struct shell *sh, struct binary_node *node);
int exec_subshell(struct shell *sh, struct group_node *node, unsigned flags);
int exec_condition(struct shell *sh, const struct condition *condition);
int exec_group(struct shell *sh, struct group_node *node, unsigned flags);
int exec_while(struct shell *sh, struct while_node *node, unsigned flags);
int exec_for(struct shell *sh, struct for_node *node, unsigned flags);
int exec_repeat(struct shell *sh, struct repeat_node *node, unsigned flags);
int exec_case(struct shell *sh, struct case_node *node, unsigned flags);
int exec_prefix_arith(struct shell *sh, struct simple_node *node);

/* Whether the process may become the command instead of starting one. */
bool exec_may_replace(const struct shell *sh, unsigned flags);

/* Executes a file; only returns when it cannot, with the status after telling why. */
int exec_file(struct shell *sh, const char *path, char **argv);

int exec_program(struct shell *sh, const char *path, char **argv, char **environment);

/* Calls a function with its words as parameters. */
int exec_function(struct shell *sh, struct function *function, int argc, char **argv,
                  unsigned flags);

/* Assignments; with a scope they are brought back when it ends, and exported. */
bool exec_assigns(struct shell *sh, const struct assign *assigns, struct scope *scope);
void exec_trace(struct shell *sh, const struct assign *assigns, const struct fields *fields,
                int fd);

/* Runs a command by its words: for `command` and simple commands. */
int exec_external(struct shell *sh, struct simple_node *node, const char *path, char **argv,
                  unsigned flags);
int exec_not_found(struct shell *sh, const char *name);
/* In a process that ends after it. */
int exec_words(struct shell *sh, int argc, char **argv);
