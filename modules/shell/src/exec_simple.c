/*
 * Simple commands: expand, find out what the name is, then run a built-in, a function or a file with its
 * redirections and assignments.
 */
#include "arith.h"
#include "array.h"
#include "command.h"
#include "exec.h"
#include "message.h"
#include "objects.h"
#include "redir.h"
#include "shell.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

static bool assign_array(struct shell *sh, const struct assign *assign)
{
	struct fields fields;
	intmax_t index;

	fields_begin(&fields, sh);
	if (!expand_words(sh, assign->words, &fields))
		return false;
	if (assign->append ? !array_make(sh, assign->var) : !array_clear(sh, assign->var))
		return false;
	index = array_next(assign->var);
	for (size_t i = 0; i < fields.count; i++)
		if (!array_set(sh, assign->var, index++, fields.list[i], false))
			return false;
	return true;
}

static bool assign_value(struct shell *sh, const struct assign *assign)
{
	const struct word *word = assign->words;
	const char *value = expand_string(sh, word);
	intmax_t index;

	if (!value)
		return false;
	if (assign->index)
		return arith_value(sh, assign->index, &index) &&
		       array_set(sh, assign->var, index, value, assign->append);
	if (assign->append)
		return var_append(sh, assign->var, value);
	return var_set(sh, assign->var, value, word->literal ? word->len : strlen(value));
}

bool exec_assigns(struct shell *sh, const struct assign *assigns, struct scope *scope)
{
	for (; assigns; assigns = assigns->next) {
		if (scope)
			scope_save(scope, assigns->var);
		if (!(assigns->is_array ? assign_array(sh, assigns) : assign_value(sh, assigns))) {
			if (!sh->unwind)
				sh_unwind_error(sh, 2);
			return false;
		}
		if (scope)
			assigns->var->flags |= VAR_EXPORT;
	}
	return true;
}

/* A command without a name: its assignments and redirections. */
static int exec_nameless(struct shell *sh, struct simple_node *node)
{
	struct redir_save save;
	int status = 0;

	if (node->redirs) {
		if (!redir_apply(sh, node->redirs, &save))
			status = 1;
		redir_undo(sh, &save);
	}
	if (sh->unwind || status)
		return sh->unwind ? sh->status : status;
	if (!exec_assigns(sh, node->assigns, NULL))
		return sh->status;
	if (sh->options[OPT_XTRACE])
		exec_trace(sh, node->assigns, NULL, 2);
	return sh->substitution_status;
}

/* Where a trace goes: the standard error from before the command's own redirections. */
static int trace_fd(const struct redir_save *save)
{
	for (unsigned i = 0; save && i < save->count; i++)
		if (save->list[i].fd == 2 && save->list[i].copy >= 0)
			return save->list[i].copy;
	return 2;
}

/* A built-in or (builtin NULL) a function, in this process. */
struct call {
	const struct builtin *builtin;
	struct function *function;
	bool is_special;
};

/* What fails in the commands that eval runs, or a trap, is no failure of the built-in. */
static int call_builtin(struct shell *sh, const struct call *call, struct fields *fields,
                        unsigned flags)
{
	const char *outer = sh->builtin_name;
	bool outer_failed = sh->builtin_failed, failed;
	unsigned outer_tested = sh->tested;
	int status;

	sh->builtin_name = fields->list[0];
	sh->builtin_failed = false;
	sh->tested = flags & EXEC_TESTED;
	status = call->builtin->run(sh, (int)fields->count, fields->list);
	if (!out_flush(sh))
		status = builtin_refuse(sh, "write error: %s", strerror(errno));
	failed = sh->builtin_failed;
	sh->builtin_name = outer;
	sh->builtin_failed = outer_failed;
	sh->tested = outer_tested;
	if (failed && call->is_special && !sh->unwind)
		sh_unwind_error(sh, status);
	return status;
}

static int run_call(struct shell *sh, struct fields *fields, const struct call *call,
                    unsigned flags)
{
	int status;

	if (call->function)
		return exec_function(sh, call->function, (int)fields->count, fields->list, flags);
	status = call_builtin(sh, call, fields, flags);
	return sh->unwind ? sh->status : status;
}

/* What stands before exec is for its program. */
static void export_assigned(const struct assign *assigns)
{
	for (; assigns; assigns = assigns->next)
		assigns->var->flags |= VAR_EXPORT;
}

/* Assignments before a special built-in stay; before others they do not. */
static int call_assigned(struct shell *sh, struct simple_node *node, struct fields *fields,
                         const struct call *call, const struct redir_save *save, unsigned flags)
{
	struct scope scope;
	bool scoped = node->assigns && !call->is_special;
	int status;

	if (scoped)
		scope_begin(sh, &scope, false);
	if (exec_assigns(sh, node->assigns, scoped ? &scope : NULL)) {
		if (node->assigns && fields->count > 1 && strcmp(fields->list[0], "exec") == 0)
			export_assigned(node->assigns);
		if (sh->options[OPT_XTRACE])
			exec_trace(sh, node->assigns, fields, trace_fd(save));
		status = run_call(sh, fields, call, flags);
	} else {
		status = sh->status;
	}
	if (scoped)
		scope_end(sh, &scope);
	return status;
}

static int call_redirected(struct shell *sh, struct simple_node *node, struct fields *fields,
                           const struct call *call, unsigned flags)
{
	struct redir_save save;
	int status = 1;

	if (redir_apply(sh, node->redirs, &save)) {
		sh->keeps_redirs = false;
		status = call_assigned(sh, node, fields, call, &save, flags & EXEC_TESTED);
	} else if (call->is_special && !sh->unwind) {
		sh_unwind_error(sh, status);
	}
	if (sh->keeps_redirs)
		redir_keep(sh, &save);
	else
		redir_undo(sh, &save);
	sh->keeps_redirs = false;
	return sh->unwind ? sh->status : status;
}

static int run_file(struct shell *sh, struct simple_node *node, struct fields *fields,
                    struct command *command, unsigned flags)
{
	const char *name = fields->list[0], *path;
	struct scope scope;
	int status = 0;

	if (node->assigns)
		scope_begin(sh, &scope, false);
	if (!exec_assigns(sh, node->assigns, node->assigns ? &scope : NULL)) {
		status = sh->status;
	} else {
		if (sh->options[OPT_XTRACE])
			exec_trace(sh, node->assigns, fields, 2);
		path = strchr(name, '/') ? name : command_path(sh, command);
		if (path && path != name)
			command->hits++;
		status = exec_external(sh, node, path, fields->list, flags);
	}
	if (node->assigns)
		scope_end(sh, &scope);
	return status;
}

/* What path.method runs as: a built-in, so its redirections and its place in pipelines are a command's. */
static const struct builtin object_method = {"object", objects_call, 0};

static int run_command(struct shell *sh, struct simple_node *node, struct fields *fields,
                       unsigned flags)
{
	struct command *command = node->command ? node->command : command_slot(sh, fields->list[0]);
	bool is_special = command_is_special(command);
	struct call call = {command->builtin, is_special ? NULL : command->function, is_special};

	if (!call.builtin && !call.function && strchr(fields->list[0], '/') &&
	    objects_is_call(sh, fields->list[0]))
		call.builtin = &object_method;
	if (!call.builtin && !call.function)
		return run_file(sh, node, fields, command, flags);
	if (node->redirs)
		return call_redirected(sh, node, fields, &call, flags);
	return call_assigned(sh, node, fields, &call, NULL, flags);
}

/* Closes the pipes of process substitutions that the command had. */
static void close_processes(struct shell *sh, unsigned keep)
{
	while (sh->process_count > keep)
		close(sh->process_fds[--sh->process_count]);
}

int exec_simple(struct shell *sh, struct simple_node *node, unsigned flags)
{
	struct arena_mark mark = arena_mark(&sh->temp);
	unsigned processes = sh->process_count;
	struct fields fields;
	int status;

	sh->line = node->node.line;
	if (node->prefix_arith && sh->options[OPT_PREFIXARITH])
		return exec_prefix_arith(sh, node);
	fields_begin(&fields, sh);
	sh->substitution_status = 0;
	if (!expand_words(sh, node->words, &fields))
		status = sh->status;
	else if (fields.count == 0)
		status = exec_nameless(sh, node);
	else
		status = run_command(sh, node, &fields, flags);
	if (sh->process_count > processes)
		close_processes(sh, processes);
	arena_release(&sh->temp, mark);
	return shell_status(sh, status);
}

int exec_words(struct shell *sh, int argc, char **argv)
{
	struct simple_node node;
	struct fields fields;

	memset(&node, 0, sizeof(node));
	node.node.line = sh->line;
	fields_begin(&fields, sh);
	for (int i = 0; i < argc; i++)
		fields_add(&fields, argv[i]);
	return run_command(sh, &node, &fields, EXEC_LAST);
}
