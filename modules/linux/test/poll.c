/*
 * poll, ppoll, select: what is ready, time-outs, being woken; epoll.
 */
#include "file_suites.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>

static void readiness(void)
{
	int ends[2];
	CHECK(pipe(ends) == 0);
	struct pollfd p[3] = {{ends[0], POLLIN, 0}, {ends[1], POLLOUT, 0}, {-1, POLLIN, 9}};
	CHECK(poll(p, 3, 0) == 1 && p[0].revents == 0 && p[1].revents == POLLOUT &&
	      p[2].revents == 0);
	CHECK(write(ends[1], "x", 1) == 1);
	CHECK(poll(p, 3, -1) == 2 && p[0].revents == POLLIN);
	close(ends[1]);
	p[1].fd = ends[1];
	CHECK(poll(p, 2, 0) == 2 && p[0].revents == (POLLIN | POLLHUP) && p[1].revents == POLLNVAL);
	char byte;
	CHECK(read(ends[0], &byte, 1) == 1 && poll(p, 1, 0) == 1 && p[0].revents == POLLHUP);
	close(ends[0]);
	CHECK(pipe(ends) == 0 && close(ends[0]) == 0);
	struct pollfd w = {ends[1], POLLOUT, 0};
	CHECK(poll(&w, 1, 0) == 1 && w.revents & POLLERR);
	close(ends[1]);
	put_file("f", "x");
	struct pollfd file = {open("f", O_RDWR), POLLIN | POLLOUT, 0};
	CHECK(poll(&file, 1, 0) == 1 && file.revents == (POLLIN | POLLOUT));
	close(file.fd);
}

static void timeouts(void)
{
	int ends[2];
	CHECK(pipe(ends) == 0);
	struct pollfd p = {ends[0], POLLIN, 0};
	long start = now_ms();
	CHECK(poll(&p, 1, 60) == 0);
	long taken = now_ms() - start;
	CHECK(taken >= 59 && taken < 2000);
	CHECK(poll(NULL, 0, 10) == 0);
	struct timespec time = {0, 20000000};
	start = now_ms();
	CHECK(ppoll(&p, 1, &time, NULL) == 0 && now_ms() - start >= 19);
	fd_set set;
	FD_ZERO(&set);
	FD_SET(ends[0], &set);
	struct timeval limit = {0, 30000};
	start = now_ms();
	CHECK(select(ends[0] + 1, &set, NULL, NULL, &limit) == 0 && now_ms() - start >= 29);
	CHECK(!FD_ISSET(ends[0], &set));
	close(ends[0]);
	close(ends[1]);
}

static void selecting(void)
{
	int ends[2];
	fd_set readable, writable;
	struct timeval none = {0, 0};
	CHECK(pipe(ends) == 0);
	FD_ZERO(&readable);
	FD_ZERO(&writable);
	FD_SET(ends[0], &readable);
	FD_SET(ends[1], &writable);
	CHECK(select(ends[1] + 1, &readable, &writable, NULL, &none) == 1);
	CHECK(!FD_ISSET(ends[0], &readable) && FD_ISSET(ends[1], &writable));
	CHECK(write(ends[1], "x", 1) == 1);
	FD_SET(ends[0], &readable);
	CHECK(select(ends[1] + 1, &readable, &writable, NULL, NULL) == 2);
	close(ends[0]);
	FD_ZERO(&readable);
	FD_SET(ends[0], &readable);
	CHECK_ERRNO(select(ends[0] + 1, &readable, NULL, NULL, &none), EBADF);
	CHECK_ERRNO(select(-1, NULL, NULL, NULL, &none), EINVAL);
	close(ends[1]);
}

static void *write_later(void *argument)
{
	sleep_ms(50);
	(void)!write(*(int *)argument, "x", 1);
	return NULL;
}

static void woken(void)
{
	int ends[2], others[2];
	pthread_t thread;
	CHECK(pipe(ends) == 0 && pipe(others) == 0);
	CHECK(pthread_create(&thread, NULL, write_later, &ends[1]) == 0);
	struct pollfd p[2] = {{others[0], POLLIN, 0}, {ends[0], POLLIN, 0}};
	CHECK(poll(p, 2, 5000) == 1 && p[1].revents == POLLIN);
	pthread_join(thread, NULL);
	for (int i = 0; i < 2; i++) {
		close(ends[i]);
		close(others[i]);
	}
}

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
	caught = number;
}

static void masks(void)
{
	sigset_t blocked, open_set;
	struct timespec time = {5, 0};
	struct sigaction action = {.sa_handler = on_signal};
	sigaction(SIGUSR1, &action, NULL);
	sigemptyset(&open_set);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	raise(SIGUSR1);
	CHECK(caught == 0);
	CHECK_ERRNO(ppoll(NULL, 0, &time, &open_set), EINTR);
	CHECK(caught == SIGUSR1);
	sigset_t now;
	sigprocmask(SIG_SETMASK, NULL, &now);
	CHECK(sigismember(&now, SIGUSR1));
	sigprocmask(SIG_UNBLOCK, &blocked, NULL);
}

void test_poll(void)
{
	readiness();
	timeouts();
	selecting();
	woken();
	masks();
}

static void levels_and_edges(void)
{
	int ends[2];
	char byte;
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = 42}, got[4];
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	CHECK(epoll >= 0 && pipe(ends) == 0);
	CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event) == 0);
	CHECK_ERRNO(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event), EEXIST);
	CHECK(epoll_wait(epoll, got, 4, 0) == 0);
	CHECK(write(ends[1], "xy", 2) == 2);
	CHECK(epoll_wait(epoll, got, 4, -1) == 1 && got[0].data.u64 == 42 &&
	      got[0].events == EPOLLIN);
	CHECK(epoll_wait(epoll, got, 4, 0) == 1); /* still true */
	event.events = EPOLLIN | EPOLLET;
	CHECK(epoll_ctl(epoll, EPOLL_CTL_MOD, ends[0], &event) == 0);
	CHECK(epoll_wait(epoll, got, 4, 0) == 1 && epoll_wait(epoll, got, 4, 0) == 0);
	CHECK(write(ends[1], "z", 1) == 1 && epoll_wait(epoll, got, 4, 0) == 1);
	event.events = EPOLLIN | EPOLLONESHOT;
	CHECK(epoll_ctl(epoll, EPOLL_CTL_MOD, ends[0], &event) == 0);
	CHECK(epoll_wait(epoll, got, 4, 0) == 1 && epoll_wait(epoll, got, 4, 0) == 0);
	CHECK(write(ends[1], "z", 1) == 1 && epoll_wait(epoll, got, 4, 0) == 0);
	CHECK(epoll_ctl(epoll, EPOLL_CTL_DEL, ends[0], NULL) == 0);
	CHECK_ERRNO(epoll_ctl(epoll, EPOLL_CTL_DEL, ends[0], NULL), ENOENT);
	CHECK_ERRNO(epoll_ctl(epoll, EPOLL_CTL_ADD, epoll, &event), EINVAL);
	CHECK_ERRNO(epoll_wait(ends[0], got, 4, 0), EINVAL);
	CHECK_ERRNO(epoll_wait(epoll, got, 0, 0), EINVAL);
	CHECK(read(ends[0], &byte, 1) == 1);
	close(ends[0]);
	close(ends[1]);
	close(epoll);
}

static void closing_forgets(void)
{
	int ends[2];
	struct epoll_event event = {.events = EPOLLIN}, got;
	int epoll = epoll_create1(0);
	CHECK(pipe(ends) == 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event) == 0);
	CHECK(write(ends[1], "x", 1) == 1 && close(ends[0]) == 0);
	CHECK(epoll_wait(epoll, &got, 1, 0) == 0);
	close(ends[1]);
	long start = now_ms();
	CHECK(epoll_wait(epoll, &got, 1, 30) == 0 && now_ms() - start >= 29);
	close(epoll);
}

static void waking(void)
{
	int ends[2];
	pthread_t thread;
	struct epoll_event event = {.events = EPOLLIN, .data.fd = 7}, got;
	int epoll = epoll_create1(0);
	CHECK(pipe(ends) == 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event) == 0);
	CHECK(pthread_create(&thread, NULL, write_later, &ends[1]) == 0);
	CHECK(epoll_wait(epoll, &got, 1, 5000) == 1 && got.data.fd == 7);
	struct pollfd p = {epoll, POLLIN, 0};
	CHECK(poll(&p, 1, 0) == 1 && p.revents == POLLIN);
	pthread_join(thread, NULL);
	close(ends[0]);
	close(ends[1]);
	close(epoll);
}

#define CHANGES 4000

static void change_watch(int epoll, int fd, int operation)
{
	struct epoll_event event = {.events = EPOLLIN};
	for (int i = 0; i < CHANGES; i++)
		epoll_ctl(epoll, operation, fd, &event);
}

/* One adds a watch, one changes it, one removes it, while there is news and somebody who waits for it. */
static void changed_by_others(void)
{
	static const int operations[] = {EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL};
	struct epoll_event event = {.events = EPOLLIN}, got;
	int ends[2], epoll = epoll_create1(0), status = -1;
	char byte = 'x';
	CHECK(pipe(ends) == 0);
	for (int i = 0; i < 3; i++) {
		if (fork() == 0) {
			change_watch(epoll, ends[0], operations[i]);
			_exit(0);
		}
	}
	for (int i = 0; i < CHANGES; i++) {
		int is_told = write(ends[1], &byte, 1) == 1 && epoll_wait(epoll, &got, 1, 0) >= 0;
		if (!is_told || read(ends[0], &byte, 1) != 1)
			CHECK(!"news gets through");
	}
	for (int i = 0; i < 3; i++)
		CHECK(wait(&status) > 0 && status == 0);
	epoll_ctl(epoll, EPOLL_CTL_DEL, ends[0], NULL);
	CHECK(epoll_wait(epoll, &got, 1, 0) == 0);
	CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event) == 0);
	CHECK(write(ends[1], &byte, 1) == 1 && epoll_wait(epoll, &got, 1, 0) == 1);
	close(epoll);
	close(ends[0]);
	close(ends[1]);
}

void test_epoll(void)
{
	levels_and_edges();
	closing_forgets();
	waking();
	changed_by_others();
}
