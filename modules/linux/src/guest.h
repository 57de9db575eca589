/*
 * Access to the memory of the guest that the calling thread is bound to: the only way to touch it.
 * Each returns 0 or -EFAULT; part of the data may have been moved when it fails. The range is checked
 * against GUEST_END; a fault that cannot be settled ends the access (state->fixup, abi.h).
 *
 * An access may wait for a pager: never hold a lock across one. Guest memory changes under your feet:
 * copy, then check the copy. `u_` marks an address that came from a guest.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct task;

int64_t copy_from_guest(struct task *task, void *to, uint64_t u_from, size_t bytes);
int64_t copy_to_guest(struct task *task, uint64_t u_to, const void *from, size_t bytes);
int64_t clear_guest(struct task *task, uint64_t u_to, size_t bytes);
/* The FPU's registers (fpu.c). */
int64_t xsave_to_guest(struct task *task, uint64_t u_to, size_t bytes);
int64_t fxsave_to_guest(struct task *task, uint64_t u_to);

/* Copies up to and with the NUL. Length without the NUL, -EFAULT, or -ENAMETOOLONG when none of `size` bytes is NUL. */
int64_t strncpy_from_guest(struct task *task, char *to, uint64_t u_from, size_t size);

int64_t get_guest_u8(struct task *task, uint64_t u_from, uint8_t *out_value);
int64_t get_guest_u32(struct task *task, uint64_t u_from, uint32_t *out_value);
int64_t get_guest_u64(struct task *task, uint64_t u_from, uint64_t *out_value);
int64_t put_guest_u32(struct task *task, uint64_t u_to, uint32_t value);
int64_t put_guest_u64(struct task *task, uint64_t u_to, uint64_t value);

/* Compare and exchange of a guest word, for futexes and robust lists; out_seen is what was there. */
int64_t cmpxchg_guest_u32(struct task *task, uint64_t u_at, uint32_t expected, uint32_t desired,
                          uint32_t *out_seen);

/* Whether [address, address + bytes) lies in the guest's half. */
int guest_range_ok(uint64_t address, uint64_t bytes);

/* iovec arrays of readv, writev, sendmsg...: copied and checked as Linux does (-EINVAL, -EFAULT). */
#define GUEST_IOV_MAX 1024
struct guest_iovec {
	uint64_t base;
	uint64_t len;
};
/* *out_iov is allocated (or `fast` when count fits into fast_count) and freed with guest_iov_free. Returns total bytes. */
int64_t guest_iov_get(struct task *task, uint64_t u_iov, uint64_t count, struct guest_iovec *fast,
                      uint64_t fast_count, struct guest_iovec **out_iov);
void guest_iov_free(struct guest_iovec *iov, struct guest_iovec *fast);

/*
 * Memory of another process (ptrace, /proc/PID/mem, process_vm_readv, /proc/PID/cmdline): by
 * sys_space_copy, so it may be used on any mm whose reference is held. Bytes done or a negated errno.
 */
struct mm;
int64_t mm_read(struct mm *mm, uint64_t address, void *buffer, size_t bytes);
int64_t mm_write(struct mm *mm, uint64_t address, const void *buffer, size_t bytes);
