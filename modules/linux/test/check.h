/*
 * Checks for Linux programs that test the monitor from inside. The same program run on a real Linux is the
 * oracle: every check must pass there.
 */
#pragma once
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

void check_result(int is_good, const char *what, const char *file, int line);
#define CHECK(condition) check_result(!!(condition), #condition, __FILE__, __LINE__)
/* A call that must fail with this errno. */
#define CHECK_ERRNO(call, error) \
	do { \
		errno = 0; \
		long check_result_ = (long)(call); \
		check_result(check_result_ == -1 && errno == (error), #call " fails with " #error, \
		             __FILE__, __LINE__); \
	} while (0)

/* At the start, in the middle, and last: prints the sum and returns the exit status. */
void check_begin(void);
int check_passed(void);
int check_failed(void);
int check_end(void);
/* Whether the command line names this suite, or none at all. */
int check_is_chosen(const char *name, int argc, char **argv);

/* Memory shared with children, zeroed. */
void *shared_memory(size_t bytes);
/* Runs fn(argument) in a child and returns its wait status. */
int in_child(void (*fn)(void *), void *argument);
void sleep_ms(unsigned ms);
/* Waits until *word is at least value, or 5 s have passed: then 0. */
int wait_for(volatile int *word, int value);
/* Waits until the process sleeps, and goes on sleeping for a moment, or 5 s have passed: then 0. */
int wait_until_asleep(pid_t pid);
long now_ms(void);

/* Suites, each in a file of its own. */
void test_process(void);
void test_exec(void);
void test_signal(void);
void test_restart(void);
void test_futex(void);
void test_thread(void);
void test_memory(void);
void test_memory_after_fork(void);
void test_time(void);
void test_ids(void);
void test_fault(void);
void test_object(void);
void test_object_limit(void);
void test_vdso(void);
void test_rseq(void);
void test_syslog(void);
void test_timerfd(void);
void test_signalfd(void);
void test_affinity(void);
/* What the exec suite starts this program as. */
int exec_helper(int argc, char **argv);
/* The object-limit suite's part of that: its exit status. */
int object_limit_helper(void);
