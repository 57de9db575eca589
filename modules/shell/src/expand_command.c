/*
 * Command and process substitution. A substitution that only runs a built-in which prints needs no process: its
 * output is gathered in memory. This is done only where nothing else could differ, that is where no word of the
 * command changes the shell.
 */
#include "arith.h"
#include "command.h"
#include "exec.h"
#include "expand.h"
#include "jobs.h"
#include "message.h"
#include "readahead.h"
#include "redir.h"
#include "shell.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool word_is_pure(const struct word *word);

/* Only a number: a variable's value may be an expression that assigns. */
static bool arith_is_pure(const struct arith *arith)
{
	return !arith ||
	       (arith->tree && arith->param_count == 0 && arith->tree->op == ARITH_NUMBER);
}

static bool param_is_pure(const struct param *param)
{
	if (param->op == OP_ASSIGN || param->op == OP_SUBSTRING || !arith_is_pure(param->index))
		return false;
	return (!param->word || word_is_pure(param->word)) &&
	       (!param->word2 || word_is_pure(param->word2));
}

static bool word_is_pure(const struct word *word)
{
	for (const struct part *part = word->parts; part; part = part->next) {
		bool pure = part->kind != PART_PROCESS;

		if (part->kind == PART_PARAM)
			pure = param_is_pure(part->param);
		else if (part->kind == PART_ARITH)
			pure = arith_is_pure(part->arith);
		if (!pure)
			return false;
	}
	return true;
}

static const struct builtin *pure_builtin(struct shell *sh, const struct node *node)
{
	const struct simple_node *simple = (const struct simple_node *)node;
	const struct command *command;

	if (!node || node->kind != NODE_SIMPLE || sh->options[OPT_XTRACE])
		return NULL;
	command = simple->command;
	if (simple->assigns || simple->redirs || !command || !command->builtin ||
	    command->function || !(command->builtin->flags & BUILTIN_PURE))
		return NULL;
	for (const struct word *word = simple->words; word; word = word->next)
		if (!word_is_pure(word))
			return NULL;
	return command->builtin;
}

/* Takes the newlines off the end. */
static char *finish(struct text *text, size_t *out_len)
{
	while (text->len > 0 && text->start[text->len - 1] == '\n')
		text->len--;
	*out_len = text->len;
	return text_end(text);
}

/* NUL bytes cannot be in a value. */
static void add_output(struct text *text, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			text_char(text, bytes[i]);
}

static void add_block(struct text *text, const char *bytes, size_t len)
{
	if (memchr(bytes, 0, len))
		add_output(text, bytes, len);
	else
		text_bytes(text, bytes, len);
}

static char *run_in_memory(struct shell *sh, struct node *node, size_t *out_len)
{
	struct out outer;
	int status = sh->status, line = sh->line;
	struct text text;

	out_flush(sh);
	outer = sh->out;
	sh->out = (struct out){.captures = true};
	exec_simple(sh, (struct simple_node *)node, EXEC_TESTED);
	text_begin(&text, &sh->temp);
	add_block(&text, sh->out.buffer ? sh->out.buffer : "", sh->out.len);
	free(sh->out.buffer);
	sh->out = outer;
	/* An error ends the substitution only, as it would have ended its process. */
	sh->unwind = UNWIND_NONE;
	sh->substitution_status = sh->status;
	sh->status = status;
	sh->line = line;
	return finish(&text, out_len);
}

static void read_all(struct text *text, int fd)
{
	char block[4096];
	ssize_t done;

	while ((done = read(fd, block, sizeof(block))) > 0 || (done < 0 && errno == EINTR))
		if (done > 0)
			add_block(text, block, (size_t)done);
}

/* $(<file) */
static const struct redir *only_reads(const struct node *node)
{
	const struct simple_node *simple = (const struct simple_node *)node;

	if (!node || node->kind != NODE_SIMPLE || simple->words || simple->assigns)
		return NULL;
	return simple->redirs && !simple->redirs->next && simple->redirs->kind == REDIR_READ &&
	                       simple->redirs->fd == 0
	               ? simple->redirs
	               : NULL;
}

static void child_reads(struct shell *sh, const struct redir *redir)
{
	struct text text;
	size_t len;
	char *output;

	if (!redir_apply(sh, redir, NULL))
		shell_exit(sh, 2);
	text_begin(&text, &sh->temp);
	read_all(&text, 0);
	len = text.len;
	output = text_end(&text);
	out_bytes(sh, output, len);
	out_flush(sh);
	shell_exit(sh, 0);
}

static void run_output(struct shell *sh, struct node *node, const int fds[2])
{
	close(fds[0]);
	if (fds[1] != 1) {
		dup2(fds[1], 1);
		close(fds[1]);
	}
	shell_enter_subshell(sh);
	if (only_reads(node))
		child_reads(sh, only_reads(node));
	if (node)
		exec_node(sh, node, EXEC_LAST);
	else
		sh->status = 0;
	shell_exit(sh, sh->status);
}

static char *run_process(struct shell *sh, struct node *node, size_t *out_len)
{
	struct job *job = job_new(sh);
	bool monitor = sh->options[OPT_MONITOR];
	int fds[2], pid;
	struct text text;

	if (pipe(fds) < 0) {
		sh_error(sh, "cannot make a pipe: %s", strerror(errno));
		sh_unwind_error(sh, 2);
		job_remove(sh, job);
		return NULL;
	}
	/* A substitution stays in the shell's own group. */
	sh->options[OPT_MONITOR] = false;
	pid = job_fork(sh, job, FORK_FOREGROUND);
	if (pid == 0)
		run_output(sh, node, fds);
	close(fds[1]);
	text_begin(&text, &sh->temp);
	if (pid > 0)
		read_all(&text, fds[0]);
	close(fds[0]);
	sh->substitution_status = pid > 0 ? job_wait(sh, job) : 2;
	sh->options[OPT_MONITOR] = monitor;
	return finish(&text, out_len);
}

char *substitute_command(struct shell *sh, struct node *command, size_t *out_len)
{
	*out_len = 0;
	if (sh->options[OPT_NOEXEC])
		return arena_text(&sh->temp, "", 0);
	if (pure_builtin(sh, command))
		return run_in_memory(sh, command, out_len);
	return run_process(sh, command, out_len);
}

char *substitute_process(struct shell *sh, struct node *command, bool writes)
{
	int fds[2], kept, pid;
	char *name = arena_alloc(&sh->temp, 32);

	if (sh->options[OPT_NOEXEC])
		return arena_text(&sh->temp, "/dev/null", strlen("/dev/null"));
	if (sh->process_count == PROCESS_FDS || pipe(fds) < 0) {
		sh_error(sh, "too many process substitutions");
		sh_unwind_error(sh, 2);
		return NULL;
	}
	pid = fork_helper(sh);
	if (pid == 0) {
		dup2(fds[!writes], !writes);
		close(fds[0]);
		close(fds[1]);
		shell_enter_subshell(sh);
		if (command)
			exec_node(sh, command, EXEC_LAST);
		shell_exit(sh, sh->status);
	}
	close(fds[!writes]);
	kept = fcntl(fds[writes], F_DUPFD, 10);
	close(fds[writes]);
	if (pid < 0 || kept < 0)
		return NULL;
	sh->process_fds[sh->process_count++] = kept;
	snprintf(name, 32, "/dev/fd/%d", kept);
	return name;
}
