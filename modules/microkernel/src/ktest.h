/*
 * In-kernel tests: functions in a list (ktest_list.c), run by the test kernel in place of init.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct ktest {
	const char *name;
	void (*run)(void);
};
extern const struct ktest ktests[];
extern const unsigned ktest_count;

/* Runs all tests, prints "N passed, N failed", stops the machine. In normal kernels: does nothing. */
void ktest_main(void);

void ktest_check(bool is_true, const char *text, const char *file, int line);

#define KTEST(name) \
	void ktest_##name(void); \
	void ktest_##name(void)
#define KCHECK(condition) ktest_check(condition, #condition, __FILE__, __LINE__)
