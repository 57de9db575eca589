/*
 * Guest memory accessors (guest.h). While one runs, state->fixup holds the address where the kernel
 * resumes the monitor, with rax = 1, when a fault cannot be settled; outside it is 0, so that a stray
 * access kills the monitor instead of passing unnoticed.
 */
#include "guest.h"
#include <base/bits.h>
#include <base/string.h>
#include <libanon/heap.h>
#include "errno.h"
#include "signal_frame.h"
#include "syscall.h"
#include "task.h"

#define FIXUP_OFFSET offsetof(struct guest_state, fixup)
#define FIXUP_SET "lea 9f(%%rip), %%rax\n\tmov %%rax, %c[fixup](%[state])\n\t"
#define FIXUP_CLEAR "xor %%eax, %%eax\n9:\tmovq $0, %c[fixup](%[state])\n\t"

int guest_range_ok(uint64_t address, uint64_t bytes)
{
	return address <= GUEST_END && bytes <= GUEST_END - address;
}

/* 0, or 1 when the word cannot be read. */
static inline uint64_t guarded_load(struct guest_state *state, uint64_t from, uint64_t *value)
{
	uint64_t failed;

	*value = 0;
	__asm__ volatile(FIXUP_SET "mov (%[from]), %[value]\n\t" FIXUP_CLEAR
	                 : "=&a"(failed), [value] "+&r"(*value)
	                 : [state] "r"(state), [from] "r"(from), [fixup] "i"(FIXUP_OFFSET)
	                 : "memory", "cc");
	return failed;
}

static int64_t guarded_copy(struct guest_state *state, void *to, const void *from, size_t bytes)
{
	uint64_t failed;
	uint64_t words = bytes / 8;

	__asm__ volatile(FIXUP_SET "rep movsq\n\tmov %[tail], %%rcx\n\trep movsb\n\t" FIXUP_CLEAR
	                 : "=&a"(failed), "+D"(to), "+S"(from), "+c"(words)
	                 : [state] "r"(state), [tail] "r"(bytes & 7), [fixup] "i"(FIXUP_OFFSET)
	                 : "memory", "cc");
	return failed ? -EFAULT : 0;
}

int64_t copy_from_guest(struct task *task, void *to, uint64_t u_from, size_t bytes)
{
	if (!guest_range_ok(u_from, bytes))
		return -EFAULT;
	return guarded_copy(task->state, to, (const void *)u_from, bytes);
}

int64_t copy_to_guest(struct task *task, uint64_t u_to, const void *from, size_t bytes)
{
	if (!guest_range_ok(u_to, bytes))
		return -EFAULT;
	return guarded_copy(task->state, (void *)u_to, from, bytes);
}

int64_t clear_guest(struct task *task, uint64_t u_to, size_t bytes)
{
	uint64_t failed;
	uint64_t to = u_to;
	uint64_t count = bytes;

	if (!guest_range_ok(u_to, bytes))
		return -EFAULT;
	/* stosb wants al = 0, which the fix-up's address in rax is not: set it after. */
	__asm__ volatile(FIXUP_SET "xor %%eax, %%eax\n\trep stosb\n\t" FIXUP_CLEAR
	                 : "=&a"(failed), "+D"(to), "+c"(count)
	                 : [state] "r"(task->state), [fixup] "i"(FIXUP_OFFSET)
	                 : "memory", "cc");
	return failed ? -EFAULT : 0;
}

int64_t xsave_to_guest(struct task *task, uint64_t u_to, size_t bytes)
{
	uint64_t failed;

	if (!guest_range_ok(u_to, bytes))
		return -EFAULT;
	/* rax is the lower half of the mask of what is to be stored, too. */
	__asm__ volatile(FIXUP_SET "mov $-1, %%eax\n\txsave64 (%[to])\n\t" FIXUP_CLEAR
	                 : "=&a"(failed)
	                 : [state] "r"(task->state), [to] "r"(u_to),
	                   "d"(-1), [fixup] "i"(FIXUP_OFFSET)
	                 : "memory", "cc");
	return failed ? -EFAULT : 0;
}

int64_t fxsave_to_guest(struct task *task, uint64_t u_to)
{
	uint64_t failed;

	if (!guest_range_ok(u_to, FPU_LEGACY_BYTES))
		return -EFAULT;
	__asm__ volatile(FIXUP_SET "fxsave64 (%[to])\n\t" FIXUP_CLEAR
	                 : "=&a"(failed)
	                 : [state] "r"(task->state), [to] "r"(u_to), [fixup] "i"(FIXUP_OFFSET)
	                 : "memory", "cc");
	return failed ? -EFAULT : 0;
}

int64_t get_guest_u8(struct task *task, uint64_t u_from, uint8_t *out_value)
{
	return copy_from_guest(task, out_value, u_from, sizeof(*out_value));
}

int64_t get_guest_u32(struct task *task, uint64_t u_from, uint32_t *out_value)
{
	uint64_t failed;
	uint32_t value = 0;

	if (!guest_range_ok(u_from, sizeof(value)))
		return -EFAULT;
	__asm__ volatile(FIXUP_SET "mov (%[from]), %[value]\n\t" FIXUP_CLEAR
	                 : "=&a"(failed), [value] "+&r"(value)
	                 : [state] "r"(task->state), [from] "r"(u_from), [fixup] "i"(FIXUP_OFFSET)
	                 : "memory", "cc");
	*out_value = value;
	return failed ? -EFAULT : 0;
}

int64_t get_guest_u64(struct task *task, uint64_t u_from, uint64_t *out_value)
{
	if (!guest_range_ok(u_from, sizeof(*out_value)))
		return -EFAULT;
	return guarded_load(task->state, u_from, out_value) ? -EFAULT : 0;
}

int64_t put_guest_u32(struct task *task, uint64_t u_to, uint32_t value)
{
	uint64_t failed;

	if (!guest_range_ok(u_to, sizeof(value)))
		return -EFAULT;
	__asm__ volatile(FIXUP_SET "mov %[value], (%[to])\n\t" FIXUP_CLEAR
	                 : "=&a"(failed)
	                 : [state] "r"(task->state), [to] "r"(u_to), [value] "r"(value),
	                   [fixup] "i"(FIXUP_OFFSET)
	                 : "memory", "cc");
	return failed ? -EFAULT : 0;
}

int64_t put_guest_u64(struct task *task, uint64_t u_to, uint64_t value)
{
	return copy_to_guest(task, u_to, &value, sizeof(value));
}

int64_t cmpxchg_guest_u32(struct task *task, uint64_t u_at, uint32_t expected, uint32_t desired,
                          uint32_t *out_seen)
{
	uint64_t failed;
	uint32_t seen = expected;

	if (!guest_range_ok(u_at, sizeof(seen)))
		return -EFAULT;
	/* rax is both cmpxchg's comparand and the fix-up's flag: the comparand comes from %[seen]. */
	__asm__ volatile(
		FIXUP_SET
		"mov %[seen], %%eax\n\tlock cmpxchg %[desired], (%[at])\n\tmov %%eax, %[seen]\n\t" FIXUP_CLEAR
		: "=&a"(failed), [seen] "+&r"(seen)
		: [state] "r"(task->state), [at] "r"(u_at), [desired] "r"(desired),
		  [fixup] "i"(FIXUP_OFFSET)
		: "memory", "cc");
	*out_seen = seen;
	return failed ? -EFAULT : 0;
}

/* Bit 7 of the lowest byte that is zero is the lowest bit set; 0: none is. */
static uint64_t zero_bytes(uint64_t word)
{
	return (word - 0x0101010101010101ull) & ~word & 0x8080808080808080ull;
}

/* Bytes up to the next page of the guest. */
static size_t bytes_to_page_end(uint64_t address)
{
	return PAGE_SIZE - (address & (PAGE_SIZE - 1));
}

/* By words as long as they lie within a page, so that a string ending before an unmapped page is read. */
int64_t strncpy_from_guest(struct task *task, char *to, uint64_t u_from, size_t size)
{
	size_t limit = MIN(size, u_from < GUEST_END ? GUEST_END - u_from : 0);
	size_t done = 0;

	while (done < limit) {
		size_t stop = done + MIN(limit - done, bytes_to_page_end(u_from + done));

		for (; stop - done >= sizeof(uint64_t); done += sizeof(uint64_t)) {
			uint64_t word, zeroes;

			if (guarded_load(task->state, u_from + done, &word))
				return -EFAULT;
			memcpy(to + done, &word, sizeof(word));
			zeroes = zero_bytes(word);
			if (zeroes)
				return (int64_t)(done + bit_lowest(zeroes) / 8);
		}
		for (; done < stop; done++) {
			if (guarded_copy(task->state, to + done, (const void *)(u_from + done), 1))
				return -EFAULT;
			if (to[done] == 0)
				return (int64_t)done;
		}
	}
	return done < size ? -EFAULT : -ENAMETOOLONG;
}

static int64_t iov_total(const struct guest_iovec *iov, uint64_t count)
{
	uint64_t total = 0;

	for (uint64_t i = 0; i < count; i++) {
		if ((int64_t)iov[i].len < 0)
			return -EINVAL;
		if (!guest_range_ok(iov[i].base, iov[i].len))
			return -EFAULT;
		if (!add_checked(total, iov[i].len, &total) || (int64_t)total < 0)
			return -EINVAL;
	}
	return (int64_t)total;
}

int64_t guest_iov_get(struct task *task, uint64_t u_iov, uint64_t count, struct guest_iovec *fast,
                      uint64_t fast_count, struct guest_iovec **out_iov)
{
	struct guest_iovec *iov = fast;
	int64_t result;

	if (count > GUEST_IOV_MAX)
		return -EINVAL;
	if (count > fast_count)
		iov = heap_alloc(count * sizeof(*iov));
	if (!iov)
		return -ENOMEM;
	result = copy_from_guest(task, iov, u_iov, count * sizeof(*iov));
	if (result == 0)
		result = iov_total(iov, count);
	if (result < 0)
		guest_iov_free(iov, fast);
	else
		*out_iov = iov;
	return result;
}

void guest_iov_free(struct guest_iovec *iov, struct guest_iovec *fast)
{
	if (iov != fast)
		heap_free(iov);
}
