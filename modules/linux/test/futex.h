/*
 * The futex ABI that the tests use, spelled out: a module's sources include no header of Linux itself.
 */
#pragma once
#include <stdint.h>

#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define FUTEX_CMP_REQUEUE 4
#define FUTEX_WAKE_OP 5
#define FUTEX_WAIT_BITSET 9
#define FUTEX_WAKE_BITSET 10
#define FUTEX_PRIVATE 128
#define FUTEX_CLOCK_REALTIME 256
#define FUTEX_WAITERS 0x80000000u
#define FUTEX_OWNER_DIED 0x40000000u
#define FUTEX_OP_ADD 1u
#define FUTEX_OP_CMP_EQ 0u
#define FUTEX_OP(op, argument, compare, value) \
	((op) << 28 | (compare) << 24 | (argument) << 12 | (value))

struct robust_list {
	struct robust_list *next;
};
struct robust_list_head {
	struct robust_list list;
	long futex_offset;
	struct robust_list *list_op_pending;
};
