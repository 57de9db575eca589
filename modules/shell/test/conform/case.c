/*
 * Case reader: cuts a file of cases into cases.
 *
 * The format is line by line (README.md shows it): "# " starts a section, "== " a case, "-- " a part
 * of the case; all other lines are text of the part they stand in, the first of which is the script.
 * Empty lines at the end of a part separate it from what follows and are not text.
 * The reader cuts lines in place, so titles and names point into the file's content and live as long
 * as the reader.
 */
#include "case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_append(struct text *text, const char *data, size_t len)
{
	char *grown = realloc(text->data, text->len + len + 1);
	if (!grown) {
		fputs("conform: out of memory\n", stderr);
		exit(2);
	}
	memcpy(grown + text->len, data, len);
	text->data = grown;
	text->len += len;
	text->data[text->len] = '\0';
}

bool text_read_file(struct text *text, const char *path)
{
	FILE *stream = fopen(path, "r");
	if (!stream)
		return false;
	char buf[4096];
	size_t len;
	text_append(text, "", 0);
	while ((len = fread(buf, 1, sizeof(buf), stream)) > 0)
		text_append(text, buf, len);
	bool is_good = !ferror(stream);
	fclose(stream);
	return is_good;
}

static _Noreturn void malformed(const struct case_reader *reader, const char *what,
                                const char *text)
{
	fprintf(stderr, "%s:%d: %s: %s\n", reader->file, reader->number, what, text);
	exit(2);
}

/* Makes the line after the current one current. */
static void line_pass(struct case_reader *reader)
{
	reader->line = *reader->rest ? reader->rest : NULL;
	reader->rest += strcspn(reader->rest, "\n");
	if (*reader->rest)
		*reader->rest++ = '\0';
	reader->number++;
}

bool case_reader_open(struct case_reader *reader, const char *file)
{
	*reader = (struct case_reader){.file = file};
	if (!text_read_file(&reader->content, file))
		return false;
	reader->rest = reader->content.data;
	line_pass(reader);
	return true;
}

void case_reader_close(struct case_reader *reader)
{
	free(reader->content.data);
}

static bool is_mark(const char *line)
{
	return strncmp(line, "# ", 2) == 0 || strncmp(line, "== ", 3) == 0 ||
	       strncmp(line, "-- ", 3) == 0;
}

/* A mark that is meant as text has a backslash in front. */
static const char *without_escape(const char *line)
{
	return line[0] == '\\' && is_mark(line + 1) ? line + 1 : line;
}

/* Takes the text lines up to the next mark. */
static void read_text(struct case_reader *reader, struct text *text)
{
	size_t filled = text->len;
	text_append(text, "", 0);
	for (; reader->line && !is_mark(reader->line); line_pass(reader)) {
		const char *plain = without_escape(reader->line);
		text_append(text, plain, strlen(plain));
		text_append(text, "\n", 1);
		if (*plain)
			filled = text->len;
	}
	text->len = filled;
	text->data[filled] = '\0';
}

/* The text of a part: what follows its name on the line, or else the lines below. */
static void read_part(struct case_reader *reader, const char *rest, struct text *text)
{
	if (*rest) {
		text_append(text, rest, strlen(rest));
		text_append(text, "\n", 1);
	}
	line_pass(reader);
	read_text(reader, text);
}

/* "[xsi tty] title" */
static void read_title(struct case_reader *reader, char *line, struct test_case *test)
{
	static const struct {
		const char *name;
		unsigned tag;
	} known[] = {{"common", TAG_COMMON}, {"xsi", TAG_XSI}, {"up", TAG_UP}, {"tty", TAG_TTY}};

	test->title = line;
	char *end = *line == '[' ? strchr(line, ']') : NULL;
	if (!end)
		return;
	*end = '\0';
	for (char *word = strtok(line + 1, " "); word; word = strtok(NULL, " ")) {
		unsigned before = test->tags;
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			test->tags |= strcmp(word, known[i].name) == 0 ? known[i].tag : 0;
		if (test->tags == before)
			malformed(reader, "no such tag, or twice", word);
	}
	test->title = end + 1 + strspn(end + 1, " ");
}

/* "3", ">0", "1-125", "any" */
static void read_status(struct case_reader *reader, const char *rest, struct test_case *test)
{
	char *end = NULL;
	bool is_above = *rest == '>';
	test->status_least = 0;
	test->status_most = 255;
	if (strcmp(rest, "any") == 0)
		return;
	test->status_least = (int)strtol(rest + is_above, &end, 10) + is_above;
	if (*end == '-' && !is_above)
		test->status_most = (int)strtol(end + 1, &end, 10);
	else if (!is_above)
		test->status_most = test->status_least;
	if (*end || end == rest + is_above)
		malformed(reader, "no status", rest);
}

static void read_error(struct case_reader *reader, const char *rest, struct test_case *test)
{
	static const char *const names[] = {
		[ERROR_NONE] = "none", [ERROR_SOME] = "some", [ERROR_ANY] = "any"};
	for (int i = ERROR_NONE; i <= ERROR_ANY; i++) {
		if (strcmp(rest, names[i]) == 0) {
			test->error = i;
			return;
		}
	}
	malformed(reader, "err is none, some or any, not", rest);
}

/* One more of the texts that a case may have several of. */
static void read_one_more(struct case_reader *reader, const char *rest, struct text *texts,
                          int *count, int most)
{
	if (*count == most)
		malformed(reader, "too many parts of this kind", rest);
	read_part(reader, rest, &texts[(*count)++]);
}

static void read_file(struct case_reader *reader, const char *name, bool is_program,
                      struct test_case *test)
{
	if (test->file_count == MOST_FILES || !*name)
		malformed(reader, "no name, or too many files", name);
	struct case_file *file = &test->files[test->file_count++];
	file->name = name;
	file->is_program = is_program;
	line_pass(reader);
	read_text(reader, &file->content);
}

/* One part of a case after its script; line is what follows "-- ". */
static void read_directive(struct case_reader *reader, char *line, struct test_case *test)
{
	char *rest = line + strcspn(line, " ");
	if (*rest)
		*rest++ = '\0';
	if (strcmp(line, "out") == 0)
		return read_one_more(reader, rest, test->outputs, &test->output_count,
		                     MOST_OUTPUTS);
	if (strcmp(line, "in") == 0)
		return read_one_more(reader, rest, test->inputs, &test->input_count, MOST_INPUTS);
	if (strcmp(line, "file") == 0 || strcmp(line, "program") == 0)
		return read_file(reader, rest, *line == 'p', test);
	if (strcmp(line, "status") == 0)
		read_status(reader, rest, test);
	else if (strcmp(line, "err") == 0)
		read_error(reader, rest, test);
	else if (strcmp(line, "out-any") == 0)
		test->is_output_free = true;
	else if (strcmp(line, "note") != 0)
		malformed(reader, "no such part", line);
	line_pass(reader);
	struct text between = {0};
	read_text(reader, &between);
	if (between.len)
		malformed(reader, "text after a part of one line", between.data);
	free(between.data);
}

static void read_section(struct case_reader *reader)
{
	size_t len = strcspn(reader->line + 2, " ");
	if (len >= SECTION_BYTES)
		malformed(reader, "too long a section name", reader->line);
	memcpy(reader->section, reader->line + 2, len);
	reader->section[len] = '\0';
}

/* What may stand between a section and its first case: sections and empty lines. */
static void pass_sections(struct case_reader *reader)
{
	for (; reader->line && strncmp(reader->line, "== ", 3) != 0; line_pass(reader)) {
		if (strncmp(reader->line, "# ", 2) == 0)
			read_section(reader);
		else if (*reader->line)
			malformed(reader, "text outside a case", reader->line);
	}
}

bool case_reader_next(struct case_reader *reader, struct test_case *out_case)
{
	pass_sections(reader);
	if (!reader->line)
		return false;
	*out_case = (struct test_case){.file = reader->file, .line = reader->number};
	memcpy(out_case->section, reader->section, SECTION_BYTES);
	read_title(reader, reader->line + 3, out_case);
	line_pass(reader);
	read_text(reader, &out_case->script);
	while (reader->line && strncmp(reader->line, "-- ", 3) == 0)
		read_directive(reader, reader->line + 3, out_case);
	return true;
}

void case_free(struct test_case *test)
{
	free(test->script.data);
	for (int i = 0; i < test->input_count; i++)
		free(test->inputs[i].data);
	for (int i = 0; i < test->output_count; i++)
		free(test->outputs[i].data);
	for (int i = 0; i < test->file_count; i++)
		free(test->files[i].content.data);
}
