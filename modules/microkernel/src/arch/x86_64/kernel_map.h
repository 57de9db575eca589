/*
 * The kernel's own half of every address space, complete from boot on.
 */
#pragma once
#include "arch/x86_64/boot.h"

extern paddr_t kernel_root; /* a root with nothing in the user's parts */

/* Builds and loads it. Page tables come out of facts->source.ranges. */
void kernel_map_init(struct boot_facts *facts);
/* Puts the kernel's half into a new root; takes it out of one that is given back. */
void kernel_map_enter(uint64_t *root);
void kernel_map_leave(uint64_t *root);
/* Gives boot.S's memory back, once kernel_root is loaded. */
void kernel_map_reclaim_boot(struct boot_facts *facts);
/* What is RO_AFTER_INIT is constant from now on, for every CPU that runs. */
void kernel_map_seal(void);
/* Maps device registers, uncached, for good. Null when the window is full. */
volatile void *kernel_map_device(uint64_t paddr, uint64_t bytes);
/* A stack of the kernel's own, below it an unmapped page. Its top; 0 when memory or the window ran out. */
uint64_t kernel_map_stack(uint64_t bytes);
/* Physical memory for parsers of firmware tables: null where the direct map does not reach. */
const void *kernel_map_memory(uint64_t at, uint64_t bytes);
