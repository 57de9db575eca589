/* The suites of filetest; each begins in an empty directory of its own. */
#pragma once
#include "check.h"

void test_file(void);
void test_names(void);
void test_directory(void);
void test_fd(void);
void test_lock(void);
void test_pipe(void);
void test_poll(void);
void test_epoll(void);
void test_tty(void);
void test_proc(void);
void test_rights(void);
void test_socket(void);
void test_travel(void);
void test_unshare(void);
void test_memfd(void);

/* Makes a file with this text. */
void put_file(const char *name, const char *text);
/* Its content in a static buffer, or "". */
const char *get_file(const char *name);
