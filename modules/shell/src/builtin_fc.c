/*
 * fc: the history of commands. There is one where a line editor keeps it.
 */
#include "builtins.h"
#include "message.h"
#include "shell.h"

BUILTIN(fc)
{
	(void)argc, (void)argv;
	return builtin_error(sh, "no history is kept here");
}
