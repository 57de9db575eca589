/*
 * Compound commands: groups with redirections, loops, case.
 */
#include "exec.h"
#include "message.h"
#include "pattern.h"
#include "redir.h"
#include "shell.h"
#include "traps.h"
#include <string.h>

int exec_group(struct shell *sh, struct group_node *node, unsigned flags)
{
	struct redir_save save;
	struct arena_mark mark;

	if (!node->redirs)
		return exec_node(sh, node->body, flags);
	mark = arena_mark(&sh->temp);
	sh->line = node->node.line;
	if (redir_apply(sh, node->redirs, &save)) {
		exec_node(sh, node->body, flags & ~(unsigned)EXEC_LAST);
	} else {
		sh->status = sh->unwind ? sh->status : 1;
		exec_check(sh, flags);
	}
	redir_undo(sh, &save);
	arena_release(&sh->temp, mark);
	return sh->status;
}

/* After a loop's body: whether the loop ends. Takes what break and continue asked of this loop. */
static bool loop_ends(struct shell *sh)
{
	if (signals_pending && sh->unwind != UNWIND_EXIT)
		traps_run_between(sh);
	if (!sh->unwind)
		return false;
	if (sh->unwind != UNWIND_BREAK && sh->unwind != UNWIND_CONTINUE)
		return true;
	if (--sh->unwind_count > 0)
		return true;
	if (sh->unwind == UNWIND_BREAK) {
		sh->unwind = UNWIND_NONE;
		return true;
	}
	sh->unwind = UNWIND_NONE;
	return false;
}

int exec_while(struct shell *sh, struct while_node *node, unsigned flags)
{
	bool wanted = node->node.kind == NODE_WHILE;
	int status = 0;

	sh->loops++;
	for (;;) {
		exec_node(sh, node->condition, EXEC_TESTED);
		if (sh->unwind) {
			if (loop_ends(sh))
				break;
			continue;
		}
		if ((sh->status == 0) != wanted)
			break;
		status = exec_node(sh, node->body, flags & EXEC_TESTED);
		if (loop_ends(sh))
			break;
	}
	sh->loops--;
	return sh->unwind ? sh->status : shell_status(sh, status);
}

/* The words of a for loop: its own, or the positional parameters. */
static bool for_fields(struct shell *sh, struct for_node *node, struct fields *fields)
{
	fields_begin(fields, sh);
	if (node->has_list)
		return expand_words(sh, node->words, fields);
	for (int i = 0; i < sh->params.count; i++) {
		const char *param = sh->params.list[i];

		fields_add(fields, arena_text(&sh->temp, param, strlen(param)));
	}
	return true;
}

int exec_for(struct shell *sh, struct for_node *node, unsigned flags)
{
	struct arena_mark mark = arena_mark(&sh->temp);
	struct fields fields;
	int status = 0;

	sh->line = node->node.line;
	if (!for_fields(sh, node, &fields)) {
		arena_release(&sh->temp, mark);
		return sh->status;
	}
	sh->loops++;
	for (size_t i = 0; i < fields.count; i++) {
		if (!var_set_string(sh, node->var, fields.list[i])) {
			sh_unwind_error(sh, 2);
			break;
		}
		exec_node(sh, node->body, flags & EXEC_TESTED);
		status = sh->status;
		if (loop_ends(sh))
			break;
	}
	sh->loops--;
	arena_release(&sh->temp, mark);
	return sh->unwind ? sh->status : shell_status(sh, status);
}

int exec_repeat(struct shell *sh, struct repeat_node *node, unsigned flags)
{
	int step = node->first <= node->last ? 1 : -1, status = 0;

	sh->loops++;
	for (long long i = node->first;; i += step) {
		exec_node(sh, node->body, flags & EXEC_TESTED);
		status = sh->status;
		if (loop_ends(sh) || i == node->last)
			break;
	}
	sh->loops--;
	return sh->unwind ? sh->status : shell_status(sh, status);
}

/* 1: a pattern of the item matches, 0: none, -1: an error. */
static int item_matches(struct shell *sh, const struct case_item *item, const char *value)
{
	for (const struct word *word = item->patterns; word; word = word->next) {
		const char *pattern;

		if (word->literal) {
			if (strcmp(word->literal, value) == 0)
				return 1;
			continue;
		}
		pattern = expand_pattern(sh, word);
		if (!pattern)
			return -1;
		if (pattern_match(pattern, value, sh->utf8))
			return 1;
	}
	return 0;
}

static struct case_item *find_item(struct shell *sh, struct case_node *node)
{
	const char *value = expand_string(sh, node->word);

	if (!value)
		return NULL;
	for (struct case_item *item = node->items; item; item = item->next) {
		int found = item_matches(sh, item, value);

		if (found)
			return found > 0 ? item : NULL;
	}
	return NULL;
}

int exec_case(struct shell *sh, struct case_node *node, unsigned flags)
{
	struct arena_mark mark = arena_mark(&sh->temp);
	struct case_item *item;
	bool any = false;

	sh->line = node->node.line;
	sh->substitution_status = 0;
	item = find_item(sh, node);
	arena_release(&sh->temp, mark);
	if (sh->unwind)
		return sh->status;
	for (; item && !sh->unwind; item = item->falls_through ? item->next : NULL) {
		if (!item->body)
			continue;
		any = true;
		exec_node(sh, item->body, item->falls_through ? flags & EXEC_TESTED : flags);
	}
	return any || sh->unwind ? sh->status : shell_status(sh, 0);
}
