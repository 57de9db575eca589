/*
 * The container's clock page (vdso/clock_page.h) as the monitor writes and reads it. What the calls say comes from
 * the same page as what programs read in it, so that the two change together.
 */
#pragma once
#include <microkernel/abi.h>

/* Before the first guest runs. Without memory for it, programs have no such page. */
void clock_page_start(void);
/* To map, not to write; HANDLE_NONE when there is none. */
handle_t clock_page_memory(void);

/* What to add to the monotonic clock for the time of day. One thread sets it. */
uint64_t clock_page_real_offset_ns(void);
void clock_page_set_real_offset(uint64_t ns);
