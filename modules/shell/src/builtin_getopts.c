/*
 * getopts: where it is in the parameters lives in the shell (option_index, option_offset) and is reset through OPTIND.
 */
#include "builtins.h"
#include "message.h"
#include "shell.h"
#include <stdlib.h>
#include <string.h>

struct getting {
	struct shell *sh;
	const char *letters, *name;
	char **args;
	int count;
};

static bool set_result(struct getting *gt, char letter)
{
	return var_set(gt->sh, var_slot(gt->sh, gt->name, strlen(gt->name)), &letter, 1);
}

static bool set_argument(struct getting *gt, const char *text)
{
	if (!text)
		return var_unset(gt->sh, gt->sh->vars.optarg);
	return var_set_string(gt->sh, gt->sh->vars.optarg, text);
}

static void set_index(struct getting *gt)
{
	int offset = gt->sh->option_offset, index = gt->sh->option_index;

	var_set_number(gt->sh, gt->sh->vars.optind, index);
	gt->sh->option_index = index;
	gt->sh->option_offset = offset;
}

/* The word is done: on to the next. */
static void next_word(struct shell *sh)
{
	sh->option_index++;
	sh->option_offset = 0;
}

static int finish(struct getting *gt, char result, const char *argument)
{
	bool done;

	set_index(gt);
	done = set_argument(gt, argument) && set_result(gt, result);
	return done ? 0 : 2;
}

static int no_more(struct getting *gt)
{
	set_index(gt);
	set_argument(gt, NULL);
	set_result(gt, '?');
	return 1;
}

static int bad_option(struct getting *gt, char letter)
{
	char text[2] = {letter, 0};

	if (*gt->letters == ':')
		return finish(gt, '?', text);
	sh_tell(gt->sh, "%s: -%c: bad option", gt->sh->name, letter);
	return finish(gt, '?', NULL);
}

static int missing_argument(struct getting *gt, char letter)
{
	char text[2] = {letter, 0};

	if (*gt->letters == ':')
		return finish(gt, ':', text);
	sh_tell(gt->sh, "%s: -%c: argument expected", gt->sh->name, letter);
	return finish(gt, '?', NULL);
}

static int take_option(struct getting *gt, const char *word)
{
	struct shell *sh = gt->sh;
	char letter = word[sh->option_offset];
	const char *found = letter == ':' ? NULL : strchr(gt->letters, letter);
	const char *rest = word + ++sh->option_offset;

	if (!found) {
		if (!*rest)
			next_word(sh);
		return bad_option(gt, letter);
	}
	if (found[1] != ':') {
		if (!*rest)
			next_word(sh);
		return finish(gt, letter, NULL);
	}
	next_word(sh);
	if (*rest)
		return finish(gt, letter, rest);
	if (sh->option_index > gt->count)
		return missing_argument(gt, letter);
	return finish(gt, letter, gt->args[sh->option_index++ - 1]);
}

static int get_option(struct getting *gt)
{
	struct shell *sh = gt->sh;
	const char *word;

	if (sh->option_index < 1)
		sh->option_index = 1;
	if (sh->option_index > gt->count)
		return no_more(gt);
	word = gt->args[sh->option_index - 1];
	if (sh->option_offset >= (int)strlen(word))
		sh->option_offset = 0;
	if (sh->option_offset == 0) {
		if (word[0] != '-' || !word[1])
			return no_more(gt);
		if (strcmp(word, "--") == 0) {
			sh->option_index++;
			return no_more(gt);
		}
		sh->option_offset = 1;
	}
	return take_option(gt, word);
}

BUILTIN(getopts)
{
	int first = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;
	struct getting gt;

	if (argc < first + 2)
		return builtin_error(sh, "usage: getopts optstring name [arg...]");
	if (!var_is_name(argv[first + 1]))
		return builtin_error(sh, "%s: bad variable name", argv[first + 1]);
	gt = (struct getting){sh, argv[first], argv[first + 1], argv + first + 2, argc - first - 2};
	if (gt.count == 0) {
		gt.args = sh->params.list;
		gt.count = sh->params.count;
	}
	return get_option(&gt);
}
