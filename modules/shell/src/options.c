/*
 * Options: names, letters, and what follows from setting one.
 */
#include "options.h"
#include "jobs.h"
#include "message.h"
#include "shell.h"
#include "traps.h"
#include <stdio.h>
#include <string.h>

struct option_entry {
	const char *name;
	char letter;    /* 0: none */
	bool is_hidden; /* not for set -o */
};

static const struct option_entry entries[OPT_COUNT] = {
	[OPT_ALLEXPORT] = {"allexport", 'a', false},
	[OPT_NOTIFY] = {"notify", 'b', false},
	[OPT_NOCLOBBER] = {"noclobber", 'C', false},
	[OPT_ERREXIT] = {"errexit", 'e', false},
	[OPT_NOGLOB] = {"noglob", 'f', false},
	[OPT_HASHALL] = {"hashall", 'h', false},
	[OPT_IGNOREEOF] = {"ignoreeof", 0, false},
	[OPT_INTERACTIVE] = {"interactive", 'i', true},
	[OPT_MONITOR] = {"monitor", 'm', false},
	[OPT_NOEXEC] = {"noexec", 'n', false},
	[OPT_STDIN] = {"stdin", 's', true},
	[OPT_NOUNSET] = {"nounset", 'u', false},
	[OPT_VERBOSE] = {"verbose", 'v', false},
	[OPT_XTRACE] = {"xtrace", 'x', false},
	[OPT_NOLOG] = {"nolog", 0, false},
	[OPT_VI] = {"vi", 0, false},
	[OPT_EMACS] = {"emacs", 0, false},
	[OPT_PIPEFAIL] = {"pipefail", 0, false},
	[OPT_POSIX] = {"posix", 0, false},
	[OPT_GLOBSTAR] = {"globstar", 0, false},
	[OPT_BRACEEXPAND] = {"braceexpand", 0, false},
	[OPT_PREFIXARITH] = {"prefixarith", 0, false},
	[OPT_PRIVILEGED] = {"privileged", 'p', true},
};

enum option option_of_letter(char letter)
{
	enum option option = 0;

	while (option < OPT_COUNT && (!letter || entries[option].letter != letter))
		option++;
	return option;
}

enum option option_of_name(const char *name)
{
	enum option option = 0;

	while (option < OPT_COUNT &&
	       (entries[option].is_hidden || strcmp(entries[option].name, name) != 0))
		option++;
	return option;
}

static bool set_monitor(struct shell *sh, bool value)
{
	if (value && !job_terminal_take(sh)) {
		sh_error(sh, "no terminal: job control is off");
		return !sh->interactive;
	}
	if (!value)
		job_terminal_leave(sh);
	sh->options[OPT_MONITOR] = value;
	return true;
}

/* One or the other, as scripts and profiles ask; what the line editor does not have it says to whoever sits there. */
static void choose_keys(struct shell *sh, enum option keys)
{
	sh->options[keys == OPT_VI ? OPT_EMACS : OPT_VI] = false;
	if (keys == OPT_VI && sh->editor)
		sh_error(sh, "the line editor has no vi keys: they stay those of emacs");
}

bool option_set(struct shell *sh, enum option option, bool value)
{
	if (sh->options[option] == value)
		return true;
	if (value && (option == OPT_VI || option == OPT_EMACS))
		choose_keys(sh, option);
	if (option == OPT_MONITOR)
		return set_monitor(sh, value);
	sh->options[option] = value;
	if (option == OPT_INTERACTIVE)
		traps_interactive(sh);
	if (option == OPT_POSIX)
		sh->options[OPT_BRACEEXPAND] = !value;
	return true;
}

void option_letters(const struct shell *sh, char *text)
{
	for (enum option option = 0; option < OPT_COUNT; option++)
		if (sh->options[option] && entries[option].letter)
			*text++ = entries[option].letter;
	*text = 0;
}

void option_list(struct shell *sh, bool as_commands)
{
	if (!as_commands)
		out_string(sh, "Current option settings\n");
	for (enum option option = 0; option < OPT_COUNT; option++) {
		if (entries[option].is_hidden)
			continue;
		if (as_commands)
			out_format(sh, "set %co %s\n", sh->options[option] ? '-' : '+',
			           entries[option].name);
		else
			out_format(sh, "%-16s%s\n", entries[option].name,
			           sh->options[option] ? "on" : "off");
	}
}
