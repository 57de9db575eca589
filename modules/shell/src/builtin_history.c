/*
 * history: lists the commands that were typed, or forgets some.
 */
#include "builtins.h"
#include "message.h"
#include "command_history.h"
#include "shell.h"

static int list(struct shell *sh, size_t count)
{
	size_t last = command_history_last(sh), first = history_first(sh->history);

	if (last + 1 - first > count)
		first = last + 1 - count;
	for (size_t number = first; number <= last; number++)
		out_format(sh, "%5zu  %s\n", number, history_get(sh->history, number));
	return 0;
}

/* An entry's number in text; 0: there is none (told). */
static size_t entry_number(struct shell *sh, const char *text)
{
	intmax_t number;

	if (scan_number(text, &number) && number > 0 && history_get(sh->history, (size_t)number))
		return (size_t)number;
	builtin_refuse(sh, "%s: not in the history", text);
	return 0;
}

BUILTIN(history)
{
	intmax_t count = INTMAX_MAX;
	struct scan scan;
	int option;

	if (!sh->history)
		return builtin_error(sh, "there is no history");
	scan_begin(&scan, argc, argv);
	while ((option = scan_option(sh, &scan, "cd:")) > 0) {
		size_t number = option == 'd' ? entry_number(sh, scan.argument) : 0;

		if (option == 'd' && !number)
			return 1;
		command_history_forget(sh, number);
	}
	if (option < 0)
		return 2;
	if (scan.index == argc && scan.index > 1)
		return 0;
	if (scan.index < argc && !scan_number(argv[scan.index], &count))
		return builtin_error(sh, "%s: bad number", argv[scan.index]);
	return list(sh, (size_t)count);
}
