/*
 * The program: its command line, its start-up files, and what it reads commands from.
 *
 *   sh [options] [file [argument...]]
 *   sh [options] -c command [name [argument...]]
 *   sh [options] -s [argument...]
 */
#include "builtins.h"
#include "exec.h"
#include "expand.h"
#include "interactive.h"
#include "jobs.h"
#include "message.h"
#include "parser.h"
#include "prompt.h"
#include "redir.h"
#include "shell.h"
#include "traps.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATUS_USAGE 2
#define STATUS_NOT_FOUND 127
#define STATUS_NOT_READABLE 126

struct command_line {
	const char *command; /* -c */
	const char *file;
	bool reads_stdin;
	int argc;
	char **argv; /* what is left: the positional parameters */
};

/* One word of options that are not set's as well: c, i, s, l. Gives what is left of it for set. */
static bool start_letters(struct shell *sh, char *word, bool *out_command,
                          struct command_line *line)
{
	char *to = word + 1;

	for (char *at = word + 1; *at; at++) {
		if (*at == 'c')
			*out_command = true;
		else if (*at == 's')
			line->reads_stdin = true;
		else if (*at == 'i')
			sh->options[OPT_INTERACTIVE] = *word == '-';
		else if (*at == 'l')
			sh->login = true;
		else
			*to++ = *at;
	}
	*to = 0;
	return to > word + 1;
}

static bool is_option(const char *word)
{
	return word && (word[0] == '-' || word[0] == '+') && word[1];
}

/* The options; gives the index of the first operand, -1: told. */
static int start_options(struct shell *sh, int argc, char **argv, bool *out_command,
                         struct command_line *line)
{
	int index = 1;
	bool ignored;

	while (index < argc && is_option(argv[index])) {
		char *word = arena_text(&sh->temp, argv[index], strlen(argv[index]));
		char *words[3] = {word, index + 1 < argc ? argv[index + 1] : NULL, NULL};
		int used;

		if (strcmp(word, "--") == 0)
			return index + 1;
		if (strcmp(word, "--posix") == 0) {
			option_set(sh, OPT_POSIX, true);
			index++;
			continue;
		}
		if (!start_letters(sh, word, out_command, line)) {
			index++;
			continue;
		}
		used = strchr(word, 'o') && words[1] ? 2 : 1;
		if (set_options(sh, used, words, 0, &ignored) < 0)
			return -1;
		index += used;
	}
	if (index < argc && strcmp(argv[index], "-") == 0)
		index++;
	return index;
}

static bool parse_command_line(struct shell *sh, int argc, char **argv, struct command_line *line)
{
	bool is_command = false;
	int index;

	memset(line, 0, sizeof(*line));
	sh->builtin_name = NULL;
	index = start_options(sh, argc, argv, &is_command, line);
	if (index < 0)
		return false;
	if (is_command) {
		if (index == argc) {
			sh_error(sh, "-c: command expected");
			return false;
		}
		line->command = argv[index++];
		if (index < argc)
			sh->arg0 = argv[index++];
	} else if (!line->reads_stdin && index < argc) {
		line->file = sh->arg0 = argv[index++];
	} else {
		line->reads_stdin = true;
	}
	line->argc = argc - index;
	line->argv = argv + index;
	return true;
}

/* Runs a file's commands if it is there. */
static void run_profile(struct shell *sh, const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC), high;
	struct parser ps;

	if (fd < 0)
		return;
	high = fd_move_high(fd);
	close(fd);
	if (high < 0)
		return;
	parser_input(&ps, sh, input_file(sh, high));
	exec_parser(sh, &ps, 0);
	parser_close(&ps);
	if (sh->unwind == UNWIND_EXIT)
		shell_exit(sh, sh->status);
	sh->unwind = UNWIND_NONE;
}

static void run_profiles(struct shell *sh)
{
	const char *home = var_value(sh, sh->vars.home);
	struct text name;

	if (sh->login) {
		run_profile(sh, "/etc/profile");
		if (home) {
			text_begin(&name, &sh->temp);
			text_format(&name, "%s/.profile", home);
			run_profile(sh, text_end(&name));
		}
	}
	if (sh->interactive && var_value(sh, sh->vars.env) && getuid() == geteuid())
		run_profile(sh, expand_prompt(sh, sh->vars.env, ""));
}

static struct input *open_script(struct shell *sh, const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC), high;
	struct stat status_of;

	if (fd >= 0 && fstat(fd, &status_of) == 0 && S_ISDIR(status_of.st_mode)) {
		close(fd);
		errno = EISDIR;
		fd = -1;
	}
	if (fd < 0) {
		int status = errno == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_READABLE;

		sh_error(sh, "cannot open %s: %s", name, strerror(errno));
		shell_exit(sh, status);
	}
	high = fd_move_high(fd);
	if (high < 0)
		high = fd;
	else
		close(fd);
	sh->script = name;
	return input_file(sh, high);
}

static void run_input(struct shell *sh, struct input *input)
{
	struct parser ps;

	parser_input(&ps, sh, input);
	exec_parser(sh, &ps, 0);
	parser_close(&ps);
}

static void run_text(struct shell *sh, const char *text)
{
	struct parser ps;

	parser_text(&ps, sh, text, strlen(text), 1);
	exec_parser(sh, &ps, sh->interactive ? 0 : EXEC_LAST);
	parser_close(&ps);
}

static void become_interactive(struct shell *sh, const struct command_line *line)
{
	if (line->reads_stdin && isatty(0) && isatty(2))
		sh->options[OPT_INTERACTIVE] = true;
	sh->interactive = sh->options[OPT_INTERACTIVE];
	if (!sh->interactive)
		return;
	sh->options[OPT_PREFIXARITH] = sh->options[OPT_NOTIFY] = !sh->options[OPT_POSIX];
	traps_interactive(sh);
	prompt_default(sh);
	if (!option_set(sh, OPT_MONITOR, true))
		sh->options[OPT_MONITOR] = false;
}

int shell_program(int argc, char **argv)
{
	static struct shell shell;
	struct shell *sh = &shell;
	struct command_line line;

	shell_init(sh, argc > 0 ? argv[0] : "sh");
	sh->login = argc > 0 && argv[0][0] == '-';
	if (strcmp(sh->name, "sh") == 0)
		option_set(sh, OPT_POSIX, true);
	if (!parse_command_line(sh, argc, argv, &line))
		return STATUS_USAGE;
	params_set(sh, line.argv, line.argc);
	sh->options[OPT_STDIN] = line.reads_stdin;
	become_interactive(sh, &line);
	run_profiles(sh);
	if (line.command)
		run_text(sh, line.command);
	else if (line.file)
		run_input(sh, open_script(sh, line.file));
	else if (sh->interactive)
		interactive_run(sh);
	else
		run_input(sh, input_stdin(sh));
	shell_exit(sh, sh->status);
}
