/*
 * fork, vfork, wait4, waitid, orphans, process groups, sessions, stopping and continuing.
 */
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include "check.h"

static void exit_with(void *code)
{
	_exit((int)(intptr_t)code);
}

static void die_by(void *signal)
{
	raise((int)(intptr_t)signal);
	pause();
}

static void test_status(void)
{
	CHECK(in_child(exit_with, (void *)0) == 0);
	CHECK(in_child(exit_with, (void *)300) == (300 & 0xff) << 8);
	CHECK(in_child(die_by, (void *)SIGTERM) == SIGTERM);
	CHECK(in_child(die_by, (void *)SIGKILL) == SIGKILL);
	CHECK(in_child(die_by, (void *)SIGUSR1) == SIGUSR1);
	CHECK((in_child(die_by, (void *)SIGABRT) & 0x7f) == SIGABRT);
	CHECK_ERRNO(waitpid(-1, NULL, 0), ECHILD);
	CHECK_ERRNO(waitpid(getpid(), NULL, 0), ECHILD);
	CHECK_ERRNO(waitpid(-1, NULL, 0x1000), EINVAL);
}

/* Memory is copied, shared mappings are not. */
static void test_copies(void)
{
	static int copied = 1;
	volatile int *shared = shared_memory(4096);
	char *text = malloc(300000);

	memset(text, 'a', 300000);
	*shared = 1;
	pid_t pid = fork();

	if (pid == 0) {
		copied = 2;
		*shared = 2;
		text[299999] = 'b';
		_exit(text[0] == 'a' && getppid() != 0 ? 0 : 1);
	}
	int status;

	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	CHECK(copied == 1 && *shared == 2 && text[299999] == 'a');
	free(text);
}

static void test_wait_variants(void)
{
	siginfo_t info;
	volatile int *may_end = shared_memory(4096);
	pid_t pid = fork();

	if (pid == 0) {
		wait_for(may_end, 1);
		_exit(5);
	}
	CHECK(waitpid(pid, NULL, WNOHANG) == 0);
	*may_end = 1;
	memset(&info, 0xff, sizeof(info));
	CHECK(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
	CHECK(info.si_pid == pid && info.si_code == CLD_EXITED && info.si_status == 5 &&
	      info.si_signo == SIGCHLD);
	CHECK(waitid(P_ALL, 0, &info, WEXITED) == 0 && info.si_pid == pid);
	CHECK_ERRNO(waitid(P_PID, (id_t)pid, &info, WEXITED), ECHILD);
	CHECK_ERRNO(waitid(P_PID, (id_t)pid, &info, 0), EINVAL);
	/* Of several, any; by group, those of the group. */
	pid_t first = fork();

	if (first == 0)
		_exit(1);
	pid_t second = fork();

	if (second == 0) {
		setpgid(0, 0);
		sleep_ms(50);
		_exit(2);
	}
	int status;

	setpgid(second, second);
	CHECK(waitpid(-second, &status, 0) == second && status == 2 << 8);
	CHECK(wait(&status) == first && status == 1 << 8);
}

static void test_stop(void)
{
	int status;
	siginfo_t info;
	pid_t pid = fork();

	if (pid == 0) {
		for (;;)
			pause();
	}
	/* In a group of its own, which is not orphaned: terminal stop signals are ignored in one that is. */
	CHECK(setpgid(pid, pid) == 0);
	kill(pid, SIGSTOP);
	CHECK(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status) &&
	      WSTOPSIG(status) == SIGSTOP);
	CHECK(waitpid(pid, &status, WUNTRACED | WNOHANG) == 0);
	kill(pid, SIGCONT);
	CHECK(waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status));
	kill(pid, SIGTSTP);
	memset(&info, 0, sizeof(info));
	CHECK(waitid(P_PID, (id_t)pid, &info, WSTOPPED) == 0 && info.si_code == CLD_STOPPED &&
	      info.si_status == SIGTSTP);
	/* A stopped process is killed at once; other signals wait. */
	kill(pid, SIGTERM);
	CHECK(waitpid(pid, &status, WNOHANG) == 0);
	kill(pid, SIGKILL);
	CHECK(waitpid(pid, &status, 0) == pid && WTERMSIG(status) == SIGKILL);
}

/* The child takes the stop signal while the next one, to go on, is sent: that one has the last word. */
static void test_continue_while_stopping(void)
{
	volatile int *asked = shared_memory(4096), *answered = asked + 1;
	int rounds = 1000, stale = 0, status;
	pid_t pid = fork();

	while (pid == 0)
		*answered = *asked;
	CHECK(setpgid(pid, pid) == 0);
	for (int i = 1; i <= rounds; i++) {
		kill(pid, SIGTSTP);
		for (volatile int turn = 0; turn < i % 500 * 10; turn++)
			;
		kill(pid, SIGCONT);
		*asked = i;
		for (long limit = now_ms() + 5000; *answered < i && now_ms() < limit;)
			sched_yield();
		if (*answered < i)
			break;
		stale += waitpid(pid, &status, WUNTRACED | WNOHANG) == pid;
	}
	CHECK(*answered == rounds);
	CHECK(stale == 0);
	kill(pid, SIGKILL);
	CHECK(waitpid(pid, &status, 0) == pid && WTERMSIG(status) == SIGKILL);
}

static void test_orphans(void)
{
	volatile int *seen = shared_memory(4096);

	CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	pid_t pid = fork();

	if (pid == 0) {
		pid_t middle = getpid();

		if (fork() == 0) {
			for (int i = 0; i < 500 && getppid() == middle; i++)
				sleep_ms(10);
			seen[0] = getppid();
			_exit(9);
		}
		_exit(0);
	}
	int status;

	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	pid_t orphan = wait(&status);

	CHECK(orphan > 0 && orphan != pid && status == 9 << 8);
	CHECK(seen[0] == getpid());
	CHECK(prctl(PR_SET_CHILD_SUBREAPER, 0) == 0);
}

static void test_groups(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		int is_good = setsid() == getpid() && getsid(0) == getpid() &&
		              getpgrp() == getpid();

		is_good = is_good && setsid() == -1 && errno == EPERM;
		is_good = is_good && setpgid(0, 0) == -1 && errno == EPERM;
		pid_t child = fork();

		if (child == 0)
			_exit(getpgrp() == getppid() && setpgid(0, 0) == 0 && getpgrp() == getpid()
			              ? 0
			              : 1);
		int status;

		is_good = is_good && waitpid(child, &status, 0) == child && status == 0;
		_exit(is_good ? 0 : 1);
	}
	int status;

	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	CHECK_ERRNO(setpgid(-1, 0), EINVAL);
	CHECK_ERRNO(setpgid(0, 0x3fffffff), EPERM);
	CHECK_ERRNO(getpgid(0x3fffffff), ESRCH);
	CHECK_ERRNO(kill(0x3fffffff, 0), ESRCH);
	CHECK_ERRNO(kill(getpid(), 65), EINVAL);
	CHECK(kill(getpid(), 0) == 0);
}

static void test_vfork(void)
{
	volatile int *shared = shared_memory(4096);
	long before = now_ms();
	pid_t pid = vfork();

	if (pid == 0) {
		struct timespec time = {0, 100000000};

		syscall(SYS_nanosleep, &time, NULL);
		*shared = 1;
		_exit(4);
	}
	int status;

	CHECK(*shared == 1 && now_ms() - before >= 90);
	CHECK(waitpid(pid, &status, 0) == pid && status == 4 << 8);
}

/* SIGCHLD ignored: no zombies, and wait ends when the last child has. */
static volatile int got_usr2;

static void on_usr2(int number)
{
	(void)number;
	got_usr2 = 1;
}

/* A signal that a child asked for its sibling's end is not sent to their parent; SIGCHLD is. */
static void test_sibling(void)
{
	volatile pid_t *sibling = shared_memory(sizeof(pid_t));
	int status;

	signal(SIGUSR2, on_usr2);
	pid_t pid = fork();

	if (pid == 0) {
		pid_t made = (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGUSR2, 0, 0, 0, 0);

		if (made > 0)
			*sibling = made;
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && *sibling > 0);
	CHECK(waitpid(*sibling, &status, 0) == *sibling && got_usr2 == 0);
	signal(SIGUSR2, SIG_DFL);
}

static void test_no_zombies(void)
{
	signal(SIGCHLD, SIG_IGN);
	pid_t pid = fork();

	if (pid == 0) {
		sleep_ms(30);
		_exit(0);
	}
	CHECK_ERRNO(waitpid(pid, NULL, 0), ECHILD);
	CHECK_ERRNO(kill(pid, 0), ESRCH);
	signal(SIGCHLD, SIG_DFL);
}

static void test_usage(void)
{
	struct rusage usage;
	volatile unsigned work = 0;
	pid_t pid = fork();

	if (pid == 0) {
		for (unsigned i = 0; i < 20000000; i++)
			work += i;
		_exit(0);
	}
	memset(&usage, 0xff, sizeof(usage));
	CHECK(wait4(pid, NULL, 0, &usage) == pid);
	CHECK(usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec +
	              usage.ru_stime.tv_sec * 1000000 + usage.ru_stime.tv_usec >
	      0);
	CHECK(getrusage(RUSAGE_CHILDREN, &usage) == 0 &&
	      usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec > 0);
	CHECK_ERRNO(getrusage(99, &usage), EINVAL);
}

/* Many, one after the other and at once: numbers and memory are given back. */
static void test_many(void)
{
	for (int i = 0; i < 100; i++)
		CHECK(in_child(exit_with, (void *)(intptr_t)(i & 0x7f)) == (i & 0x7f) << 8);
	pid_t pids[30];
	int sum = 0, status;

	for (int i = 0; i < 30; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(i);
	}
	for (int i = 0; i < 30; i++) {
		CHECK(wait(&status) > 0);
		sum += WEXITSTATUS(status);
	}
	CHECK(sum == 29 * 30 / 2);
}

void test_process(void)
{
	test_status();
	test_copies();
	test_wait_variants();
	test_stop();
	test_continue_while_stopping();
	test_orphans();
	test_groups();
	test_vfork();
	test_sibling();
	test_no_zombies();
	test_usage();
	test_many();
}
