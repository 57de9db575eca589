/*
 * Sandbox: where cases run.
 *
 * TOP/bin has links to the few utilities that scripts may use; PATH is nothing else. Each case gets
 * TOP/N with its script, input and outputs, and below it the empty folder that it starts in, and is
 * the leader of a session of its own, on a pseudo-terminal when it asks for one. Outputs are files
 * and not pipes, so that a process which a case left behind cannot hold up the next. When the time is
 * over, and also after an orderly end, the process group is killed.
 */
#define _GNU_SOURCE
#include "sandbox.h"
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATH_BYTES = 600, MOST_OUTPUT_BYTES = 16 << 20 };

static const char *const utilities[] = {"[",     "cat",  "chmod", "echo",   "env", "kill",
                                        "ln",    "ls",   "mkdir", "printf", "rm",  "sed",
                                        "sleep", "test", "tr",    "wc"};

static _Noreturn void die(const char *what, const char *name)
{
	fprintf(stderr, "conform: %s %s: %s\n", what, name, strerror(errno));
	exit(2);
}

static const char *path_of(char buf[PATH_BYTES], const char *format, ...)
{
	va_list list;
	va_start(list, format);
	vsnprintf(buf, PATH_BYTES, format, list);
	va_end(list);
	return buf;
}

/* The absolute name of a program: as it was told, or where PATH finds it. */
static void find_program(const char *name, char out_path[PATH_BYTES])
{
	char folder[PATH_BYTES];
	const char *path = strchr(name, '/') ? "" : getenv("PATH");
	if (!path || !*path) {
		const char *here = *name == '/' ? "" : getcwd(folder, sizeof(folder) - 1);
		path_of(out_path, *name == '/' ? "%s%s" : "%s/%s", here, name);
		if (access(out_path, X_OK) == 0)
			return;
	}
	for (; path && *path; path += *path == ':') {
		int len = (int)strcspn(path, ":");
		path_of(out_path, "%.*s/%s", len, path, name);
		if (access(out_path, X_OK) == 0)
			return;
		path += len;
	}
	errno = ENOENT;
	die("no program", name);
}

/* Links bin/NAME to the program that the driver itself would find. */
static void link_program(const struct sandbox *sandbox, const char *name, const char *program)
{
	char link[PATH_BYTES], target[PATH_BYTES];
	find_program(program, target);
	if (symlink(target, path_of(link, "%s/bin/%s", sandbox->top, name)))
		die("cannot link", link);
}

void sandbox_create(struct sandbox *sandbox, const char *driver, char *const *shell, int seconds)
{
	char made[PATH_BYTES], bin[PATH_BYTES];
	const char *folder = getenv("TMPDIR");
	*sandbox = (struct sandbox){.words = shell, .seconds = seconds};
	find_program(shell[0], sandbox->shell);
	path_of(made, "%s/conform.XXXXXX", folder ? folder : "/tmp");
	if (!mkdtemp(made))
		die("cannot create", made);
	char *real = realpath(made, NULL);
	if (!real || strlen(real) >= sizeof(sandbox->top))
		die("cannot use", made);
	strcpy(sandbox->top, real);
	free(real);
	while (shell[sandbox->word_count])
		sandbox->word_count++;
	if (mkdir(path_of(bin, "%s/bin", sandbox->top), 0755))
		die("cannot create", bin);
	for (size_t i = 0; i < sizeof(utilities) / sizeof(utilities[0]); i++)
		link_program(sandbox, utilities[i], utilities[i]);
	link_program(sandbox, "args", driver);
}

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *place)
{
	(void)stat, (void)kind, (void)place;
	return remove(path);
}

static void remove_tree(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void sandbox_destroy(struct sandbox *sandbox)
{
	remove_tree(sandbox->top);
}

static void write_file(const char *path, const struct text *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, mode);
	if (fd < 0 || write(fd, text->data, text->len) != (ssize_t)text->len || close(fd))
		die("cannot write", path);
}

static void fill_folder(const char *folder, const struct test_case *test)
{
	char path[PATH_BYTES];
	struct text input = {0};
	if (mkdir(folder, 0755) || mkdir(path_of(path, "%s/work", folder), 0755))
		die("cannot create", folder);
	write_file(path_of(path, "%s/script", folder), &test->script, 0644);
	for (int i = 0; i < test->input_count; i++)
		text_append(&input, test->inputs[i].data, test->inputs[i].len);
	write_file(path_of(path, "%s/in", folder), &input, 0644);
	free(input.data);
	for (int i = 0; i < test->file_count; i++) {
		const struct case_file *file = &test->files[i];
		path_of(path, "%s/work/%s", folder, file->name);
		write_file(path, &file->content, file->is_program ? 0755 : 0644);
	}
}

/* In the child: signals and descriptors as if nobody had started the driver. */
static void forget_origin(void)
{
	sigset_t none;
	for (int number = 1; number < 32; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int fd = 3; fd < 256; fd++)
		close(fd);
}

static void redirect(const char *path, int flags, int wanted)
{
	int fd = open(path, flags, 0644);
	if (fd < 0)
		die("cannot open", path);
	if (fd != wanted) {
		dup2(fd, wanted);
		close(fd);
	}
}

/* SH is for scripts that start another shell. */
static void set_environment(const struct sandbox *sandbox)
{
	char path[PATH_BYTES];
	struct text words = {0};
	text_append(&words, sandbox->shell, strlen(sandbox->shell));
	for (int i = 1; i < sandbox->word_count; i++) {
		text_append(&words, " ", 1);
		text_append(&words, sandbox->words[i], strlen(sandbox->words[i]));
	}
	clearenv();
	setenv("PATH", path_of(path, "%s/bin", sandbox->top), 1);
	setenv("HOME", sandbox->top, 1);
	setenv("LC_ALL", "C", 1);
	setenv("SH", words.data, 1);
}

static void redirect_all(const char *folder, const char *terminal)
{
	char path[PATH_BYTES];
	redirect(terminal ? terminal : path_of(path, "%s/in", folder), terminal ? O_RDWR : O_RDONLY,
	         0);
	if (terminal)
		ioctl(0, TIOCSCTTY, 0);
	redirect(path_of(path, "%s/out", folder), O_RDWR | O_CREAT | O_APPEND, 1);
	redirect(path_of(path, "%s/err", folder), O_RDWR | O_CREAT | O_APPEND, 2);
}

static _Noreturn void be_shell(const struct sandbox *sandbox, const char *folder,
                               const char *terminal)
{
	char path[PATH_BYTES];
	char **words = calloc((size_t)sandbox->word_count + 2, sizeof(*words));
	if (!words)
		die("cannot start", sandbox->shell);
	memcpy(words, sandbox->words, (size_t)sandbox->word_count * sizeof(*words));
	words[sandbox->word_count] = "../script";
	setsid();
	forget_origin();
	umask(022);
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){MOST_OUTPUT_BYTES, RLIM_INFINITY});
	redirect_all(folder, terminal);
	set_environment(sandbox);
	if (chdir(path_of(path, "%s/work", folder)))
		die("cannot enter", path);
	execv(sandbox->shell, words);
	die("cannot start", sandbox->shell);
}

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Waits until the child ends or the limit passes; sleeps a little longer each time. */
static void wait_for(pid_t child, int seconds, struct terminal *terminal, struct outcome *outcome)
{
	double limit = now() + seconds;
	long pause_ns = 200000;
	int state;
	while (waitpid(child, &state, WNOHANG) == 0) {
		if (terminal)
			terminal_turn(terminal, now());
		if (now() > limit) {
			outcome->is_late = true;
			kill(child, SIGKILL);
			waitpid(child, &state, 0);
			break;
		}
		nanosleep(&(struct timespec){.tv_nsec = pause_ns}, NULL);
		pause_ns = pause_ns < 5000000 ? pause_ns * 5 / 4 : pause_ns;
	}
	kill(-child, SIGKILL);
	outcome->status = WIFSIGNALED(state) ? 128 + WTERMSIG(state) : WEXITSTATUS(state);
}

void sandbox_run(struct sandbox *sandbox, const struct test_case *test, struct outcome *out_outcome)
{
	char folder[PATH_BYTES], path[PATH_BYTES];
	struct terminal terminal = {0};
	bool is_typed = test->tags & TAG_TTY;
	*out_outcome = (struct outcome){0};
	path_of(folder, "%s/%d", sandbox->top, ++sandbox->count);
	fill_folder(folder, test);
	if (is_typed && !terminal_open(&terminal, test))
		die("cannot open a terminal for", test->title);
	fflush(NULL);
	pid_t child = fork();
	if (child < 0)
		die("cannot fork for", test->title);
	if (child == 0)
		be_shell(sandbox, folder, terminal.name);
	wait_for(child, sandbox->seconds, is_typed ? &terminal : NULL, out_outcome);
	if (is_typed)
		terminal_close(&terminal);
	if (!text_read_file(&out_outcome->out, path_of(path, "%s/out", folder)) ||
	    !text_read_file(&out_outcome->err, path_of(path, "%s/err", folder)))
		die("cannot read", path);
	remove_tree(folder);
}

void outcome_free(struct outcome *outcome)
{
	free(outcome->out.data);
	free(outcome->err.data);
}
