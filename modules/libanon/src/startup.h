/*
 * What the parts of libanon's start-up ask of each other; not for programs.
 */
#pragma once
#include <microkernel/abi.h>

/* thread.c: makes the area at the top of the first stack a struct anon_thread. */
void thread_first(const struct start_page *page);
/* memory.c: where mappings without an address are asked for. */
void memory_first(const struct start_page *page);
