/*
 * futex: the kernel's word waits do the queueing, keyed by (space, address) or, in shared mappings, by (memory
 * object, offset), so private and shared futexes are the same call here. A kick ends a wait early; without a
 * signal to deliver the caller sees a spurious wake-up, which every user of futexes must expect.
 *
 * The plain private calls never come here: the kernel settles them (futex_word_call), and hands over those that a kick
 * interrupts, which then find the signal or wait again.
 */
#include "futex.h"
#include <base/bits.h>
#include <libanon/syscall.h>
#include "guest.h"
#include "mm.h"
#include "syscall.h"

#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define FUTEX_REQUEUE 3
#define FUTEX_CMP_REQUEUE 4
#define FUTEX_WAKE_OP 5
#define FUTEX_WAIT_BITSET 9
#define FUTEX_WAKE_BITSET 10
#define FUTEX_PRIVATE 128
#define FUTEX_CLOCK_REALTIME 256
#define FUTEX_BITSET_ALL 0xffffffffu
#define FUTEX_OWNER_DIED 0x40000000u
#define FUTEX_WAITERS 0x80000000u
#define FUTEX_TID_MASK 0x3fffffffu
#define ROBUST_HEAD_BYTES 24
#define ROBUST_LIST_MAX 2048

const struct word_call futex_word_call = {
	.number = 202, /* futex */
	.wait = FUTEX_WAIT | FUTEX_PRIVATE,
	.wait_masked = FUTEX_WAIT_BITSET | FUTEX_PRIVATE,
	.wake = FUTEX_WAKE | FUTEX_PRIVATE,
	.differs = (uint64_t)-EAGAIN,
};

static int64_t wait_on_word(struct task *task, uint64_t u_word, uint32_t expected,
                            uint64_t deadline, uint32_t bits)
{
	uint32_t seen;

	if (!is_aligned(u_word, sizeof(uint32_t)))
		return -EINVAL;
	/* Faults the page in and gives EFAULT, which the kernel's call cannot tell from a wrong handle. */
	if (get_guest_u32(task, u_word, &seen) != 0)
		return -EFAULT;
	if (seen != expected)
		return -EAGAIN;
	if (signal_pending(task))
		return -ERESTARTSYS;
	status_t status = sys_word_wait(task->mm->space, u_word, expected, deadline,
	                                bits | WORD_WAIT_INTERRUPTIBLE);

	if (status == E_INTR)
		return signal_pending(task) ? -ERESTARTSYS : 0;
	return errno_from_status(status);
}

static int64_t wait_again(struct task *task, struct restart *restart)
{
	int64_t result = wait_on_word(task, restart->arguments[0], (uint32_t)restart->arguments[1],
	                              restart->deadline, (uint32_t)restart->arguments[2]);

	return result == -ERESTARTSYS ? -ERESTART_RESTARTBLOCK : result;
}

static int64_t futex_wait(struct task *task, uint64_t u_word, uint32_t expected, uint64_t deadline,
                          uint32_t bits)
{
	if (bits == 0)
		return -EINVAL;
	int64_t result = wait_on_word(task, u_word, expected, deadline, bits);

	if (result != -ERESTARTSYS || deadline == 0)
		return result;
	task->restart = (struct restart){
		.again = wait_again, .deadline = deadline, .arguments = {u_word, expected, bits}};
	return -ERESTART_RESTARTBLOCK;
}

static int64_t futex_wake(struct task *task, uint64_t u_word, uint32_t count, uint32_t bits)
{
	uint64_t woken = 0;

	if (!is_aligned(u_word, sizeof(uint32_t)) || bits == 0)
		return -EINVAL;
	if (!guest_range_ok(u_word, sizeof(uint32_t)))
		return -EFAULT;
	status_t status = sys_word_wake(task->mm->space, u_word, count, bits, &woken);

	/* An address with nothing mapped has no waiters. */
	return status == OK ? (int64_t)woken : status == E_FAULT ? 0 : errno_from_status(status);
}

static int64_t futex_requeue(struct task *task, uint64_t u_word, uint32_t wake, uint64_t move,
                             uint64_t u_target)
{
	uint64_t count = 0;

	if (!is_aligned(u_word | u_target, sizeof(uint32_t)) || (int32_t)wake < 0 ||
	    (int64_t)move < 0)
		return -EINVAL;
	status_t status = sys_word_requeue(task->mm->space, u_word, wake, move, u_target, &count);

	return status == OK ? (int64_t)count : errno_from_status(status);
}

static int64_t futex_cmp_requeue(struct task *task, uint64_t u_word, uint32_t wake, uint64_t move,
                                 uint64_t u_target, uint32_t expected)
{
	uint32_t seen;

	if (get_guest_u32(task, u_word, &seen) != 0)
		return -EFAULT;
	if (seen != expected)
		return -EAGAIN;
	return futex_requeue(task, u_word, wake, move, u_target);
}

/* --- FUTEX_WAKE_OP: change one word, wake on two --- */

static bool apply_operation(uint32_t code, uint32_t old, uint32_t *out_new)
{
	uint32_t argument = (uint32_t)((int32_t)(code << 8) >> 20);

	if (code & 1u << 31)
		argument = 1u << (argument & 31);
	switch (code >> 28 & 7) {
	case 0: *out_new = argument; return true;
	case 1: *out_new = old + argument; return true;
	case 2: *out_new = old | argument; return true;
	case 3: *out_new = old & ~argument; return true;
	case 4: *out_new = old ^ argument; return true;
	default: return false;
	}
}

static bool compares(uint32_t code, int32_t old)
{
	int32_t argument = (int32_t)(code << 20) >> 20;

	switch (code >> 24 & 15) {
	case 0: return old == argument;
	case 1: return old != argument;
	case 2: return old < argument;
	case 3: return old <= argument;
	case 4: return old > argument;
	case 5: return old >= argument;
	default: return false;
	}
}

static int64_t futex_wake_op(struct task *task, uint64_t u_word, uint32_t count, uint64_t count2,
                             uint64_t u_word2, uint32_t code)
{
	uint32_t old, seen, fresh;

	if (!is_aligned(u_word2, sizeof(old)))
		return -EINVAL;
	if (get_guest_u32(task, u_word2, &seen) != 0)
		return -EFAULT;
	do {
		old = seen;
		if (!apply_operation(code, old, &fresh))
			return -ENOSYS;
		if (cmpxchg_guest_u32(task, u_word2, old, fresh, &seen) != 0)
			return -EFAULT;
	} while (seen != old);
	int64_t woken = futex_wake(task, u_word, count, FUTEX_BITSET_ALL);

	if (woken >= 0 && compares(code, (int32_t)old)) {
		int64_t more = futex_wake(task, u_word2, (uint32_t)count2, FUTEX_BITSET_ALL);

		woken = more < 0 ? more : woken + more;
	}
	return woken;
}

/* --- the call --- */

/* FUTEX_WAIT takes a relative time, the bitset kind an absolute one of either clock. */
static int64_t deadline_of(struct task *task, uint32_t operation, bool is_real, uint64_t u_timeout,
                           uint64_t *out_deadline)
{
	struct linux_timespec timeout;
	uint64_t ns;

	*out_deadline = 0;
	if (u_timeout == 0)
		return 0;
	if (operation == FUTEX_WAIT)
		return time_deadline_from_guest(task, u_timeout, out_deadline);
	if (copy_from_guest(task, &timeout, u_timeout, sizeof(timeout)) != 0)
		return -EFAULT;
	int64_t error = time_from_timespec(&timeout, &ns);

	if (error)
		return error;
	*out_deadline = is_real ? time_real_to_deadline(ns) : MAX(ns, 1ull);
	return 0;
}

SYSCALL6(futex, uint64_t, u_word, uint32_t, operation_flags, uint32_t, value, uint64_t, timeout,
         uint64_t, u_word2, uint32_t, value3)
{
	uint32_t operation = operation_flags & ~(FUTEX_PRIVATE | FUTEX_CLOCK_REALTIME);
	bool is_real = operation_flags & FUTEX_CLOCK_REALTIME;
	uint64_t deadline;
	int64_t error;

	switch (operation) {
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
		error = deadline_of(task, operation, is_real, timeout, &deadline);
		if (error)
			return error;
		return futex_wait(task, u_word, value, deadline,
		                  operation == FUTEX_WAIT ? FUTEX_BITSET_ALL : value3);
	case FUTEX_WAKE: return futex_wake(task, u_word, value, FUTEX_BITSET_ALL);
	case FUTEX_WAKE_BITSET: return futex_wake(task, u_word, value, value3);
	case FUTEX_REQUEUE: return futex_requeue(task, u_word, value, (uint32_t)timeout, u_word2);
	case FUTEX_CMP_REQUEUE:
		return futex_cmp_requeue(task, u_word, value, (uint32_t)timeout, u_word2, value3);
	case FUTEX_WAKE_OP:
		return futex_wake_op(task, u_word, value, (uint32_t)timeout, u_word2, value3);
	default: return -ENOSYS; /* priority inheritance */
	}
}

/* --- robust lists and the end of a thread --- */

SYSCALL2(set_robust_list, uint64_t, u_head, uint64_t, bytes)
{
	if (bytes != ROBUST_HEAD_BYTES)
		return -EINVAL;
	task->robust_list = u_head;
	return 0;
}

SYSCALL3(get_robust_list, int32_t, tid, uint64_t, u_head, uint64_t, u_bytes)
{
	struct task *target = task_find(tid ? tid : task->tid);

	if (!target)
		return -ESRCH;
	uint64_t head = target->robust_list;

	task_put(target);
	if (put_guest_u64(task, u_bytes, ROBUST_HEAD_BYTES) != 0)
		return -EFAULT;
	return put_guest_u64(task, u_head, head);
}

/* The holder has died: mark the lock and wake one who waits for it. */
static void release_dead_lock(struct task *task, uint64_t u_word)
{
	uint32_t seen, value;

	if (!is_aligned(u_word, sizeof(seen)) || get_guest_u32(task, u_word, &seen) != 0)
		return;
	do {
		value = seen;
		if ((value & FUTEX_TID_MASK) != (uint32_t)task->tid)
			return;
		if (cmpxchg_guest_u32(task, u_word, value,
		                      (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED, &seen) != 0)
			return;
	} while (seen != value);
	if (value & FUTEX_WAITERS)
		futex_wake(task, u_word, 1, FUTEX_BITSET_ALL);
}

static void walk_robust_list(struct task *task)
{
	uint64_t head[3]; /* first entry, offset of the word from an entry, entry being taken */
	uint64_t entry;

	if (copy_from_guest(task, head, task->robust_list, sizeof(head)) != 0)
		return;
	entry = head[0];
	for (int i = 0; i < ROBUST_LIST_MAX && entry != task->robust_list; i++) {
		uint64_t next;

		/* The lowest bit marks a priority-inheriting lock. */
		bool is_readable = get_guest_u64(task, entry & ~1ull, &next) == 0;

		if (entry != head[2])
			release_dead_lock(task, (entry & ~1ull) + head[1]);
		if (!is_readable)
			break;
		entry = next;
	}
	if (head[2])
		release_dead_lock(task, (head[2] & ~1ull) + head[1]);
}

void futex_exit(struct task *task)
{
	if (!task->mm)
		return;
	if (task->robust_list)
		walk_robust_list(task);
	task->robust_list = 0;
	/* Nobody is left to see it when the memory goes with this thread. */
	if (task->clear_tid && __atomic_load_n(&task->mm->references, __ATOMIC_ACQUIRE) > 1 &&
	    put_guest_u32(task, task->clear_tid, 0) == 0)
		futex_wake(task, task->clear_tid, 1, FUTEX_BITSET_ALL);
	task->clear_tid = 0;
}
