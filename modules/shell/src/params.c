/*
 * Positional parameters: of the shell itself (owned copies), and of a function call (the caller's words, until it
 * says `set --`).
 */
#include "params.h"
#include "shell.h"
#include <stdlib.h>
#include <string.h>

static void params_free(struct params *params)
{
	for (int i = 0; i < params->owned_count; i++)
		free(params->owned[i]);
	free(params->owned);
	*params = (struct params){NULL, 0, NULL, 0};
}

void params_set(struct shell *sh, char **list, int count)
{
	struct params fresh = {NULL, count, NULL, count};

	fresh.owned = fresh.list = memory_new(sizeof(char *) * (size_t)(count + 1));
	for (int i = 0; i < count; i++)
		fresh.list[i] = memory_text(list[i], strlen(list[i]));
	fresh.list[count] = NULL;
	params_free(&sh->params);
	sh->params = fresh;
}

void params_shift(struct shell *sh, int count)
{
	sh->params.list += count;
	sh->params.count -= count;
}

struct params params_enter(struct shell *sh, char **list, int count)
{
	struct params saved = sh->params;

	sh->params = (struct params){list, count, NULL, 0};
	return saved;
}

void params_leave(struct shell *sh, struct params saved)
{
	params_free(&sh->params);
	sh->params = saved;
}
