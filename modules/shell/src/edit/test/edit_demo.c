/*
 * A host of the line editor for trying it out and for edit_pty_test.py: says what was typed, completes from a list, runs
 * some words as commands. Started with the argument "demo" it is that host; without, it runs the test on itself.
 *
 *   bindings   the keys, as the manual's page lists them     modes   the terminal's modes as commands see them
 *   read       a line from standard input, plainly           stop    kill this with SIGTERM at the next prompt
 *   again X    the next command starts with X                partial   a line without its end
 *   exit
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "edit/edit.h"

static volatile sig_atomic_t notices;

static void on_usr1(int signal)
{
	(void)signal;
	notices++;
}

/* ---- the host's side */

static const char *const words[] = {
	"again", "bindings", "echo", "exit",         "modes",
	"read",  "readme",   "stop", "with\\ blank", "\xc3\xa9t\xc3\xa9"};
enum { WORDS = sizeof(words) / sizeof(words[0]), MANY = 150 };

static void complete(void *context, const char *text, size_t cursor, struct editor_candidates *out)
{
	size_t start = cursor;

	(void)context;
	while (start > 0 && text[start - 1] != ' ' && text[start - 1] != '\n')
		start--;
	editor_candidates_start(out, start);
	for (size_t i = 0; i < WORDS; i++) {
		if (strncmp(words[i], text + start, cursor - start) == 0)
			editor_candidate(out, words[i], NULL, ' ');
	}
	for (int i = 0; cursor - start >= 2 && i < MANY; i++) {
		char many[16];

		snprintf(many, sizeof(many), "many%03d", i);
		if (strncmp(many, text + start, cursor - start) == 0)
			editor_candidate(out, many, NULL, '/');
	}
}

/* Quotes are closed and no backslash is last. */
static bool is_complete(void *context, const char *text)
{
	char quote = '\0';

	(void)context;
	for (; *text; text++) {
		if (*text == '\\' && quote != '\'') {
			if (text[1] == '\0')
				return false;
			text++;
		} else if (quote ? *text == quote : *text == '\'' || *text == '"') {
			quote = quote ? '\0' : *text;
		}
	}
	return !quote;
}

static void highlight(void *context, const char *text, size_t len, uint8_t *styles)
{
	(void)context;
	for (size_t i = 0; i < len && text[i] != ' '; i++)
		styles[i] = EDITOR_COMMAND;
}

static bool has_news(void *context)
{
	(void)context;
	return notices > 0;
}

static bool news(void *context, struct editor *editor)
{
	(void)context;
	editor_leave(editor);
	for (; notices > 0; notices--)
		printf("[notice]\n");
	fflush(stdout);
	editor_enter(editor);
	return false;
}

static char *edit_elsewhere(void *context, struct editor *editor, const char *text)
{
	char *edited = malloc(strlen(text) + sizeof("elsewhere "));

	(void)context;
	editor_leave(editor);
	if (edited)
		sprintf(edited, "elsewhere %s", text);
	editor_enter(editor);
	return edited;
}

static const struct editor_host host = {
	.complete = complete,
	.is_complete = is_complete,
	.highlight = highlight,
	.has_news = has_news,
	.news = news,
	.edit_elsewhere = edit_elsewhere,
};

/* ---- commands */

static void print_escaped(const char *text)
{
	printf("got: ");
	for (; *text; text++) {
		if (*text == '\n')
			printf("\\n");
		else if ((unsigned char)*text < ' ' || *text == 0x7f)
			printf("\\x%02x", *text);
		else
			putchar(*text);
	}
	printf("\n");
}

static void print_bindings(const struct editor *editor)
{
	char key[32];
	const char *command;

	for (size_t i = 0; editor_binding(editor, i, key, sizeof(key), &command); i++)
		printf("%s %s\n", key, command);
}

static void print_modes(void)
{
	struct termios modes;

	tcgetattr(STDIN_FILENO, &modes);
	printf("%scanonical %secho %ssignals\n", modes.c_lflag & ICANON ? "" : "not ",
	       modes.c_lflag & ECHO ? "" : "no ", modes.c_lflag & ISIG ? "" : "no ");
}

/* Reads as a program would that the command started. */
static void read_plainly(void)
{
	char line[256];
	ssize_t len = read(STDIN_FILENO, line, sizeof(line) - 1);

	line[len > 0 ? len : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	printf("read: %s\n", line);
}

static void stop_soon(void)
{
	if (fork() == 0) {
		sleep(1);
		kill(getppid(), SIGTERM);
		_exit(0);
	}
}

/* False: the end. */
static bool run(struct editor *editor, const char *text)
{
	print_escaped(text);
	if (strcmp(text, "bindings") == 0)
		print_bindings(editor);
	if (strcmp(text, "modes") == 0)
		print_modes();
	if (strcmp(text, "read") == 0)
		read_plainly();
	if (strcmp(text, "stop") == 0)
		stop_soon();
	if (strcmp(text, "partial") == 0)
		printf("no newline");
	if (strncmp(text, "again ", 6) == 0)
		editor_set_text(editor, text + 6);
	fflush(stdout);
	return strcmp(text, "exit") != 0;
}

static void demo(struct editor *editor, struct history *history)
{
	bool is_running = true;

	while (is_running) {
		char *text = editor_line(editor, "\001\033[1;34m\002demo\001\033[0m\002$ ");

		if (!text) {
			printf("end\n");
			return;
		}
		if (errno == EINTR)
			printf("interrupted\n");
		else
			is_running = run(editor, text);
		fflush(stdout);
		history_add(history, text);
		free(text);
	}
}

static int run_demo(const char *history_path)
{
	struct sigaction action = {.sa_handler = on_usr1};
	struct editor *editor = editor_new(STDIN_FILENO, STDOUT_FILENO, &host);
	struct history *history = history_new(100, HISTORY_IGNORE_REPEAT);

	if (!editor || !history)
		return 1;
	sigaction(SIGUSR1, &action, NULL);
	editor_set_history(editor, history);
	editor_set_partial_mark(editor, "%");
	if (history_path)
		history_load(history, history_path);
	demo(editor, history);
	if (history_path)
		history_save(history, history_path, 100);
	editor_free(editor);
	history_free(history);
	return 0;
}

int main(int argc, char **argv)
{
	static const char test[] = "modules/shell/src/edit/test/edit_pty_test.py";

	char self[4096];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (argc > 1 && strcmp(argv[1], "demo") == 0)
		return run_demo(argc > 2 ? argv[2] : NULL);
	self[len > 0 ? len : 0] = '\0';
	execlp("python3", "python3", test, self, (char *)NULL);
	perror("python3");
	return 1;
}
