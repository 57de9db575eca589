/*
 * What pages.c needs of the system: memory objects, mappings in the monitor's own address space, and a
 * copy that survives a fault on either side.
 */
#include "pages.h"
#include "errno.h"
#include "uname.h"
#include <libanon/enter.h>
#include <libanon/memory.h>
#include <libanon/syscall.h>
#include <libanon/time.h>

int64_t memory_os_create(uint64_t bytes, handle_t *out_memory)
{
	return errno_from_status(sys_memory_create(HANDLE_NONE, bytes, 0, out_memory));
}

int64_t memory_os_resize(handle_t memory, uint64_t bytes)
{
	return errno_from_status(sys_memory_resize(memory, bytes));
}

void memory_os_populate(handle_t memory, uint64_t offset, uint64_t bytes)
{
	(void)sys_memory_populate(memory, offset, bytes);
}

void memory_os_close(handle_t memory)
{
	(void)sys_handle_close(memory);
}

void *memory_os_map(handle_t memory, uint64_t offset, uint64_t bytes, bool is_writable)
{
	void *address;
	uint32_t flags = MAP_READ | (is_writable ? MAP_WRITE : 0);
	return memory_map(memory, offset, bytes, flags, &address) == OK ? address : NULL;
}

void memory_os_unmap(void *address, uint64_t bytes)
{
	(void)memory_unmap(address, bytes);
}

bool memory_os_is_short(void)
{
	return memory_is_short(MEMORY_KEPT_FROM_FILES);
}

void memory_os_pause(void)
{
	sleep_ns(NS_PER_MS);
}

/* A monitor's own thread cannot survive a fault, so it does not look. */
uint64_t memory_os_load(const uint64_t *at)
{
	struct guest_state *state = guest_state();
	uint64_t failed, value = 0;

	if (!state)
		return 0;
	__asm__ volatile(
		"lea 9f(%%rip), %%rax\n\tmov %%rax, %c[fixup](%[state])\n\t"
		"mov (%[at]), %[value]\n\txor %%eax, %%eax\n9:\tmovq $0, %c[fixup](%[state])"
		: "=&a"(failed), [value] "+&r"(value)
		: [state] "r"(state), [at] "r"(at), [fixup] "i"(offsetof(struct guest_state, fixup))
		: "memory", "cc");
	return failed ? 0 : value;
}

/* As in guest.c: while state->fixup is set, a fault goes on behind the copy with rax = 1. */
size_t copy_guarded(void *to, const void *from, size_t bytes)
{
	struct guest_state *state = guest_state();
	uint64_t failed;
	size_t words = bytes / 8;

	if (!state) { /* a thread of the monitor's own: touches no file content that can vanish */
		__builtin_memcpy(to, from, bytes);
		return bytes;
	}
	__asm__ volatile("lea 9f(%%rip), %%rax\n\tmov %%rax, %c[fixup](%[state])\n\t"
	                 "rep movsq\n\tmov %[tail], %%rcx\n\trep movsb\n\t"
	                 "xor %%eax, %%eax\n9:\tmovq $0, %c[fixup](%[state])"
	                 : "=&a"(failed), "+D"(to), "+S"(from), "+c"(words)
	                 : [state] "r"(state), [tail] "r"(bytes & 7),
	                   [fixup] "i"(offsetof(struct guest_state, fixup))
	                 : "memory", "cc");
	return failed ? 0 : bytes;
}

bool touch_guarded(uint8_t *at)
{
	struct guest_state *state = guest_state();
	uint64_t failed;

	if (!state)
		return true;
	__asm__ volatile(
		"lea 9f(%%rip), %%rax\n\tmov %%rax, %c[fixup](%[state])\n\t"
		"lock orb $0, (%[at])\n\t"
		"xor %%eax, %%eax\n9:\tmovq $0, %c[fixup](%[state])"
		: "=&a"(failed)
		: [state] "r"(state), [at] "r"(at), [fixup] "i"(offsetof(struct guest_state, fixup))
		: "memory", "cc");
	return !failed;
}
