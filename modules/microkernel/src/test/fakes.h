/*
 * What host tests of kernel objects stand on: a fake CPU behind GS, pages and kernel memory from the host's heap,
 * counted so that a test can see what leaked.
 */
#pragma once
#include <stdint.h>

void fakes_begin(void);
uint64_t fakes_pages(void);                  /* page frames handed out */
uint64_t fakes_blocks(void);                 /* kernel memory blocks handed out */
void fakes_fail_after(uint64_t allocations); /* every later one is refused; UINT64_MAX: never */
