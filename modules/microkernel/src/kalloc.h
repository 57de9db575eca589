/*
 * Kernel memory for objects, charged by the byte to a domain. Blocks are zeroed and aligned to 64 bytes.
 */
#pragma once
#include <stdint.h>

struct domain;

#define KALLOC_MAX 4032u

void kalloc_init(void);
void *kalloc(struct domain *domain, uint32_t bytes); /* null when refused */
void kfree(struct domain *domain, void *block);
uint64_t kalloc_pages(void); /* pages held by the allocator itself */
