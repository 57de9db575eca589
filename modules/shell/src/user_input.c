/*
 * The input of an interactive shell: the line editor on standard input and standard error, which edits where both are
 * terminals and reads lines plainly elsewhere. Between two keys the shell tells its news: traps, jobs, commands of `at`.
 *
 * The editor asks the process's environment for TERM and NO_COLOR, and the user sets variables of the shell, so these
 * two are copied there before each command.
 */
#include "at.h"
#include "complete.h"
#include "edit_program.h"
#include "highlight.h"
#include "history_expand.h"
#include "interactive.h"
#include "jobs.h"
#include "message.h"
#include "command_history.h"
#include "prompt.h"
#include "readahead.h"
#include "shell.h"
#include "source.h"
#include "traps.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PARTIAL_MARK "\033[7m%\033[m"

struct user_input {
	struct input input;
	struct editor_host host;
	char *text; /* what was handed out */
};

/* ---- what the editor asks */

static void complete(void *context, const char *text, size_t cursor, struct editor_candidates *out)
{
	complete_command(context, text, cursor, out);
}

static bool is_complete(void *context, const char *text)
{
	return command_is_complete(context, text);
}

static void highlight(void *context, const char *text, size_t len, uint8_t *styles)
{
	highlight_command(context, text, len, styles);
}

static bool has_news(void *context)
{
	struct shell *sh = context;

	return traps_due(sh) || at_is_due(sh) || (sh->options[OPT_NOTIFY] && jobs_have_news(sh));
}

static bool news(void *context, struct editor *editor)
{
	struct shell *sh = context;

	editor_leave(editor);
	if (traps_due(sh))
		traps_run(sh);
	if (!sh->unwind)
		at_run(sh);
	jobs_notify(sh);
	out_flush(sh);
	editor_enter(editor);
	return sh->unwind != UNWIND_NONE;
}

static char *edit_elsewhere(void *context, struct editor *editor, const char *text)
{
	struct shell *sh = context;
	char *edited;

	editor_leave(editor);
	edited = edit_in_program(sh, edit_program_name(sh), text, strlen(text));
	editor_enter(editor);
	return edited;
}

/* ---- before each command */

static void copy_to_environment(struct shell *sh, const char *name)
{
	const struct var *var = var_find(sh, name);
	const char *value = var ? var_value(sh, var) : NULL, *now = getenv(name);

	if (value && (!now || strcmp(value, now) != 0))
		setenv(name, value, 1);
	if (!value && now)
		unsetenv(name);
}

static void set_size(struct shell *sh, const char *name, unsigned size)
{
	struct var *var = var_slot(sh, name, strlen(name));

	if (size && !(var->flags & VAR_READONLY))
		var_set_number(sh, var, size);
}

static void know_terminal(struct shell *sh)
{
	struct winsize size;

	copy_to_environment(sh, "TERM");
	copy_to_environment(sh, "NO_COLOR");
	if (ioctl(2, TIOCGWINSZ, &size) != 0)
		return;
	set_size(sh, "COLUMNS", size.ws_col);
	set_size(sh, "LINES", size.ws_row);
}

static bool editor_begin(struct shell *sh, struct user_input *user)
{
	if (sh->editor)
		return true;
	sh->editor = editor_new(0, 2, &user->host);
	if (!sh->editor)
		return false;
	editor_set_partial_mark(sh->editor, PARTIAL_MARK);
	editor_set_history(sh->editor, sh->history);
	option_set(sh, OPT_EMACS, true);
	return true;
}

/* ---- a command */

/* The editor's line for a prompt; errno as it says. */
static char *edit(struct shell *sh, bool continued)
{
	struct arena_mark mark = arena_mark(&sh->temp);
	const char *more = prompt_text(sh, sh->vars.ps2, "> ");
	const char *prompt = continued ? more : prompt_text(sh, sh->vars.ps1, "$ ");
	char *text;
	int error;

	editor_set_continuation(sh->editor, more);
	traps_watch_children(sh, true);
	at_watch(sh, true);
	text = editor_line(sh->editor, prompt);
	error = errno;
	at_watch(sh, false);
	traps_watch_children(sh, false);
	arena_release(&sh->temp, mark);
	errno = error;
	return text;
}

/* Ctrl-C reaches the editor as a key; it means what the signal would. */
static enum input_result interrupted(struct shell *sh, bool is_plain)
{
	if (is_plain)
		sh_write_errors(sh, "\n", 1);
	if (!sh->unwind && !traps_due(sh))
		raise(SIGINT);
	return INPUT_INTERRUPTED;
}

static void remember(struct shell *sh, const char *text, bool continued)
{
	const char *last = continued ? history_get(sh->history, command_history_last(sh)) : NULL;
	struct arena_mark mark = arena_mark(&sh->temp);
	struct text joined;

	text_begin(&joined, &sh->temp);
	text_format(&joined, "%s%s%s", last ? last : "", last ? "\n" : "", text);
	if (last)
		command_history_drop_last(sh);
	command_history_add(sh, text_end(&joined));
	arena_release(&sh->temp, mark);
}

/* The line with `!` expanded and its newline. An error in it was told and leaves an empty line. */
static char *finish_line(struct shell *sh, char *text, bool continued)
{
	char *expanded = history_expand(sh, text);
	size_t len;

	free(text);
	if (!expanded) {
		sh->status = 1;
		return memory_text("\n", 1);
	}
	remember(sh, expanded, continued);
	len = strlen(expanded);
	expanded = memory_resize(expanded, len + 2);
	memcpy(expanded + len, "\n", 2);
	return expanded;
}

static enum input_result user_line(struct input *input, bool continued, const char **out_text,
                                   size_t *out_len)
{
	struct user_input *user = (struct user_input *)input;
	struct shell *sh = input->sh;
	char *text;

	free(user->text);
	user->text = NULL;
	if (!editor_begin(sh, user))
		return INPUT_END;
	out_flush(sh);
	readahead_sync(sh);
	if (!continued)
		jobs_notify(sh);
	know_terminal(sh);
	text = edit(sh, continued);
	if (errno == EINTR) {
		bool is_plain = !text;

		free(text);
		return interrupted(sh, is_plain);
	}
	if (!text)
		return INPUT_END;
	user->text = finish_line(sh, text, continued);
	*out_text = user->text;
	*out_len = strlen(user->text);
	if (sh->options[OPT_VERBOSE])
		sh_write_errors(sh, *out_text, *out_len);
	return INPUT_TEXT;
}

static void user_close(struct input *input)
{
	struct user_input *user = (struct user_input *)input;

	editor_free(input->sh->editor);
	input->sh->editor = NULL;
	free(user->text);
	free(user);
}

static const struct input_ops user_ops = {user_line, user_close};

struct input *input_user(struct shell *sh)
{
	struct user_input *user = memory_new(sizeof(*user));

	*user = (struct user_input){
		.input = {&user_ops, sh},
		.host = {sh, complete, is_complete, highlight, has_news, news, edit_elsewhere},
	};
	return &user->input;
}
