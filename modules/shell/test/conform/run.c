/*
 * Runs cases of the conformance suite against one shell and prints a line for each.
 *
 *     run [-q] [-t SECONDS] FILE[:LINE]... -- SHELL [WORD]...
 *
 * -q leaves out the lines of the cases that passed; -t is the time a case may take (10); FILE:LINE runs
 * only the case that has this line. A case that fails shows how. The last line is
 * "N passed, N failed", and the exit status 1 when one failed.
 * Cases call this program too, by the name "args", to see how a command's arguments came out.
 */
#define _GNU_SOURCE
#include "case.h"
#include "sandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct run {
	struct sandbox sandbox;
	bool is_quiet;
	bool is_rehearsal; /* the files are only read, so that a malformed one is found at once */
	int passed, failed;
};

static bool is_same(const struct text *a, const struct text *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static bool is_output_right(const struct test_case *test, const struct outcome *outcome)
{
	if (test->is_output_free)
		return true;
	for (int i = 0; i < test->output_count; i++) {
		if (is_same(&test->outputs[i], &outcome->out))
			return true;
	}
	return test->output_count == 0 && outcome->out.len == 0;
}

static bool is_error_right(const struct test_case *test, const struct outcome *outcome)
{
	return test->error == ERROR_ANY || (test->error == ERROR_SOME) == (outcome->err.len > 0);
}

static bool is_status_right(const struct test_case *test, const struct outcome *outcome)
{
	return outcome->status >= test->status_least && outcome->status <= test->status_most;
}

/* Each line of a text behind a mark; long texts and lines lose their end. */
static void show(const char *mark, const struct text *text)
{
	enum { MOST_LINES = 20, MOST_COLUMNS = 200 };
	const char *line = text->data;
	for (int i = 0; i < MOST_LINES && line && *line; i++) {
		int len = (int)strcspn(line, "\n");
		int shown = len < MOST_COLUMNS ? len : MOST_COLUMNS;
		const char *end = shown < len ? " ..." : line[len] ? "" : " (no newline)";
		printf("    %s %.*s%s\n", mark, shown, line, end);
		line += len + (line[len] == '\n');
	}
	if (line && *line)
		printf("    %s ...\n", mark);
}

static void show_failure(const struct test_case *test, const struct outcome *outcome)
{
	if (outcome->is_late)
		puts("    did not end in time");
	if (!is_output_right(test, outcome)) {
		puts(test->output_count ? "    output, wanted and got:"
		                        : "    output where none is due:");
		if (test->output_count)
			show("-", &test->outputs[0]);
		show("+", &outcome->out);
	}
	if (!is_status_right(test, outcome)) {
		printf("    status %d, not %d", outcome->status, test->status_least);
		if (test->status_most != test->status_least)
			printf(" to %d", test->status_most);
		puts("");
	}
	if (!is_error_right(test, outcome))
		puts(outcome->err.len ? "    standard error is not empty"
		                      : "    no message on standard error");
	show("2", &outcome->err);
}

static void run_case(struct run *run, const struct test_case *test)
{
	struct outcome outcome;
	sandbox_run(&run->sandbox, test, &outcome);
	bool is_right = !outcome.is_late && is_output_right(test, &outcome) &&
	                is_error_right(test, &outcome) && is_status_right(test, &outcome);
	if (!is_right || !run->is_quiet)
		printf("%-4s %s:%d %s\n", is_right ? "ok" : "FAIL", test->file, test->line,
		       test->title);
	if (!is_right)
		show_failure(test, &outcome);
	*(is_right ? &run->passed : &run->failed) += 1;
	outcome_free(&outcome);
}

/* Runs the cases of a file, or only the one that has the line: the last that starts at or above it. */
static void run_file(struct run *run, const char *argument)
{
	char *name = strdup(argument);
	struct case_reader reader;
	struct test_case test;
	char *colon = name ? strrchr(name, ':') : NULL;
	int wanted = colon ? atoi(colon + 1) : 0;
	if (colon)
		*colon = '\0';
	if (!name || !case_reader_open(&reader, name)) {
		perror(argument);
		exit(2);
	}
	while (case_reader_next(&reader, &test)) {
		int end = reader.line ? reader.number : wanted + 1;
		if (!run->is_rehearsal && (!wanted || (test.line <= wanted && wanted < end)))
			run_case(run, &test);
		case_free(&test);
	}
	case_reader_close(&reader);
	free(name);
}

static _Noreturn void usage(void)
{
	fputs("usage: run [-q] [-t SECONDS] FILE[:LINE]... -- SHELL [WORD]...\n", stderr);
	exit(2);
}

/* Prints each word in brackets. */
static int show_arguments(char **words)
{
	if (!*words)
		fputs("none", stdout);
	for (; *words; words++)
		printf("[%s]", *words);
	puts("");
	return 0;
}

static bool is_called(const char *name, const char *path)
{
	const char *slash = strrchr(path, '/');
	return strcmp(slash ? slash + 1 : path, name) == 0;
}

int main(int argc, char **argv)
{
	if (argc && is_called("args", argv[0]))
		return show_arguments(argv + 1);
	struct run run = {0};
	int seconds = 10, option, end;
	while ((option = getopt(argc, argv, "+qt:")) != -1) {
		if (option == 'q')
			run.is_quiet = true;
		else if (option == 't' && atoi(optarg) > 0)
			seconds = atoi(optarg);
		else
			usage();
	}
	for (end = optind; end < argc && strcmp(argv[end], "--") != 0; end++)
		;
	if (end == optind || end + 1 >= argc)
		usage();
	setvbuf(stdout, NULL, _IOLBF, 0);
	run.is_rehearsal = true;
	for (int i = optind; i < end; i++)
		run_file(&run, argv[i]);
	run.is_rehearsal = false;
	sandbox_create(&run.sandbox, argv[0], argv + end + 1, seconds);
	for (int i = optind; i < end; i++)
		run_file(&run, argv[i]);
	sandbox_destroy(&run.sandbox);
	printf("%d passed, %d failed\n", run.passed, run.failed);
	return run.failed ? 1 : 0;
}
