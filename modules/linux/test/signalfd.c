/*
 * signalfd: what is read for each kind of signal, whose signals they are, waiting, polling, errors.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include "check.h"

static sigset_t set_of(int first, int second)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, first);
	sigaddset(&set, second);
	return set;
}

static int is_ready(int fd, int timeout_ms)
{
	struct pollfd p = {fd, POLLIN, 0};

	return poll(&p, 1, timeout_ms) == 1 && p.revents == POLLIN;
}

static int read_one(int fd, struct signalfd_siginfo *info)
{
	memset(info, 0xff, sizeof(*info));
	return read(fd, info, sizeof(*info)) == sizeof(*info);
}

static void test_kinds(int fd)
{
	struct signalfd_siginfo info[4];
	union sigval value = {.sival_int = 77};

	CHECK_ERRNO(read(fd, info, sizeof(info)), EAGAIN);
	CHECK_ERRNO(read(fd, info, sizeof(info[0]) - 1), EINVAL);
	CHECK(!is_ready(fd, 0) && kill(getpid(), SIGUSR1) == 0 && is_ready(fd, 0));
	CHECK(read_one(fd, info) && info->ssi_signo == SIGUSR1 && info->ssi_code == SI_USER &&
	      info->ssi_pid == (uint32_t)getpid() && info->ssi_uid == getuid() &&
	      info->ssi_int == 0 && !is_ready(fd, 0));
	/* Several at once: standard ones before real-time ones, these in the order in which they were sent. */
	CHECK(sigqueue(getpid(), SIGRTMIN, value) == 0);
	value.sival_int = 78;
	CHECK(sigqueue(getpid(), SIGRTMIN, value) == 0 && kill(getpid(), SIGUSR1) == 0);
	CHECK(read(fd, info, sizeof(info)) == 3 * sizeof(info[0]));
	CHECK(info[0].ssi_signo == SIGUSR1 && info[1].ssi_signo == (uint32_t)SIGRTMIN &&
	      info[2].ssi_signo == (uint32_t)SIGRTMIN);
	CHECK(info[1].ssi_int == 77 && info[2].ssi_int == 78 && info[1].ssi_code == SI_QUEUE &&
	      info[1].ssi_pid == (uint32_t)getpid() && (info[2].ssi_ptr & 0xffffffff) == 78);
}

static void test_child(int fd)
{
	struct signalfd_siginfo info;
	pid_t pid = fork();

	if (pid == 0)
		_exit(7);
	CHECK(is_ready(fd, 5000) && read_one(fd, &info));
	CHECK(info.ssi_signo == SIGCHLD && info.ssi_code == CLD_EXITED && info.ssi_status == 7 &&
	      info.ssi_pid == (uint32_t)pid);
	CHECK(waitpid(pid, NULL, 0) == pid);
}

static void test_timer(int fd)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	struct itimerspec soon = {{0, 0}, {0, 10000000}};
	struct signalfd_siginfo info;
	timer_t timer;

	event.sigev_value.sival_int = 42;
	CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 &&
	      timer_settime(timer, 0, &soon, NULL) == 0);
	CHECK(is_ready(fd, 5000) && read_one(fd, &info) && info.ssi_code == SI_TIMER &&
	      info.ssi_int == 42 && info.ssi_overrun == 0);
	CHECK(timer_delete(timer) == 0);
}

/* What is not in the mask stays; the mask can be changed. */
static void test_mask(int fd)
{
	sigset_t all = set_of(SIGUSR1, SIGRTMIN), other = set_of(SIGUSR2, SIGKILL), pending;
	struct signalfd_siginfo info;

	sigaddset(&all, SIGCHLD);
	CHECK(kill(getpid(), SIGUSR2) == 0 && !is_ready(fd, 0));
	CHECK(signalfd(fd, &other, 0) == fd && is_ready(fd, 0));
	CHECK(kill(getpid(), SIGUSR1) == 0 && read_one(fd, &info) && info.ssi_signo == SIGUSR2);
	CHECK_ERRNO(read(fd, &info, sizeof(info)), EAGAIN);
	CHECK(sigpending(&pending) == 0 && sigismember(&pending, SIGUSR1));
	CHECK(signalfd(fd, &all, 0) == fd && read_one(fd, &info) && info.ssi_signo == SIGUSR1);
}

static void send_later(void *unused)
{
	(void)unused;
	sleep_ms(50);
	kill(getppid(), SIGUSR1);
}

static void on_alarm(int signal)
{
	(void)signal;
}

static void test_waiting(int fd)
{
	struct sigaction action = {.sa_handler = on_alarm};
	struct signalfd_siginfo info;
	sigset_t only = set_of(SIGUSR1, SIGUSR1);
	int waiting = signalfd(-1, &only, 0);
	pid_t pid = fork();

	if (pid == 0) {
		send_later(NULL);
		_exit(0);
	}
	CHECK(read_one(waiting, &info) && info.ssi_signo == SIGUSR1 &&
	      info.ssi_pid == (uint32_t)pid);
	CHECK(waitpid(pid, NULL, 0) == pid && read_one(fd, &info) && info.ssi_signo == SIGCHLD);
	sigaction(SIGALRM, &action, NULL);
	alarm(1);
	CHECK_ERRNO(read(waiting, &info, sizeof(info)), EINTR);
	signal(SIGALRM, SIG_DFL);
	close(waiting);
}

/* A thread's own signals are not another's to read. */
static void *read_in_thread(void *fd)
{
	struct signalfd_siginfo info;

	CHECK_ERRNO(read(*(int *)fd, &info, sizeof(info)), EAGAIN);
	CHECK(kill(getpid(), SIGRTMIN) == 0 && read_one(*(int *)fd, &info) &&
	      info.ssi_signo == (uint32_t)SIGRTMIN);
	return NULL;
}

static void test_threads(int fd)
{
	struct signalfd_siginfo info;
	pthread_t thread;

	CHECK(raise(SIGUSR1) == 0);
	CHECK(pthread_create(&thread, NULL, read_in_thread, &fd) == 0);
	pthread_join(thread, NULL);
	CHECK(read_one(fd, &info) && info.ssi_signo == SIGUSR1 && info.ssi_code == SI_TKILL);
}

struct shared {
	int fd, epoll;
};

/* The file is the parent's, too; the signals are the child's. Its epoll outlives it. */
static void in_forked(void *argument)
{
	struct shared *s = argument;
	struct epoll_event event = {.events = EPOLLIN}, got;
	struct signalfd_siginfo info;

	CHECK(!is_ready(s->fd, 0));
	CHECK(epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->fd, &event) == 0);
	CHECK(kill(getpid(), SIGUSR1) == 0 && is_ready(s->fd, 0) &&
	      epoll_wait(s->epoll, &got, 1, 1000) == 1);
	CHECK(read_one(s->fd, &info) && info.ssi_pid == (uint32_t)getpid());
}

static void test_processes(int fd)
{
	struct shared s = {fd, epoll_create1(0)};
	struct epoll_event event = {.events = EPOLLIN}, got;
	struct signalfd_siginfo info;

	CHECK(kill(getpid(), SIGUSR1) == 0 && is_ready(fd, 0));
	CHECK(in_child(in_forked, &s) == 0);
	CHECK(read_one(fd, &info) && info.ssi_signo == SIGUSR1); /* and SIGCHLD: */
	CHECK(read_one(fd, &info) && info.ssi_signo == SIGCHLD);
	CHECK(epoll_wait(s.epoll, &got, 1, 0) <= 1);
	close(s.epoll);
	s.epoll = epoll_create1(0);
	CHECK(epoll_ctl(s.epoll, EPOLL_CTL_ADD, fd, &event) == 0);
	CHECK(epoll_wait(s.epoll, &got, 1, 0) == 0 && kill(getpid(), SIGUSR1) == 0 &&
	      epoll_wait(s.epoll, &got, 1, 1000) == 1 && read_one(fd, &info));
	close(s.epoll);
}

static void test_errors(int fd)
{
	sigset_t mask = set_of(SIGUSR1, SIGUSR1);

	CHECK_ERRNO(syscall(SYS_signalfd4, -1, &mask, 4, 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_signalfd4, -1, 8, 8, 0), EFAULT);
	CHECK_ERRNO(signalfd(-1, &mask, 1), EINVAL);
	CHECK_ERRNO(signalfd(999, &mask, 0), EBADF);
	CHECK_ERRNO(signalfd(1, &mask, 0), EINVAL);
	CHECK_ERRNO(write(fd, &mask, 8), EINVAL);
	CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC && fcntl(fd, F_GETFL) & O_NONBLOCK);
}

static void run(void *unused)
{
	sigset_t blocked = set_of(SIGUSR1, SIGUSR2), mask = set_of(SIGUSR1, SIGRTMIN);

	(void)unused;
	sigaddset(&mask, SIGCHLD);
	sigaddset(&blocked, SIGCHLD);
	sigaddset(&blocked, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	int fd = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);

	CHECK(fd >= 0);
	test_kinds(fd);
	test_child(fd);
	test_timer(fd);
	test_mask(fd);
	test_waiting(fd);
	test_threads(fd);
	test_processes(fd);
	test_errors(fd);
}

/* In a child, whose signals are nobody else's business. */
void test_signalfd(void)
{
	CHECK(in_child(run, NULL) == 0);
}
