/*
 * Prompts: PS1, PS2 and PS4 are expanded like a here-document each time they are shown. An error in one shows the
 * text as it is.
 */
#include "prompt.h"
#include "expand.h"
#include "parser.h"
#include "shell.h"
#include <string.h>

#define SYSTEM_PROMPT "\\u@\\N:$PWD(\\P)\\$ "
#define USUAL_PROMPT "\\u@\\h:\\w\\$ "

static const char *expand(struct shell *sh, const char *text)
{
	const char *result = NULL;
	int status = sh->status, line = sh->line;
	struct parser ps;
	struct word *word;

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

const char *expand_prompt(struct shell *sh, const struct var *var, const char *usual)
{
	const char *text = var_value(sh, var);

	return expand(sh, text ? text : usual);
}

/* The codes of a colour: a name, perhaps after "bold" and a blank, or the numbers of an escape sequence. */
static const char *colour_codes(struct shell *sh, const char *colour)
{
	static const char *const names[] = {"black", "red",     "green", "yellow",
	                                    "blue",  "magenta", "cyan",  "white"};
	bool is_bold = strncmp(colour, "bold", 4) == 0;
	const char *name = colour + (is_bold ? 4 : 0);
	struct text text;

	if (*colour && !colour[strspn(colour, "0123456789;")])
		return colour;
	name += strspn(name, " -");
	text_begin(&text, &sh->temp);
	if (is_bold)
		text_string(&text, *name ? "1;" : "1");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			text_format(&text, "%zu", 30 + i);
	return text_end(&text);
}

const char *prompt_text(struct shell *sh, const struct var *var, const char *usual)
{
	const struct var *colour_var = var_find(sh, "PS_COLOR");
	const char *colour = colour_var ? var_value(sh, colour_var) : NULL;
	const char *value = var_value(sh, var);
	const char *text = expand(sh, prompt_unescape(sh, value ? value : usual));
	const char *codes = colour ? colour_codes(sh, colour) : "";
	struct text coloured;

	if (!*codes)
		return text;
	text_begin(&coloured, &sh->temp);
	text_format(&coloured, "\033[%sm%s\033[m", codes, text);
	return text_end(&coloured);
}

void prompt_default(struct shell *sh)
{
	if (sh->vars.ps1->flags & VAR_EXPORT)
		return;
	if (prompt_knows_session())
		var_set_string(sh, sh->vars.ps1, SYSTEM_PROMPT);
	else if (!sh->options[OPT_POSIX])
		var_set_string(sh, sh->vars.ps1, USUAL_PROMPT);
}
