/*
 * The clock page: one page of memory that every program of the container has mapped read-only. It starts with the
 * kernel's scale, which never changes; the time of day is set when /sys/time says so (wall_clock.c).
 */
#include "clock_page.h"
#include <libanon/log.h>
#include <libanon/memory.h>
#include "cpu.h"
#include "vdso/clock_page.h"

static struct clock_page no_page;
static struct clock_page *page = &no_page; /* [I] after start */
static handle_t read_only;                 /* [I] after start */

void clock_page_start(void)
{
	handle_t memory;
	void *at;
	status_t status = memory_new(PAGE_SIZE, &memory, &at);

	if (status == OK)
		status = sys_handle_derive(memory, RIGHT_READ | RIGHT_MAP, 0, &read_only);
	if (status != OK) {
		log_warn("no clock page: %s", status_name(status));
		return;
	}
	page = at;
	page->scale = *clock_scale();
}

handle_t clock_page_memory(void)
{
	return read_only;
}

uint64_t clock_page_real_offset_ns(void)
{
	return __atomic_load_n(&page->real_offset_ns, __ATOMIC_RELAXED);
}

void clock_page_set_real_offset(uint64_t ns)
{
	__atomic_fetch_add(&page->sequence, 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&page->real_offset_ns, ns, __ATOMIC_RELAXED);
	__atomic_fetch_add(&page->sequence, 1, __ATOMIC_SEQ_CST);
}
