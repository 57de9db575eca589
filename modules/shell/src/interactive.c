/*
 * An interactive shell's loop: it outlives errors, warns of stopped jobs before it ends, and drops what is left of a
 * pasted text when the user interrupts it.
 */
#include "interactive.h"
#include "exec.h"
#include "jobs.h"
#include "message.h"
#include "parser.h"
#include "command_history.h"
#include "shell.h"
#include "traps.h"
#include <signal.h>

#define END_OF_FILE_MOST 50

/* ^D may be ignored for a while. */
static bool goes_on(struct shell *sh, enum parse_result result, unsigned *ends)
{
	if (result == PARSE_INTERRUPTED && !sh->unwind) {
		sh->status = 128 + SIGINT;
		traps_run(sh);
	}
	if (sh->unwind == UNWIND_ERROR || sh->unwind == UNWIND_BREAK ||
	    sh->unwind == UNWIND_CONTINUE)
		sh->unwind = UNWIND_NONE;
	if (sh->unwind)
		return false;
	if (result != PARSE_END) {
		*ends = 0;
		return true;
	}
	if (!sh->options[OPT_IGNOREEOF] || ++*ends > END_OF_FILE_MOST)
		return false;
	sh_tell(sh, "Use \"exit\" to leave the shell.");
	return true;
}

static bool warn_stopped(struct shell *sh, bool *warned)
{
	for (const struct job *job = sh->jobs; job && !*warned; job = job->next) {
		if (job_state(job) == PROCESS_STOPPED) {
			sh_tell(sh, "You have stopped jobs.");
			*warned = true;
			return true;
		}
	}
	return false;
}

/* One command, read and run. */
static enum parse_result run_next(struct shell *sh, struct parser *ps)
{
	struct region *region;
	struct node *node;
	enum parse_result result = parser_next(ps, &region, &node);

	if (result == PARSE_COMMAND)
		exec_node(sh, node, 0);
	else if (result == PARSE_ERROR)
		sh->status = 2;
	region_drop(region);
	if (result == PARSE_END)
		ps->at_end = false;
	if (sh->unwind == UNWIND_ERROR)
		parser_recover(ps);
	return result;
}

void interactive_run(struct shell *sh)
{
	enum parse_result result;
	bool warned = false;
	unsigned ends = 0;
	struct parser ps;

	command_history_open(sh);
	parser_input(&ps, sh, input_user(sh));
	do {
		result = run_next(sh, &ps);
		if ((result == PARSE_END || sh->unwind == UNWIND_EXIT) &&
		    warn_stopped(sh, &warned)) {
			sh->unwind = UNWIND_NONE;
			result = PARSE_EMPTY;
		}
	} while (goes_on(sh, result, &ends));
	parser_close(&ps);
}

/* ---- whether a text is a whole command */

/* An input that hands out one text and notes that more was asked for. */
struct probe {
	struct input input;
	const char *text;
	size_t len;
	bool is_read, is_short; /* more was asked for */
};

static enum input_result probe_line(struct input *input, bool continued, const char **out_text,
                                    size_t *out_len)
{
	struct probe *probe = (struct probe *)input;

	(void)continued;
	probe->is_short = probe->is_read;
	if (probe->is_read)
		return INPUT_END;
	probe->is_read = true;
	*out_text = probe->text;
	*out_len = probe->len;
	return INPUT_TEXT;
}

static void probe_close(struct input *input)
{
	(void)input;
}

static const struct input_ops probe_ops = {probe_line, probe_close};

bool command_is_complete(struct shell *sh, const char *text)
{
	struct arena_mark mark = arena_mark(&sh->temp);
	struct probe probe = {{&probe_ops, sh}, NULL, 0, false, false};
	int line = sh->line;
	enum parse_result result;
	struct text lines;
	struct parser ps;

	text_begin(&lines, &sh->temp);
	text_format(&lines, "%s\n", text);
	probe.text = text_end(&lines);
	probe.len = lines.len;
	parser_input(&ps, sh, &probe.input);
	ps.quiet = true;
	do {
		struct region *region;
		struct node *node;

		result = parser_next(&ps, &region, &node);
		region_drop(region);
	} while (!probe.is_short && result != PARSE_ERROR);
	parser_close(&ps);
	sh->line = line;
	arena_release(&sh->temp, mark);
	return !probe.is_short || result == PARSE_END;
}
