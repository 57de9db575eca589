/*
 * storetest: what its parts share.
 */
#pragma once
#include <base/random.h>
#include <distributed-fs/files_client.h>

extern handle_t test_root;             /* the tree's root */
extern struct files_session test_home; /* a session on the test's own directory */

void test_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void test_check(bool is_ok, const char *file, int line, const char *what);
void test_check_status(status_t got, status_t wanted, const char *file, int line, const char *what);
#define CHECK(condition) test_check((condition), __FILE_NAME__, __LINE__, #condition)
#define CHECK_STATUS(call, wanted) \
	test_check_status((call), (wanted), __FILE_NAME__, __LINE__, #call)

/* The file at fid, mapped writable; NULL after a failed check. */
uint8_t *test_map(handle_t session, uint32_t fid, uint64_t bytes);
void test_unmap(uint8_t *at, uint64_t bytes);
/* Bytes that depend on seed and place only. */
void test_fill(uint8_t *to, size_t len, uint64_t seed);
bool test_holds(const uint8_t *from, size_t len, uint64_t seed);
/* Makes the file NAME in the home directory as fid. */
status_t test_create(uint32_t fid, const char *name);

void test_names(void);
void test_many_names(void);
void test_data(void);
void test_generations(void);
void test_limits(void);
void test_full(void);
void test_held(void);
void test_print_hash(void);

/* Files for other boots: make and verify them; the load writes until the power goes. */
void test_leave(uint64_t seed, uint64_t count);
void test_find(uint64_t seed, uint64_t count);
void test_load(uint64_t seed);
