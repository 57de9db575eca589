/*
 * Any bytes as a script. With set -n a substitution runs nothing, and with set -f no directory is read, so expanding
 * each word of the tree and making its assignments touches the shell alone. For the unit test and for the program
 * that libFuzzer feeds.
 */
#include "fuzz.h"
#include "alias.h"
#include "ast.h"
#include "exec.h"
#include "expand.h"
#include "params.h"
#include "parser.h"
#include "pattern.h"
#include "print.h"
#include "shell.h"
#include <stdlib.h>
#include <string.h>

/* Longer values are forgotten, so that x=$x$x in a script cannot take all memory. */
#define VALUE_MOST 256

static void walk(struct shell *sh, struct node *node);

static void try_words(struct shell *sh, const struct word *words)
{
	struct arena_mark mark = arena_mark(&sh->temp);
	struct fields fields;

	for (; words; words = words->next) {
		struct word one = *words;

		one.next = NULL;
		fields_begin(&fields, sh);
		expand_words(sh, &one, &fields);
		expand_string(sh, &one);
		expand_pattern(sh, &one);
		sh->unwind = UNWIND_NONE;
		for (const struct part *part = words->parts; part; part = part->next)
			if ((part->kind == PART_COMMAND || part->kind == PART_PROCESS) &&
			    part->command)
				walk(sh, part->command);
	}
	arena_release(&sh->temp, mark);
}

static void try_redirs(struct shell *sh, const struct redir *redirs)
{
	for (; redirs; redirs = redirs->next)
		if (redirs->word)
			try_words(sh, redirs->word);
}

static void walk_simple(struct shell *sh, const struct simple_node *node)
{
	struct arena_mark mark = arena_mark(&sh->temp);

	for (const struct assign *assign = node->assigns; assign; assign = assign->next) {
		struct assign one = *assign;

		one.next = NULL;
		try_words(sh, assign->words);
		exec_assigns(sh, &one, NULL);
		if (assign->var->value_len > VALUE_MOST)
			var_unset(sh, assign->var);
		sh->unwind = UNWIND_NONE;
	}
	arena_release(&sh->temp, mark);
	try_words(sh, node->words);
	try_redirs(sh, node->redirs);
}

static void match_word(struct shell *sh, const char *text, const struct word *patterns)
{
	for (; text && patterns; patterns = patterns->next) {
		const char *pattern = expand_pattern(sh, patterns);

		if (pattern)
			pattern_match(pattern, text, true);
		sh->unwind = UNWIND_NONE;
	}
}

static void walk_case(struct shell *sh, const struct case_node *node)
{
	struct arena_mark mark = arena_mark(&sh->temp);
	const char *text = expand_string(sh, node->word);

	sh->unwind = UNWIND_NONE;
	try_words(sh, node->word);
	for (const struct case_item *item = node->items; item; item = item->next) {
		match_word(sh, text, item->patterns);
		try_words(sh, item->patterns);
		walk(sh, item->body);
	}
	arena_release(&sh->temp, mark);
}

static void walk_condition(struct shell *sh, const struct condition *condition)
{
	if (!condition)
		return;
	walk_condition(sh, condition->left);
	walk_condition(sh, condition->right);
	if (condition->first)
		try_words(sh, condition->first);
	if (condition->second)
		try_words(sh, condition->second);
}

static void walk_group(struct shell *sh, const struct group_node *node)
{
	walk(sh, node->body);
	try_redirs(sh, node->redirs);
}

static void walk_if(struct shell *sh, const struct if_node *node)
{
	walk(sh, node->condition);
	walk(sh, node->then_part);
	walk(sh, node->else_part);
}

static void walk(struct shell *sh, struct node *node)
{
	if (!node)
		return;
	switch (node->kind) {
	case NODE_SIMPLE: walk_simple(sh, (struct simple_node *)node); break;
	case NODE_PIPELINE:
		for (unsigned i = 0; i < ((struct pipeline_node *)node)->count; i++)
			walk(sh, ((struct pipeline_node *)node)->commands[i]);
		break;
	case NODE_LIST:
	case NODE_AND:
	case NODE_OR:
	case NODE_NOT:
	case NODE_BACKGROUND:
		walk(sh, ((struct binary_node *)node)->left);
		walk(sh, ((struct binary_node *)node)->right);
		break;
	case NODE_SUBSHELL:
	case NODE_GROUP: walk_group(sh, (struct group_node *)node); break;
	case NODE_IF: walk_if(sh, (struct if_node *)node); break;
	case NODE_WHILE:
	case NODE_UNTIL:
		walk(sh, ((struct while_node *)node)->condition);
		walk(sh, ((struct while_node *)node)->body);
		break;
	case NODE_FOR:
		try_words(sh, ((struct for_node *)node)->words);
		walk(sh, ((struct for_node *)node)->body);
		break;
	case NODE_REPEAT: walk(sh, ((struct repeat_node *)node)->body); break;
	case NODE_CASE: walk_case(sh, (struct case_node *)node); break;
	case NODE_FUNCTION: walk(sh, ((struct function_node *)node)->body); break;
	case NODE_CONDITION: walk_condition(sh, ((struct condition_node *)node)->condition); break;
	}
}

static void run(struct shell *sh, const char *bytes, size_t len)
{
	enum parse_result result;
	struct parser ps;

	parser_text(&ps, sh, bytes, len, 1);
	do {
		struct region *region;
		struct node *node;

		ps.quiet = true;
		result = parser_next(&ps, &region, &node);
		if (result == PARSE_COMMAND) {
			walk(sh, node);
			print_command(&sh->temp, node);
		}
		region_drop(region);
	} while (result == PARSE_COMMAND || result == PARSE_EMPTY);
	parser_close(&ps);
}

void fuzz_script(const char *bytes, size_t len)
{
	char *params[] = {"a b", "", "*x\\y[", "/\303\251:"};
	struct shell sh;

	shell_init(&sh, "sh");
	sh.silent = true;
	sh.options[OPT_NOEXEC] = sh.options[OPT_NOGLOB] = true;
	params_set(&sh, params, sizeof(params) / sizeof(*params));
	run(&sh, bytes, len);
	sh.options[OPT_NOUNSET] = sh.options[OPT_POSIX] = true;
	sh.options[OPT_BRACEEXPAND] = false;
	alias_set(&sh, "a", "b ");
	alias_set(&sh, "b", "c $((d");
	alias_set(&sh, "c", "if ");
	run(&sh, bytes, len);
	shell_free(&sh);
}
