/*
 * "#!" lines (binfmt_script.h): interpreter, blanks, and the rest of the line as one argument.
 */
#include "binfmt_script.h"
#include <base/string.h>
#include "errno.h"

static char *skip_blanks(char *at)
{
	while (*at == ' ' || *at == '\t')
		at++;
	return at;
}

static void cut_trailing_blanks(char *start, char *end)
{
	while (end > start && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*end = 0;
}

int64_t binfmt_script_parse(char *head, size_t bytes, struct script_line *out_line)
{
	if (bytes < 2 || head[0] != '#' || head[1] != '!')
		return 1;
	char *end = memchr(head, '\n', bytes);
	char *start = skip_blanks(head + 2);

	/* A line longer than the head is cut there, unless that would cut the interpreter's name. */
	if (!end) {
		end = head + bytes;
		if (bytes == SCRIPT_HEAD_BYTES && !strchr(start, ' ') && !strchr(start, '\t'))
			return -ENOEXEC;
	}
	if (start >= end)
		return -ENOEXEC;
	cut_trailing_blanks(start, end);
	if (*start == 0)
		return -ENOEXEC;
	char *space = start;

	while (*space && *space != ' ' && *space != '\t')
		space++;
	char *argument = skip_blanks(space);

	*space = 0;
	out_line->interpreter = start;
	out_line->argument = *argument ? argument : 0;
	return 0;
}
