/*
 * A shell for unit tests. It is silent: most of its errors are expected.
 * It has the environment of the test, as any shell.
 */
#include "test_shell.h"
#include "exec.h"
#include "expand.h"
#include "parser.h"
#include "print.h"
#include <stdlib.h>
#include <string.h>

void test_shell_begin(struct shell *sh)
{
	shell_init(sh, "sh");
	sh->silent = true;
}

void test_shell_end(struct shell *sh)
{
	shell_free(sh);
}

int test_shell_run(struct shell *sh, const char *text)
{
	exec_text(sh, text, strlen(text), 1, 0);
	sh->unwind = UNWIND_NONE;
	return sh->status;
}

const char *test_shell_output(struct shell *sh, const char *text)
{
	struct out outer = sh->out;
	struct text output;

	sh->out = (struct out){.captures = true};
	test_shell_run(sh, text);
	text_begin(&output, &sh->temp);
	text_bytes(&output, sh->out.buffer, sh->out.len);
	free(sh->out.buffer);
	sh->out = outer;
	return text_end(&output);
}

static const char *join(struct shell *sh, const struct fields *fields)
{
	struct text text;

	text_begin(&text, &sh->temp);
	for (size_t i = 0; i < fields->count; i++)
		text_format(&text, "[%s]", fields->list[i]);
	return text_end(&text);
}

/* A parser of one command; the caller drops the region. */
static struct node *parse_one(struct shell *sh, const char *text, struct region **out_region)
{
	struct node *node;
	struct parser ps;
	enum parse_result result;

	parser_text(&ps, sh, text, strlen(text), 1);
	result = parser_next(&ps, out_region, &node);
	parser_close(&ps);
	return result == PARSE_COMMAND ? node : NULL;
}

const char *test_shell_expand(struct shell *sh, const char *words)
{
	const char *result = "error";
	struct region *region;
	struct fields fields;
	struct text text;
	struct node *node;

	text_begin(&text, &sh->temp);
	text_format(&text, "command %s", words);
	node = parse_one(sh, text_end(&text), &region);
	fields_begin(&fields, sh);
	if (node && node->kind == NODE_SIMPLE &&
	    expand_words(sh, ((struct simple_node *)node)->words->next, &fields))
		result = join(sh, &fields);
	region_drop(region);
	sh->unwind = UNWIND_NONE;
	return result;
}

const char *test_shell_parse(struct shell *sh, const char *text)
{
	struct region *region;
	struct node *node = parse_one(sh, text, &region);
	const char *result = node ? print_command(&sh->temp, node) : "error";

	region_drop(region);
	return result;
}
