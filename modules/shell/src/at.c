/*
 * `at`: commands to run at a time. They run in this shell when it waits for the user, so one whose time comes while
 * another command runs is run at the next prompt; they end with the session.
 *
 *   at TIME COMMAND   TIME: HH:MM[:SS] (tomorrow when that has passed), +N with s, m, h or d behind it, now
 *   at                lists them
 *   at -r NUMBER...   takes some back
 */
#include "at.h"
#include "builtins.h"
#include "exec.h"
#include "message.h"
#include "shell.h"
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#define MOST_SECONDS (366L * 24 * 60 * 60)

struct at_command {
	struct at_command *next; /* by time */
	int number;
	time_t due;
	char *text;
};

bool at_is_due(const struct shell *sh)
{
	return sh->at_commands && sh->at_commands->due <= time(NULL);
}

static void remove_command(struct at_command **link)
{
	struct at_command *command = *link;

	*link = command->next;
	free(command->text);
	free(command);
}

void at_forget(struct shell *sh)
{
	while (sh->at_commands)
		remove_command(&sh->at_commands);
}

void at_run(struct shell *sh)
{
	int status = sh->status;

	while (at_is_due(sh) && !sh->unwind) {
		char *text = memory_text(sh->at_commands->text, strlen(sh->at_commands->text));

		sh_tell(sh, "[at %d] %s", sh->at_commands->number, text);
		remove_command(&sh->at_commands);
		exec_text(sh, text, strlen(text), 1, 0);
		free(text);
	}
	if (!sh->unwind)
		sh->status = status;
}

static void on_alarm(int signal)
{
	(void)signal;
}

void at_watch(struct shell *sh, bool on)
{
	static struct sigaction before;
	static bool is_on;
	struct sigaction action = {.sa_handler = on_alarm};
	struct itimerval timer = {{0, 0}, {0, 0}};

	if (on && sh->at_commands) {
		time_t left = sh->at_commands->due - time(NULL);

		if (!is_on)
			sigaction(SIGALRM, &action, &before);
		is_on = true;
		timer.it_value.tv_sec = left > 0 ? left : 1;
		setitimer(ITIMER_REAL, &timer, NULL);
	} else if (is_on) {
		setitimer(ITIMER_REAL, &timer, NULL);
		sigaction(SIGALRM, &before, NULL);
		is_on = false;
	}
}

/* ---- the built-in */

/* +N and a unit. */
static bool time_from_now(const char *text, time_t *out)
{
	static const char units[] = "smhd";
	static const long seconds[] = {1, 60, 60 * 60, 24 * 60 * 60};
	char *end;
	long count = strtol(text, &end, 10);
	const char *unit = *end ? strchr(units, *end) : units;

	if (end == text || !isdigit((unsigned char)*text) || !unit || (*end && end[1]) ||
	    count > MOST_SECONDS / seconds[unit - units])
		return false;
	*out = time(NULL) + count * seconds[unit - units];
	return true;
}

/* HH:MM or HH:MM:SS: the next time the clock shows it. */
static bool time_of_day(const char *text, time_t *out)
{
	time_t now = time(NULL);
	int hour, minute, second = 0, len = 0, whole = (int)strlen(text);
	struct tm parts;

	if (sscanf(text, "%2d:%2d%n:%2d%n", &hour, &minute, &len, &second, &len) < 2 ||
	    len != whole || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
	    second > 59 || !localtime_r(&now, &parts))
		return false;
	parts.tm_hour = hour;
	parts.tm_min = minute;
	parts.tm_sec = second;
	parts.tm_isdst = -1;
	*out = mktime(&parts);
	if (*out <= now) {
		parts.tm_mday++;
		parts.tm_isdst = -1;
		*out = mktime(&parts);
	}
	return *out > now;
}

static bool time_of_text(const char *text, time_t *out)
{
	if (*text == '+')
		return time_from_now(text + 1, out);
	*out = time(NULL);
	return strcmp(text, "now") == 0 || time_of_day(text, out);
}

static char *join(struct shell *sh, int argc, char **argv)
{
	struct text text;

	text_begin(&text, &sh->temp);
	for (int i = 0; i < argc; i++)
		text_format(&text, "%s%s", i > 0 ? " " : "", argv[i]);
	return text_end(&text);
}

static int add(struct shell *sh, time_t due, const char *text)
{
	struct at_command *command = memory_new(sizeof(*command)), **link = &sh->at_commands;
	int number = 1;

	for (const struct at_command *other = sh->at_commands; other; other = other->next)
		if (other->number >= number)
			number = other->number + 1;
	while (*link && (*link)->due <= due)
		link = &(*link)->next;
	*command = (struct at_command){*link, number, due, memory_text(text, strlen(text))};
	*link = command;
	return 0;
}

static int list(struct shell *sh)
{
	for (const struct at_command *command = sh->at_commands; command; command = command->next) {
		struct tm parts;
		char when[64] = "";

		if (localtime_r(&command->due, &parts))
			strftime(when, sizeof(when), "%a %b %e %H:%M:%S", &parts);
		out_format(sh, "%d\t%s\t%s\n", command->number, when, command->text);
	}
	return 0;
}

static int take_back(struct shell *sh, const char *name)
{
	struct at_command **link = &sh->at_commands;

	while (*link && ((*link)->number != atoi(name) || !isdigit((unsigned char)*name)))
		link = &(*link)->next;
	if (!*link)
		return builtin_refuse(sh, "%s: no such command", name);
	remove_command(link);
	return 0;
}

BUILTIN(at)
{
	int status = 0;
	time_t due;

	if (argc == 1 || (argc == 2 && strcmp(argv[1], "-l") == 0))
		return list(sh);
	if (strcmp(argv[1], "-r") == 0) {
		for (int i = 2; i < argc; i++)
			status |= take_back(sh, argv[i]);
		return status;
	}
	if (!time_of_text(argv[1], &due))
		return builtin_error(sh, "%s: bad time: HH:MM[:SS], +N[smhd] or now", argv[1]);
	if (argc == 2)
		return builtin_error(sh, "a command is missing");
	return add(sh, due, join(sh, argc - 2, argv + 2));
}
