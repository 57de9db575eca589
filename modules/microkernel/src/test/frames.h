/*
 * RAM for host tests of page tables: frames whose physical address is the host's own, and low, so that each has its
 * struct page. The one freed last is given out first.
 */
#pragma once
#include "page.h"

void frames_begin(void);
unsigned frames_used(void);
paddr_t frames_take(void); /* with one reference */
