/*
 * The shell as an object: its beginning, its end, and what a child that goes on as a shell must forget.
 */
#include "shell.h"
#include "alias.h"
#include "at.h"
#include "builtins.h"
#include "command.h"
#include "jobs.h"
#include "command_history.h"
#include "readahead.h"
#include "split.h"
#include "traps.h"
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <unistd.h>

#define STACK_KEEP_SHARE 4 /* of the stack, this part is left for what is called last */
#define STACK_MOST (64UL << 20)

/* Whether the locale's characters are UTF-8: by the variables, as setlocale reads them. */
static void locale_changed(struct shell *sh, struct var *var)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	const char *value = NULL;
	bool utf8;

	(void)var;
	for (size_t i = 0; i < 3 && (!value || !*value); i++) {
		const struct var *found = var_find(sh, names[i]);

		value = found ? var_value(sh, found) : NULL;
	}
	value = value ? strchr(value, '.') : NULL;
	utf8 = value && (strcasecmp(value, ".utf-8") == 0 || strcasecmp(value, ".utf8") == 0);
	if (utf8 == sh->utf8)
		return;
	sh->utf8 = utf8;
	/* The classes of characters beyond ASCII come from the C library. */
	if (!utf8 || (!setlocale(LC_CTYPE, "C.UTF-8") && !setlocale(LC_CTYPE, "")))
		setlocale(LC_CTYPE, "C");
	split_changed(sh, sh->vars.ifs);
}

static void optind_changed(struct shell *sh, struct var *var)
{
	const char *value = var_value(sh, var);

	sh->option_index = value ? atoi(value) : 1;
	sh->option_offset = 0;
}

static struct var *known(struct shell *sh, const char *name,
                         void (*changed)(struct shell *sh, struct var *var))
{
	struct var *var = var_slot(sh, name, strlen(name));

	var->changed = changed;
	return var;
}

static void know_variables(struct shell *sh)
{
	struct var_table *vars = &sh->vars;

	vars->ifs = known(sh, "IFS", split_changed);
	vars->path = known(sh, "PATH", command_path_changed);
	vars->home = known(sh, "HOME", NULL);
	vars->pwd = known(sh, "PWD", NULL);
	vars->oldpwd = known(sh, "OLDPWD", NULL);
	vars->ps1 = known(sh, "PS1", NULL);
	vars->ps2 = known(sh, "PS2", NULL);
	vars->ps4 = known(sh, "PS4", NULL);
	vars->optind = known(sh, "OPTIND", optind_changed);
	vars->optarg = known(sh, "OPTARG", NULL);
	vars->line = known(sh, "LINENO", NULL);
	vars->env = known(sh, "ENV", NULL);
	vars->ppid = known(sh, "PPID", NULL);
	vars->cdpath = known(sh, "CDPATH", NULL);
	known(sh, "LC_ALL", locale_changed);
	known(sh, "LC_CTYPE", locale_changed);
	known(sh, "LANG", locale_changed);
}

/* Values that every shell begins with, whatever the environment says. */
static void set_variables(struct shell *sh)
{
	struct var_table *vars = &sh->vars;

	vars->ifs->flags &= ~(unsigned)VAR_EXPORT;
	var_set_string(sh, vars->ifs, " \t\n");
	vars->optind->flags &= ~(unsigned)VAR_EXPORT;
	var_set_number(sh, vars->optind, 1);
	vars->ppid->flags &= ~(unsigned)VAR_EXPORT;
	var_set_number(sh, vars->ppid, getppid());
	vars->line->flags |= VAR_LINE | VAR_SET;
	if (!var_value(sh, vars->path))
		var_set_string(sh, vars->path, DEFAULT_PATH);
	if (!var_value(sh, vars->ps1))
		var_set_string(sh, vars->ps1, geteuid() ? "$ " : "# ");
	if (!var_value(sh, vars->ps2))
		var_set_string(sh, vars->ps2, "> ");
	if (!var_value(sh, vars->ps4))
		var_set_string(sh, vars->ps4, "+ ");
	locale_changed(sh, NULL);
}

static void find_stack_limit(struct shell *sh)
{
	struct rlimit limit;
	size_t size = 8UL << 20;

	if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
		size = limit.rlim_cur;
	if (size > STACK_MOST)
		size = STACK_MOST;
	sh->stack_limit = (uintptr_t)&limit - (size - size / STACK_KEEP_SHARE);
}

void shell_init(struct shell *sh, const char *arg0)
{
	extern char **environ;
	const char *slash = strrchr(arg0, '/');

	memset(sh, 0, sizeof(*sh));
	sh->name = slash ? slash + 1 : arg0;
	if (*sh->name == '-')
		sh->name++;
	sh->arg0 = arg0;
	sh->pid = getpid();
	sh->terminal = -1;
	sh->option_index = 1;
	sh->options[OPT_BRACEEXPAND] = true;
	arena_alloc(&sh->temp, 1); /* so that its first chunk stays */
	find_stack_limit(sh);
	traps_init(sh);
	vars_init(sh, environ);
	know_variables(sh);
	set_variables(sh);
	cd_init(sh);
}

void shell_free(struct shell *sh)
{
	jobs_forget(sh);
	traps_free(sh);
	alias_remove_all(sh);
	commands_free(sh);
	params_set(sh, NULL, 0);
	free(sh->params.owned);
	vars_free(sh);
	readahead_free(sh);
	command_history_free(sh);
	at_forget(sh);
	free(sh->out.buffer);
	free(sh->modes);
	arena_free(&sh->temp);
}

void shell_exit(struct shell *sh, int status)
{
	sh->unwind = UNWIND_NONE;
	sh->status = status;
	if (sh->traps[0]) {
		sh->in_trap = true;
		sh->trap_status = status;
		sh->trap_functions = sh->functions;
		traps_run_exit(sh);
		if (sh->unwind == UNWIND_EXIT)
			status = sh->status;
	}
	out_flush(sh);
	readahead_sync(sh);
	if (sh->subshell_depth == 0)
		job_terminal_leave(sh);
	_exit(status & 0xff);
}

void shell_enter_subshell(struct shell *sh)
{
	sh->subshell_depth++;
	sh->is_subshell = true;
	sh->redirs = NULL;
	sh->has_own_mounts = false; /* they are the parent's */
	sh->options[OPT_MONITOR] = false;
	sh->out.captures = false;
	sh->out.len = 0;
	jobs_inherit(sh);
	traps_enter_subshell(sh);
}
