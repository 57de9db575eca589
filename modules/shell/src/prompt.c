/*
 * Prompts: PS1, PS2 and PS4 are expanded like a here-document each time they are shown. An error in one shows the
 * text as it is.
 */
#include "prompt.h"
#include "expand.h"
#include "parser.h"
#include "shell.h"
#include <string.h>

const char *expand_prompt(struct shell *sh, const struct var *var, const char *usual)
{
	const char *text = var_value(sh, var), *result = NULL;
	int status = sh->status, line = sh->line;
	struct parser ps;
	struct word *word;

	if (!text)
		text = usual;
	if (!strpbrk(text, "$`\\"))
		return arena_text(&sh->temp, text, strlen(text));
	/* The value may change while it is expanded. */
	text = arena_text(&sh->temp, text, strlen(text));
	parser_text(&ps, sh, text, strlen(text), 0);
	ps.region = region_new();
	ps.quiet = true;
	word = lex_word(&ps, MODE_HEREDOC);
	if (!ps.failed)
		result = expand_string(sh, word);
	if (result)
		result = arena_text(&sh->temp, result, strlen(result));
	region_drop(ps.region);
	parser_close(&ps);
	sh->unwind = UNWIND_NONE;
	sh->status = status;
	sh->line = line;
	return result ? result : text;
}
