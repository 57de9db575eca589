/*
 * Kernel memory for objects, charged by the byte to a domain. Blocks are zeroed and aligned to 64 bytes.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct domain;

#define KALLOC_MAX 4032u

void kalloc_init(void);
void *kalloc(struct domain *domain, uint32_t bytes); /* null when refused */
void kfree(struct domain *domain, void *block);
uint64_t kalloc_pages(void); /* pages that hold blocks */
/* Empty pages, kept for the next block; they are given back when the machine has none left: true when there were. */
uint64_t kalloc_spare_pages(void);
bool kalloc_trim(void);
