/*
 * Runs syntax trees. Lists and chains are walked in loops; set -e is looked at where a command that is not tested has
 * failed.
 */
#include "exec.h"
#include "command.h"
#include "message.h"
#include "parser.h"
#include "shell.h"
#include "traps.h"
#include <string.h>

void exec_check(struct shell *sh, unsigned flags)
{
	if (sh->status && sh->options[OPT_ERREXIT] && !(flags & EXEC_TESTED) && !sh->unwind)
		sh->unwind = UNWIND_EXIT;
}

static int exec_list(struct shell *sh, struct node *node, unsigned flags)
{
	while (node->kind == NODE_LIST) {
		struct binary_node *list = (struct binary_node *)node;

		exec_node(sh, list->left, flags & ~(unsigned)EXEC_LAST);
		if (sh->unwind || sh->options[OPT_NOEXEC])
			return sh->status;
		node = list->right;
	}
	return exec_node(sh, node, flags);
}

static bool is_chain(const struct node *node)
{
	return node->kind == NODE_AND || node->kind == NODE_OR;
}

/* a && b || c: each command runs or is skipped by the status so far. */
static int exec_chain(struct shell *sh, struct node *node, unsigned flags)
{
	struct binary_node *chain = (struct binary_node *)node;

	exec_node(sh, chain->left, EXEC_TESTED);
	for (;;) {
		bool runs = (sh->status == 0) == (chain->node.kind == NODE_AND);
		struct node *next = chain->right;
		bool is_last = !is_chain(next);

		if (sh->unwind)
			return sh->status;
		if (runs && is_last)
			return exec_node(sh, next, flags);
		if (is_last)
			return sh->status;
		chain = (struct binary_node *)next;
		if (runs)
			exec_node(sh, chain->left, EXEC_TESTED);
	}
}

static int exec_not(struct shell *sh, struct binary_node *node)
{
	exec_node(sh, node->left, EXEC_TESTED);
	if (!sh->unwind)
		sh->status = !sh->status;
	return sh->status;
}

static int exec_if(struct shell *sh, struct if_node *node, unsigned flags)
{
	struct node *next;

	for (;;) {
		exec_node(sh, node->condition, EXEC_TESTED);
		if (sh->unwind)
			return sh->status;
		next = sh->status == 0 ? node->then_part : node->else_part;
		if (!next)
			return shell_status(sh, 0);
		if (sh->status == 0 || next->kind != NODE_IF)
			return exec_node(sh, next, flags);
		node = (struct if_node *)next;
	}
}

static int exec_define(struct shell *sh, struct function_node *node)
{
	function_define(node->command, node->body, node->region);
	return shell_status(sh, 0);
}

static int exec_kind(struct shell *sh, struct node *node, unsigned flags)
{
	switch (node->kind) {
	case NODE_SIMPLE: return exec_simple(sh, (struct simple_node *)node, flags);
	case NODE_PIPELINE: return exec_pipeline(sh, (struct pipeline_node *)node, flags);
	case NODE_LIST: return exec_list(sh, node, flags);
	case NODE_AND:
	case NODE_OR: return exec_chain(sh, node, flags);
	case NODE_NOT: return exec_not(sh, (struct binary_node *)node);
	case NODE_BACKGROUND: return exec_background(sh, (struct binary_node *)node);
	case NODE_SUBSHELL: return exec_subshell(sh, (struct group_node *)node, flags);
	case NODE_GROUP: return exec_group(sh, (struct group_node *)node, flags);
	case NODE_IF: return exec_if(sh, (struct if_node *)node, flags);
	case NODE_WHILE:
	case NODE_UNTIL: return exec_while(sh, (struct while_node *)node, flags);
	case NODE_FOR: return exec_for(sh, (struct for_node *)node, flags);
	case NODE_REPEAT: return exec_repeat(sh, (struct repeat_node *)node, flags);
	case NODE_CASE: return exec_case(sh, (struct case_node *)node, flags);
	case NODE_FUNCTION: return exec_define(sh, (struct function_node *)node);
	case NODE_CONDITION: break;
	}
	sh->line = node->line;
	return shell_status(sh, exec_condition(sh, ((struct condition_node *)node)->condition));
}

/* Kinds after which a failure is one of their own, and not one of a command inside. */
static bool is_checked(enum node_kind kind)
{
	return kind == NODE_SIMPLE || kind == NODE_PIPELINE || kind == NODE_SUBSHELL ||
	       kind == NODE_CONDITION;
}

int exec_node(struct shell *sh, struct node *node, unsigned flags)
{
	exec_kind(sh, node, flags);
	if (signals_pending && !sh->unwind)
		traps_run(sh);
	if (sh->status && is_checked(node->kind))
		exec_check(sh, flags);
	return sh->status;
}

int exec_parser(struct shell *sh, struct parser *ps, unsigned flags)
{
	bool any = false;

	if (shell_is_too_deep(sh)) {
		sh_error(sh, "commands call each other too deeply");
		sh_unwind_error(sh, 2);
	}
	while (!sh->unwind) {
		struct region *region;
		struct node *node;
		enum parse_result result = parser_next(ps, &region, &node);

		if (result == PARSE_COMMAND && !sh->options[OPT_NOEXEC]) {
			any = true;
			exec_node(sh, node,
			          parser_at_end(ps) ? flags : flags & ~(unsigned)EXEC_LAST);
		}
		region_drop(region);
		if (result == PARSE_ERROR)
			sh_unwind_error(sh, 2);
		if (result == PARSE_END || result == PARSE_INTERRUPTED)
			break;
	}
	if (!any && !sh->unwind)
		sh->status = 0;
	return sh->status;
}

int exec_text(struct shell *sh, const char *text, size_t len, int line, unsigned flags)
{
	struct parser ps;

	parser_text(&ps, sh, text, len, line);
	exec_parser(sh, &ps, flags);
	parser_close(&ps);
	return sh->status;
}
