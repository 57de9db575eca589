/*
 * Inputs of the parser: files and standard input. The latter is read through the read-ahead (readahead.c) line by line, so
 * commands find the rest of it where they expect it. A user at a terminal is in user_input.c.
 */
#include "source.h"
#include "message.h"
#include "readahead.h"
#include "shell.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_BYTES 16384

struct file_input {
	struct input input;
	int fd;
	bool at_end;
	char *text; /* what was handed out, then what was read beyond it */
	size_t start, len, cap;
};

static void echo_line(struct shell *sh, const char *text, size_t len)
{
	if (sh->options[OPT_VERBOSE])
		sh_write_errors(sh, text, len);
}

/* Reads more; false at the end of the file. */
static bool file_more(struct file_input *file)
{
	ssize_t done;

	if (file->cap - file->len < FILE_BYTES / 2) {
		file->cap = file->cap ? file->cap * 2 : FILE_BYTES;
		file->text = memory_resize(file->text, file->cap);
	}
	do
		done = read(file->fd, file->text + file->len, file->cap - file->len);
	while (done < 0 && errno == EINTR);
	if (done > 0)
		file->len += (size_t)done;
	file->at_end = done <= 0;
	return done > 0;
}

static char *find_newline(const struct file_input *file, size_t from)
{
	return file->len > from ? memchr(file->text + from, '\n', file->len - from) : NULL;
}

static enum input_result file_line(struct input *input, bool continued, const char **out_text,
                                   size_t *out_len)
{
	struct file_input *file = (struct file_input *)input;
	char *newline = find_newline(file, file->start);

	(void)continued;
	while (!newline && !file->at_end) {
		size_t have = file->len - file->start;

		if (have)
			memmove(file->text, file->text + file->start, have);
		file->start = 0;
		file->len = have;
		file_more(file);
		newline = find_newline(file, have);
	}
	*out_text = file->text + file->start;
	*out_len = newline ? (size_t)(newline - *out_text) + 1 : file->len - file->start;
	file->start += *out_len;
	if (*out_len == 0)
		return INPUT_END;
	echo_line(input->sh, *out_text, *out_len);
	return INPUT_TEXT;
}

static void file_close(struct input *input)
{
	struct file_input *file = (struct file_input *)input;

	if (file->fd >= 0)
		close(file->fd);
	free(file->text);
	free(file);
}

static const struct input_ops file_ops = {file_line, file_close};

static struct input *input_new(struct shell *sh, const struct input_ops *ops, int fd)
{
	struct file_input *file = memory_new(sizeof(*file));

	memset(file, 0, sizeof(*file));
	file->input = (struct input){ops, sh};
	file->fd = fd;
	return &file->input;
}

struct input *input_file(struct shell *sh, int fd)
{
	return input_new(sh, &file_ops, fd);
}

static void line_add(struct file_input *file, const char *bytes, size_t len)
{
	if (file->len + len > file->cap) {
		file->cap = file->cap ? file->cap * 2 : 256;
		if (file->cap < file->len + len)
			file->cap = file->len + len;
		file->text = memory_resize(file->text, file->cap);
	}
	memcpy(file->text + file->len, bytes, len);
	file->len += len;
}

/* One line of standard input. */
static enum input_result stdin_line(struct input *input, bool continued, const char **out_text,
                                    size_t *out_len)
{
	struct file_input *file = (struct file_input *)input;
	int c = 0;

	(void)continued;
	file->len = 0;
	while (c != '\n') {
		char byte;

		c = readahead_byte(input->sh, 0);
		if (c == -1 || (c == -2 && errno != EINTR))
			break;
		byte = (char)c;
		if (c >= 0)
			line_add(file, &byte, 1);
	}
	*out_text = file->text;
	*out_len = file->len;
	if (file->len == 0)
		return INPUT_END;
	echo_line(input->sh, *out_text, *out_len);
	return INPUT_TEXT;
}

static const struct input_ops stdin_ops = {stdin_line, file_close};

struct input *input_stdin(struct shell *sh)
{
	return input_new(sh, &stdin_ops, -1);
}

void input_close(struct input *input)
{
	input->ops->close(input);
}
