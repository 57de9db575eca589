/*
 * Host unit tests: TEST(name) { CHECK(...); } registers itself; TEST_MAIN() once per program runs all, or
 * those whose name contains the first argument, and prints "N passed, N failed" last.
 * A failed check leaves its test at once (longjmp) and prints the seed. test_seed() is 1 unless TEST_SEED
 * says otherwise or SOAK is set, which draws one; test_rounds(n) is 50 n under SOAK.
 */
#pragma once
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct test_case {
	const char *name;
	void (*run)(void);
	struct test_case *next;
};

void test_register(struct test_case *test);
void test_failed(const char *file, int line, const char *what) __attribute__((noreturn));
uint64_t test_seed(void);
unsigned test_rounds(unsigned normal);

#define TEST(name) \
	static void test_##name(void); \
	__attribute__((constructor)) static void test_register_##name(void) \
	{ \
		static struct test_case test = {#name, test_##name, NULL}; \
		test_register(&test); \
	} \
	static void test_##name(void)

#define CHECK(cond) \
	do { \
		if (!(cond)) \
			test_failed(__FILE__, __LINE__, #cond); \
	} while (0)

#define CHECK_EQ(a, b) \
	do { \
		long long check_a_ = (long long)(a), check_b_ = (long long)(b); \
		if (check_a_ != check_b_) { \
			printf("  %lld (0x%llx) is not %lld (0x%llx)\n", check_a_, check_a_, \
			       check_b_, check_b_); \
			test_failed(__FILE__, __LINE__, #a " == " #b); \
		} \
	} while (0)

#define CHECK_STR_EQ(a, b) \
	do { \
		const char *check_a_ = (a), *check_b_ = (b); \
		if (strcmp(check_a_, check_b_) != 0) { \
			printf("  \"%s\" is not \"%s\"\n", check_a_, check_b_); \
			test_failed(__FILE__, __LINE__, #a " == " #b); \
		} \
	} while (0)

#define CHECK_MEM_EQ(a, b, len) \
	do { \
		if (memcmp(a, b, len) != 0) \
			test_failed(__FILE__, __LINE__, #a " == " #b " (" #len " bytes)"); \
	} while (0)

#define TEST_MAIN() \
	static struct test_case *test_cases, **test_last = &test_cases; \
	static jmp_buf test_exit; \
	static const char *test_running = "(none)"; \
	void test_register(struct test_case *test) \
	{ \
		*test_last = test; \
		test_last = &test->next; \
	} \
	uint64_t test_seed(void) \
	{ \
		static uint64_t seed; \
		const char *given = getenv("TEST_SEED"); \
		if (!seed) \
			seed = given            ? strtoull(given, NULL, 0) \
			       : getenv("SOAK") ? (uint64_t)time(NULL) * 2654435761u \
			                        : 1; \
		return seed; \
	} \
	unsigned test_rounds(unsigned normal) \
	{ \
		return getenv("SOAK") ? normal * 50 : normal; \
	} \
	void test_failed(const char *file, int line, const char *what) \
	{ \
		printf("FAIL %s: %s:%d: %s (TEST_SEED=%llu)\n", test_running, file, line, what, \
		       (unsigned long long)test_seed()); \
		longjmp(test_exit, 1); \
	} \
	__attribute__((weak, noreturn)) void assert_failed(const char *expr, const char *file, \
	                                                   int line); \
	__attribute__((weak, noreturn)) void assert_failed(const char *expr, const char *file, \
	                                                   int line) \
	{ \
		printf("assertion failed in %s: %s:%d: %s\n", test_running, file, line, expr); \
		fflush(stdout); \
		abort(); \
	} \
	int main(int argc, char **argv) \
	{ \
		static unsigned passed, failed; \
		setvbuf(stdout, NULL, _IOLBF, 0); \
		for (struct test_case *volatile t = test_cases; t; t = t->next) { \
			if (argc > 1 && !strstr(t->name, argv[1])) \
				continue; \
			test_running = t->name; \
			if (setjmp(test_exit) == 0) { \
				t->run(); \
				passed++; \
			} else { \
				failed++; \
			} \
		} \
		printf("%u passed, %u failed\n", passed, failed); \
		return failed != 0; \
	} \
	struct test_main_needs_a_semicolon
