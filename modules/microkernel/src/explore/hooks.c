/*
 * The functions that the compiler calls at each access to memory with -fsanitize=thread. They are all of the sanitizer
 * that is used: with them an explorer can put other CPUs between any two accesses of one.
 */
#include "explore/hooks.h"
#include <stddef.h>
#include <stdint.h>

void (*access_hook)(const void *at, bool is_atomic, bool is_write);

static inline void access(const void *at, bool is_atomic, bool is_write)
{
	if (__builtin_expect(access_hook != NULL, 0))
		access_hook(at, is_atomic, is_write);
}

#define PLAIN(suffix) \
	void __tsan_read##suffix(const void *at); \
	void __tsan_write##suffix(const void *at); \
	void __tsan_read##suffix(const void *at) \
	{ \
		access(at, false, false); \
	} \
	void __tsan_write##suffix(const void *at) \
	{ \
		access(at, false, true); \
	}

PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)

#define RANGE(name, is_write) \
	void name(const void *at, size_t bytes); \
	void name(const void *at, size_t bytes) \
	{ \
		(void)bytes; \
		access(at, false, is_write); \
	}

RANGE(__tsan_read_range, false)
RANGE(__tsan_write_range, true)

void __tsan_init(void);
void __tsan_func_entry(const void *caller);
void __tsan_func_exit(void);
void __tsan_init(void) {}
void __tsan_func_entry(const void *caller)
{
	(void)caller;
}
void __tsan_func_exit(void) {}

#define MODIFY(bits, name, builtin) \
	uint##bits##_t __tsan_atomic##bits##_##name(uint##bits##_t *at, uint##bits##_t value, \
	                                            int order); \
	uint##bits##_t __tsan_atomic##bits##_##name(uint##bits##_t *at, uint##bits##_t value, \
	                                            int order) \
	{ \
		(void)order; \
		access(at, true, true); \
		return builtin(at, value, __ATOMIC_SEQ_CST); \
	}

#define ATOMIC(bits) \
	uint##bits##_t __tsan_atomic##bits##_load(const uint##bits##_t *at, int order); \
	void __tsan_atomic##bits##_store(uint##bits##_t *at, uint##bits##_t value, int order); \
	int __tsan_atomic##bits##_compare_exchange_strong(uint##bits##_t *at, \
	                                                  uint##bits##_t *expected, \
	                                                  uint##bits##_t value, int success, \
	                                                  int failure); \
	uint##bits##_t __tsan_atomic##bits##_load(const uint##bits##_t *at, int order) \
	{ \
		(void)order; \
		access(at, true, false); \
		return __atomic_load_n(at, __ATOMIC_SEQ_CST); \
	} \
	void __tsan_atomic##bits##_store(uint##bits##_t *at, uint##bits##_t value, int order) \
	{ \
		(void)order; \
		access(at, true, true); \
		__atomic_store_n(at, value, __ATOMIC_SEQ_CST); \
	} \
	int __tsan_atomic##bits##_compare_exchange_strong(uint##bits##_t *at, \
	                                                  uint##bits##_t *expected, \
	                                                  uint##bits##_t value, int success, \
	                                                  int failure) \
	{ \
		(void)success, (void)failure; \
		access(at, true, true); \
		return __atomic_compare_exchange_n(at, expected, value, false, __ATOMIC_SEQ_CST, \
		                                   __ATOMIC_SEQ_CST); \
	} \
	MODIFY(bits, exchange, __atomic_exchange_n) \
	MODIFY(bits, fetch_add, __atomic_fetch_add) \
	MODIFY(bits, fetch_sub, __atomic_fetch_sub) \
	MODIFY(bits, fetch_or, __atomic_fetch_or) \
	MODIFY(bits, fetch_and, __atomic_fetch_and)

ATOMIC(8)
ATOMIC(16)
ATOMIC(32)
ATOMIC(64)
