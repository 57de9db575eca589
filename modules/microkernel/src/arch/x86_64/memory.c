/*
 * Whole pages, and user memory. copy_from_user, copy_to_user and guest_load_u32 are all there is to reach a
 * program's memory.
 */
#include <microkernel/errors.h>
#include "arch/arch.h"
#include "arch/x86_64/features.h"

#define PAGE_WORDS (PAGE_SIZE / 8)

status_t usercopy(void *to, const void *from, uint64_t len);
status_t usercopy_smap(void *to, const void *from, uint64_t len);
int64_t userload(const uint32_t *from);
int64_t userload_smap(const uint32_t *from);

void arch_zero_page(void *page)
{
	uint64_t words = PAGE_WORDS;

	__asm__ volatile("rep stosq" : "+D"(page), "+c"(words) : "a"(0) : "memory");
}

void arch_copy_page(void *to, const void *from)
{
	uint64_t words = PAGE_WORDS;

	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
}

/*
 * The address when [u_address, u_address + len) lies in the native window, else 0, computed without a branch
 * so that no speculation uses an address that was refused.
 */
static uint64_t window_address(uint64_t u_address, uint64_t len)
{
	uint64_t offset = u_address - NATIVE_BASE;
	uint64_t size = NATIVE_END - NATIVE_BASE;
	uint64_t is_inside = (offset < size) & (len <= size) & (offset <= size - len);
	uint64_t mask = 0 - is_inside;

	__asm__ volatile("" : "+r"(mask));
	return u_address & mask;
}

static status_t copy(void *to, const void *from, uint64_t len)
{
	return cpu_features.has_smap ? usercopy_smap(to, from, len) : usercopy(to, from, len);
}

status_t copy_from_user(void *to, uint64_t u_from, uint64_t len)
{
	uint64_t from = window_address(u_from, len);

	if (len == 0)
		return OK; /* whatever the address is */
	return from ? copy(to, (const void *)from, len) : E_FAULT;
}

status_t copy_to_user(uint64_t u_to, const void *from, uint64_t len)
{
	uint64_t to = window_address(u_to, len);

	if (len == 0)
		return OK;
	return to ? copy((void *)to, from, len) : E_FAULT;
}

int64_t guest_load_u32(uint64_t u_from)
{
	uint64_t mask = 0 - (uint64_t)(u_from <= GUEST_END - sizeof(uint32_t));
	const uint32_t *from;

	__asm__ volatile("" : "+r"(mask)); /* as in window_address */
	from = (const uint32_t *)(u_from & mask);
	return cpu_features.has_smap ? userload_smap(from) : userload(from);
}
