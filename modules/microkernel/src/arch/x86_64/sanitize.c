/*
 * The address sanitizer of kernels of KIND=sanitize. The compiler puts a call before every access to memory (the
 * __asan_ functions below); a byte of shadow for each 8 bytes of RAM says whether they may be touched: 0 all, 1 to 7 the
 * first so many, else none (enum sanitize_state says why).
 *
 * RAM has one shadow by physical address, so the direct map and the kernel's image need no mapping of it. What is in neither
 * (devices, programs' memory by usercopy.S) is not checked, nor is assembly. Variables on stacks have no red zones:
 * the compiler would write their shadow at a fixed address. This file and what runs before sanitize_init are compiled without.
 */
#include "sanitize.h"
#include <base/bits.h>
#include "arch/x86_64/layout.h"
#include "domain.h"
#include "page.h"
#include "panic.h"
#include "sanitize_undefined.h"

#define GRANULE 8u
#define QUARANTINE_BLOCKS 256u

static uint8_t *shadow;     /* null until sanitize_init */
static uint64_t shadow_end; /* physical address where what it covers ends */
static bool is_expecting;
static unsigned expected;
static void *quarantine[QUARANTINE_BLOCKS];
static unsigned quarantine_at;

/* Null for what is not checked. */
static uint8_t *shadow_of(uint64_t address)
{
	if (address >= FIXED_BASE)
		return NULL;
	uint64_t image = (uint64_t)image_base;
	uint64_t physical = address >= image ? address - image : address - DIRECT_BASE;

	return shadow && physical < shadow_end ? &shadow[physical / GRANULE] : NULL;
}

static bool is_good_granule(const uint8_t *at, unsigned last)
{
	return *at == 0 || (*at < GRANULE && last < *at);
}

static const char *reason_of(uint8_t state)
{
	switch (state) {
	case SANITIZE_FRESH: return "memory that nobody asked for";
	case SANITIZE_FREED: return "a freed block";
	case SANITIZE_NO_PAGE: return "a free page";
	case SANITIZE_GLOBAL: return "what lies behind a variable";
	default: return "what lies behind a block";
	}
}

bool sanitize_is_expected(void)
{
	expected += is_expecting;
	return is_expecting;
}

static void report(uint64_t address, size_t bytes, bool is_write, const uint8_t *at)
{
	if (sanitize_is_expected())
		return;
	shadow = NULL; /* the panic itself may touch anything */
	panic("sanitizer: %s of %lu bytes at %lx, in %s (%x)", is_write ? "write" : "read", bytes,
	      address, reason_of(*at), *at);
}

static inline void check(uint64_t address, size_t bytes, bool is_write)
{
	uint64_t last = address + bytes - 1;
	const uint8_t *at = shadow_of(address), *end = shadow_of(last);

	if (!at || !end || bytes == 0)
		return;
	for (; at < end; at++) {
		if (*at)
			return report(address, bytes, is_write, at);
	}
	if (!is_good_granule(end, last % GRANULE))
		report(address, bytes, is_write, end);
}

/* --- what is told --- */

void sanitize_poison(const void *from, size_t bytes, enum sanitize_state state)
{
	uint8_t *at = shadow_of((uint64_t)from);

	for (size_t i = 0; at && i < bytes / GRANULE; i++)
		at[i] = (uint8_t)state;
}

void sanitize_unpoison(const void *from, size_t bytes)
{
	uint8_t *at = shadow_of((uint64_t)from);

	for (size_t i = 0; at && i < bytes / GRANULE; i++)
		at[i] = 0;
	if (at && bytes % GRANULE)
		at[bytes / GRANULE] = bytes % GRANULE;
}

void *sanitize_quarantine(void *block)
{
	void **place = &quarantine[quarantine_at++ % QUARANTINE_BLOCKS];
	void *oldest = *place;

	*place = block;
	return oldest;
}

unsigned sanitize_expect(bool is_on)
{
	unsigned count = expected;

	is_expecting = is_on;
	expected = 0;
	return count;
}

/* --- start --- */

static void poison_free_pages(void)
{
	for (uint32_t frame = 0; frame < page_frame_count; frame++) {
		if (page_frames[frame].flags & PAGE_FREE)
			sanitize_poison(direct(PADDR((uint64_t)frame << PAGE_SHIFT)), PAGE_SIZE,
			                SANITIZE_NO_PAGE);
	}
}

/* The compiler's list of variables, one function per file. */
static void register_variables(void)
{
	extern void (*const sanitize_files_start[])(void), (*const sanitize_files_end[])(void);

	for (void (*const *file)(void) = sanitize_files_start; file < sanitize_files_end; file++)
		(*file)();
}

void sanitize_init(void)
{
	uint64_t pages = align_up(page_frame_count * (PAGE_SIZE / GRANULE), PAGE_SIZE) >>
	                 PAGE_SHIFT;
	paddr_t place = page_alloc_contiguous(domain_root(), pages);

	if (!place.value)
		cannot_start("no room for the sanitizer's shadow (%lu KiB): too little memory",
		             pages * 4);
	shadow_end = (uint64_t)page_frame_count << PAGE_SHIFT;
	shadow = direct(place);
	poison_free_pages();
	register_variables();
}

/* --- what the compiler calls --- */

#define ACCESS(name, bytes) \
	void __asan_load##name##_noabort(uint64_t address); \
	void __asan_load##name##_noabort(uint64_t address) \
	{ \
		check(address, bytes, false); \
	} \
	void __asan_store##name##_noabort(uint64_t address); \
	void __asan_store##name##_noabort(uint64_t address) \
	{ \
		check(address, bytes, true); \
	}

ACCESS(1, 1)
ACCESS(2, 2)
ACCESS(4, 4)
ACCESS(8, 8)
ACCESS(16, 16)

void __asan_loadN_noabort(uint64_t address, size_t bytes);
void __asan_loadN_noabort(uint64_t address, size_t bytes)
{
	check(address, bytes, false);
}

void __asan_storeN_noabort(uint64_t address, size_t bytes);
void __asan_storeN_noabort(uint64_t address, size_t bytes)
{
	check(address, bytes, true);
}

void __asan_handle_no_return(void);
void __asan_handle_no_return(void) {}

/* As the compiler lays it out. */
struct asan_variable {
	const char *at;
	size_t bytes, bytes_with_red_zone;
	const char *name, *file;
	uint64_t unused[3];
};

void __asan_register_globals(const struct asan_variable *variables, size_t count);
void __asan_register_globals(const struct asan_variable *variables, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct asan_variable *v = &variables[i];
		size_t whole = align_up(v->bytes, GRANULE);

		sanitize_unpoison(v->at, v->bytes);
		sanitize_poison(v->at + whole, v->bytes_with_red_zone - whole, SANITIZE_GLOBAL);
	}
}

void __asan_unregister_globals(const struct asan_variable *variables, size_t count);
void __asan_unregister_globals(const struct asan_variable *variables, size_t count)
{
	(void)variables, (void)count;
}
