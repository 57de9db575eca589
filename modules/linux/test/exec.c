/*
 * execve: what the new program finds: arguments, environment, auxv, signals, ids; and refusals. The program
 * starts itself by /proc/self/exe, or by argv[0] where there is no /proc.
 */
#include <elf.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include "check.h"

extern char **environ;
static char *self = "/bin/linuxtest";

static int helper_environment(char **argv)
{
	const unsigned char *random = (const unsigned char *)getauxval(AT_RANDOM);
	int sum = 0;

	for (int i = 0; i < 16; i++)
		sum |= random[i];
	return strcmp(argv[3], "two words") == 0 && argv[4][0] == 0 && argv[5] == NULL &&
	                       strcmp(getenv("COLOR"), "blue") == 0 && environ[1] == NULL &&
	                       getauxval(AT_PAGESZ) == 4096 && getauxval(AT_UID) == getuid() &&
	                       getauxval(AT_PHDR) != 0 && getauxval(AT_ENTRY) != 0 && sum != 0 &&
	                       strcmp((char *)getauxval(AT_PLATFORM), "x86_64") == 0 &&
	                       getauxval(AT_SECURE) == 0 && getauxval(AT_EXECFN) != 0
	               ? 21
	               : 1;
}

static int helper_signals(void)
{
	struct sigaction ignored, handled;
	sigset_t mask, waiting;

	sigaction(SIGUSR1, NULL, &ignored);
	sigaction(SIGUSR2, NULL, &handled);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	sigpending(&waiting);
	return ignored.sa_handler == SIG_IGN && handled.sa_handler == SIG_DFL &&
	                       sigismember(&mask, SIGHUP) && !sigismember(&mask, SIGINT) &&
	                       sigismember(&waiting, SIGHUP)
	               ? 22
	               : 1;
}

int exec_helper(int argc, char **argv)
{
	if (strcmp(argv[2], "environment") == 0)
		return argc == 5 ? helper_environment(argv) : 1;
	if (strcmp(argv[2], "signals") == 0)
		return helper_signals();
	if (strcmp(argv[2], "pid") == 0)
		return getpid() == atoi(argv[3]) && (int)syscall(SYS_gettid) == getpid() ? 23 : 1;
	if (strcmp(argv[2], "limited") == 0)
		return object_limit_helper();
	if (strcmp(argv[2], "stack") == 0) {
		volatile char big[4 << 20];

		for (size_t i = 0; i < sizeof(big); i += 4096)
			big[sizeof(big) - 1 - i] = 1;
		return big[sizeof(big) - 1] == 1 ? 24 : 1;
	}
	return 2;
}

static void run_environment(void *argument)
{
	char *argv[] = {"x", "--exec-helper", "environment", "two words", "", NULL};
	char *envp[] = {"COLOR=blue", NULL};

	(void)argument;
	execve(self, argv, envp);
	_exit(99);
}

static void ignore(int signal)
{
	(void)signal;
}

static void run_signals(void *argument)
{
	char *argv[] = {"x", "--exec-helper", "signals", NULL};
	sigset_t set;

	(void)argument;
	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, ignore);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGHUP);
	execve(self, argv, environ);
	_exit(99);
}

static void *sleeper(void *argument)
{
	for (;;)
		pause();
	return argument;
}

static void *exec_in_thread(void *argument)
{
	char pid[16];
	char *argv[] = {"x", "--exec-helper", "pid", pid, NULL};

	snprintf(pid, sizeof(pid), "%d", getpid());
	execve(self, argv, environ);
	_exit(99);
	return argument;
}

/* A thread that is not the leader execs: all others go, the process keeps its number. */
static void run_thread_exec(void *argument)
{
	pthread_t thread;

	(void)argument;
	for (int i = 0; i < 3; i++)
		pthread_create(&thread, NULL, sleeper, NULL);
	pthread_create(&thread, NULL, exec_in_thread, NULL);
	pthread_join(thread, NULL);
	sleeper(NULL);
}

static void run_stack(void *argument)
{
	char *argv[] = {"x", "--exec-helper", "stack", NULL};

	(void)argument;
	execve(self, argv, environ);
	_exit(99);
}

static void run_too_long(void *argument)
{
	char *text = malloc(200000);
	char *argv[] = {"x", text, NULL};

	(void)argument;
	memset(text, 'x', 199999);
	text[199999] = 0;
	execve(self, argv, environ);
	_exit(errno == E2BIG ? 0 : 1);
}

static void test_refusals(void)
{
	char *argv[] = {"x", NULL};

	CHECK_ERRNO(execve("/no/such/program", argv, environ), ENOENT);
	CHECK_ERRNO(execve("", argv, environ), ENOENT);
	CHECK_ERRNO(syscall(SYS_execve, 8, argv, environ), EFAULT);
	CHECK_ERRNO(syscall(SYS_execve, self, 8, environ), EFAULT);
	CHECK(in_child(run_too_long, NULL) == 0);
}

void test_exec(void)
{
	static char path[256];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (len > 0)
		self = path;
	CHECK(in_child(run_environment, NULL) == 21 << 8);
	CHECK(in_child(run_signals, NULL) == 22 << 8);
	CHECK(in_child(run_thread_exec, NULL) == 23 << 8);
	CHECK(in_child(run_stack, NULL) == 24 << 8);
	test_refusals();
}
