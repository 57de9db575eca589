/*
 * Fakes of the kernel below handles and objects: page frames, kernel heap, console. A physical address is the
 * host's address minus the base of the direct map, so direct() finds it again.
 */
#include "fakes.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "cpu.h"
#include "domain.h"
#include "interrupt.h"
#include "kalloc.h"
#include "mapping.h"
#include "page.h"
#include "panic.h"
#include "printk.h"
#include "process.h"
#include "timer.h"

#define ARCH_SET_GS 0x1001

struct cpu cpus[CPUS_MAX];

static uint64_t pages;
static uint64_t blocks;
static uint64_t left = UINT64_MAX;

void fakes_begin(void)
{
	cpus[0].self = &cpus[0];
	if (syscall(SYS_arch_prctl, ARCH_SET_GS, &cpus[0]) != 0)
		abort();
	left = UINT64_MAX;
	if (!domain_root()->obj.magic)
		domain_init();
}

uint64_t fakes_pages(void)
{
	return pages;
}

uint64_t fakes_blocks(void)
{
	return blocks;
}

void fakes_fail_after(uint64_t allocations)
{
	left = allocations;
}

static bool may_allocate(void)
{
	if (left == 0)
		return false;
	if (left != UINT64_MAX)
		left--;
	return true;
}

paddr_t page_alloc_zeroed(struct domain *domain)
{
	void *page;

	(void)domain;
	if (!may_allocate() || posix_memalign(&page, PAGE_SIZE, PAGE_SIZE))
		return PADDR(0);
	__builtin_memset(page, 0, PAGE_SIZE);
	pages++;
	return direct_paddr(page);
}

uint64_t page_free_count(void)
{
	return left;
}

void page_unref(paddr_t page)
{
	free(direct(page));
	pages--;
}

void *kalloc(struct domain *domain, uint32_t bytes)
{
	(void)domain;
	if (!may_allocate())
		return NULL;
	blocks++;
	return calloc(1, bytes);
}

void kfree(struct domain *domain, void *block)
{
	(void)domain;
	blocks--;
	free(block);
}

/* Nodes of these kinds do not occur in the tests. */
bool mapping_undo(struct derivation *node, unsigned *budget)
{
	(void)node, (void)budget;
	abort();
}

void timer_undo(struct derivation *node)
{
	(void)node;
	abort();
}

void interrupt_undo(struct derivation *node)
{
	(void)node;
	abort();
}

void process_watch_undo(struct derivation *node)
{
	(void)node;
	abort();
}

void process_watch_free(struct process_watch *watch)
{
	(void)watch;
	abort();
}

void arch_cpu_poll(void) {}

uint64_t clock_ticks_to_ns(uint64_t ticks)
{
	return ticks;
}
