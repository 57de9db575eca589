/*
 * What the parts of kerneltest share.
 */
#pragma once
#include <libanon/syscall.h>

void check(bool is_good, const char *what, int line);
#define CHECK(cond) check(cond, #cond, __LINE__)

handle_t make_domain(uint64_t pages);

/* kerneltest_threads.c */
void test_parking(void);
void test_slice_of_caller(void);
void test_signals(void);
void test_shares(void);
