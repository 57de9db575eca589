/*
 * Calls of functions; traces (set -x); and the extension that a line beginning with an operator is arithmetic.
 */
#include "arith.h"
#include "array.h"
#include "command.h"
#include "exec.h"
#include "message.h"
#include "prompt.h"
#include "shell.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int run_body(struct shell *sh, struct function *function, unsigned flags)
{
	unsigned outer_loops = sh->loops;

	sh->loops = 0;
	sh->functions++;
	exec_node(sh, function->body, flags & EXEC_TESTED);
	sh->functions--;
	sh->loops = outer_loops;
	if (sh->unwind == UNWIND_RETURN)
		sh->unwind = UNWIND_NONE;
	return sh->status;
}

int exec_function(struct shell *sh, struct function *function, int argc, char **argv,
                  unsigned flags)
{
	struct params params;
	struct scope scope;
	int index = sh->option_index, offset = sh->option_offset;

	if (shell_is_too_deep(sh)) {
		sh_error(sh, "%s: functions call each other too deeply", argv[0]);
		sh_unwind_error(sh, 2);
		return sh->status;
	}
	function_keep(function);
	params = params_enter(sh, argv + 1, argc - 1);
	scope_begin(sh, &scope, true);
	sh->option_index = 1;
	sh->option_offset = 0;
	run_body(sh, function, flags);
	sh->option_index = index;
	sh->option_offset = offset;
	scope_end(sh, &scope);
	params_leave(sh, params);
	function_drop(function);
	return sh->status;
}

static void trace_quoted(struct text *text, const char *word)
{
	const char *plain =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+/.,:@%^[]";

	if (*word && !word[strspn(word, plain)]) {
		text_string(text, word);
		return;
	}
	text_char(text, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			text_string(text, "'\"'\"'");
		else
			text_char(text, *word);
	}
	text_char(text, '\'');
}

static void trace_assigns(struct shell *sh, struct text *text, const struct assign *assigns)
{
	for (; assigns; assigns = assigns->next) {
		const char *value = var_value(sh, assigns->var);

		text_bytes(text, assigns->var->text, assigns->var->name_len);
		text_char(text, '=');
		if (value && *value)
			trace_quoted(text, value);
		if (assigns->next)
			text_char(text, ' ');
	}
}

void exec_trace(struct shell *sh, const struct assign *assigns, const struct fields *fields, int fd)
{
	struct arena_mark mark = arena_mark(&sh->temp);
	struct text text;

	sh->options[OPT_XTRACE] = false;
	text_begin(&text, &sh->temp);
	text_string(&text, expand_prompt(sh, sh->vars.ps4, "+ "));
	sh->options[OPT_XTRACE] = true;
	trace_assigns(sh, &text, assigns);
	for (size_t i = 0; fields && i < fields->count; i++) {
		if (i > 0 || assigns)
			text_char(&text, ' ');
		trace_quoted(&text, fields->list[i]);
	}
	text_char(&text, '\n');
	sh_write_to(sh, fd, text.start, text.len);
	arena_release(&sh->temp, mark);
}

/* The words after the operator, not globbed. */
static bool prefix_operands(struct shell *sh, const struct simple_node *node, struct fields *fields)
{
	bool outer = sh->options[OPT_NOGLOB], done;

	fields_begin(fields, sh);
	sh->options[OPT_NOGLOB] = true;
	done = expand_words(sh, node->words->next, fields);
	sh->options[OPT_NOGLOB] = outer;
	return done;
}

/* a OP b OP c ..., as one expression; a single operand stands behind the operator. */
static char *prefix_expression(struct shell *sh, char op, const struct fields *fields)
{
	struct text text;

	text_begin(&text, &sh->temp);
	if (fields->count == 1)
		text_char(&text, op == '-' ? '-' : '+');
	for (size_t i = 0; i < fields->count; i++) {
		if (i > 0)
			text_char(&text, op);
		text_format(&text, "(%s)", fields->list[i]);
	}
	return text_end(&text);
}

/* "+ 1 2" prints 3: only with the option, since + may be a program's name. */
int exec_prefix_arith(struct shell *sh, struct simple_node *node)
{
	struct arena_mark mark = arena_mark(&sh->temp);
	char op = node->words->parts->text[0];
	struct fields fields;
	intmax_t value;
	int status = 2;

	if (!prefix_operands(sh, node, &fields)) {
		status = sh->status;
	} else if (fields.count == 0) {
		sh_error(sh, "%c: operands expected", op);
	} else if (arith_text(sh, prefix_expression(sh, op, &fields), &value)) {
		out_format(sh, "%jd\n", value);
		status = out_flush(sh) ? 0 : 1;
	}
	arena_release(&sh->temp, mark);
	return shell_status(sh, status);
}
