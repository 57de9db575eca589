/*
 * Texts changed in a program: a temporary file, the program run on it as any command, and the file read back. For fc
 * and for the editor's key that leads there.
 */
#include "edit_program.h"
#include "exec.h"
#include "message.h"
#include "shell.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *value_of(struct shell *sh, const char *name)
{
	const struct var *var = var_find(sh, name);
	const char *value = var ? var_value(sh, var) : NULL;

	return value && *value ? value : NULL;
}

const char *edit_program_name(struct shell *sh)
{
	const char *name = value_of(sh, "VISUAL");

	if (!name)
		name = value_of(sh, "EDITOR");
	return name ? name : "vi";
}

static bool write_whole(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t done = write(fd, text, len);

		if (done < 0 && errno != EINTR)
			return false;
		if (done > 0) {
			text += done;
			len -= (size_t)done;
		}
	}
	return true;
}

static char *read_whole(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	size_t len = 0, cap = 4096;
	char *text;
	ssize_t done;

	if (fd < 0)
		return NULL;
	text = memory_new(cap + 1);
	while ((done = read(fd, text + len, cap - len)) > 0) {
		len += (size_t)done;
		if (len == cap)
			text = memory_resize(text, (cap *= 2) + 1);
	}
	close(fd);
	while (len > 0 && text[len - 1] == '\n')
		len--;
	text[len] = 0;
	return text;
}

static bool run_program(struct shell *sh, const char *program, const char *name)
{
	struct text command;

	text_begin(&command, &sh->temp);
	text_format(&command, "%s %s", program, name);
	return exec_text(sh, text_end(&command), command.len, 1, EXEC_TESTED) == 0 && !sh->unwind;
}

char *edit_in_program(struct shell *sh, const char *program, const char *text, size_t len)
{
	struct arena_mark mark = arena_mark(&sh->temp);
	char name[] = "/tmp/shXXXXXX", *edited = NULL;
	int fd = mkstemp(name);
	bool is_written;

	if (fd < 0) {
		sh_error(sh, "%s: %s", name, strerror(errno));
		return NULL;
	}
	is_written = write_whole(fd, text, len) && write_whole(fd, "\n", 1);
	if (!is_written)
		sh_error(sh, "%s: %s", name, strerror(errno));
	close(fd);
	if (is_written && run_program(sh, program, name))
		edited = read_whole(name);
	unlink(name);
	arena_release(&sh->temp, mark);
	return edited;
}
