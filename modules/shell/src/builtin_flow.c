/*
 * Built-ins that change what runs next: break, continue, return, exit, eval, . and the ones that do nothing.
 */
#include "builtins.h"
#include "command.h"
#include "exec.h"
#include "message.h"
#include "parser.h"
#include "redir.h"
#include "shell.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

BUILTIN(colon)
{
	(void)sh, (void)argc, (void)argv;
	return 0;
}

BUILTIN(false)
{
	(void)sh, (void)argc, (void)argv;
	return 1;
}

static int leave_loops(struct shell *sh, int argc, char **argv, enum unwind unwind)
{
	intmax_t count = 1;

	if (argc > 1 && (!scan_number(argv[1], &count) || count == 0))
		return builtin_error(sh, "%s: bad number", argv[1]);
	if (sh->loops == 0)
		return 0;
	sh->unwind = unwind;
	sh->unwind_count = count > (intmax_t)sh->loops ? (int)sh->loops : (int)count;
	return 0;
}

BUILTIN(break)
{
	int status = leave_loops(sh, argc, argv, UNWIND_BREAK);

	return sh->unwind ? shell_status(sh, 0) : status;
}

BUILTIN(continue)
{
	int status = leave_loops(sh, argc, argv, UNWIND_CONTINUE);

	return sh->unwind ? shell_status(sh, 0) : status;
}

/* The status that is asked for, or the last one. */
static int asked_status(struct shell *sh, int argc, char **argv, int *out)
{
	intmax_t number;

	*out = sh->in_trap ? sh->trap_status : sh->status;
	if (argc < 2)
		return 0;
	if (!scan_number(argv[1], &number))
		return builtin_error(sh, "%s: bad number", argv[1]);
	*out = (int)(number & 0x7fffffff);
	return 0;
}

BUILTIN(return )
{
	int status, error = asked_status(sh, argc, argv, &status);

	if (argc < 2 && sh->functions != sh->trap_functions)
		status = sh->status;
	if (error)
		return error;
	sh->status = status;
	sh->unwind = UNWIND_RETURN;
	return status;
}

BUILTIN(exit)
{
	int status, error = asked_status(sh, argc, argv, &status);

	if (error)
		return error;
	sh->status = status & 0xff;
	sh->unwinds_error = false;
	sh->unwind = UNWIND_EXIT;
	return sh->status;
}

BUILTIN(eval)
{
	struct text text;

	if (argc < 2)
		return 0;
	if (argc > 1 && strcmp(argv[1], "--") == 0)
		argc--, argv++;
	text_begin(&text, &sh->temp);
	for (int i = 1; i < argc; i++) {
		if (i > 1)
			text_char(&text, ' ');
		text_string(&text, argv[i]);
	}
	text_end(&text);
	return exec_text(sh, text.start, text.len, sh->line, sh->tested);
}

/* Where the script is: along PATH when its name has no slash. */
static const char *find_script(struct shell *sh, const char *name)
{
	const char *path = var_value(sh, sh->vars.path);

	if (strchr(name, '/'))
		return name;
	while (path) {
		const char *end = strchr(path, ':');
		size_t len = end ? (size_t)(end - path) : strlen(path);
		struct text text;

		text_begin(&text, &sh->temp);
		text_bytes(&text, path, len);
		text_format(&text, "%s%s", len ? "/" : "", name);
		if (access(text_end(&text), R_OK) == 0)
			return text.start;
		path = end ? end + 1 : NULL;
	}
	return sh->options[OPT_POSIX] ? NULL : name;
}

static int open_script(struct shell *sh, const char *name)
{
	const char *path = find_script(sh, name);
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1, high;

	if (fd < 0) {
		builtin_error(sh, "%s: %s", name, path ? strerror(errno) : "not found");
		return -1;
	}
	high = fd_move_high(fd);
	close(fd);
	return high;
}

static int run_script(struct shell *sh, int fd, const char *name)
{
	const char *outer = sh->script;
	int line = sh->line;
	struct parser ps;

	sh->script = name;
	sh->sourced++;
	parser_input(&ps, sh, input_file(sh, fd));
	exec_parser(sh, &ps, sh->tested);
	parser_close(&ps);
	sh->sourced--;
	sh->script = outer;
	sh->line = line;
	if (sh->unwind == UNWIND_RETURN)
		sh->unwind = UNWIND_NONE;
	return sh->status;
}

BUILTIN(dot)
{
	struct params params;
	int fd, status, first = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;

	if (argc <= first)
		return builtin_error(sh, "file name expected");
	fd = open_script(sh, argv[first]);
	if (fd < 0)
		return 2;
	if (argc == first + 1 || sh->options[OPT_POSIX])
		return run_script(sh, fd, argv[first]);
	params = params_enter(sh, argv + first + 1, argc - first - 1);
	status = run_script(sh, fd, argv[first]);
	params_leave(sh, params);
	return status;
}
