/*
 * Explores private pages: what the kernel's page tables, frames and faults need around them, and the command line. There
 * is one domain without limits, no CPU has anything in its TLB, and pages have no content but what the world notes.
 *
 * usage: explore_pages DEPTH
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "cpu.h"
#include "domain.h"
#include "explore/page_world.h"
#include "kalloc.h"
#include "panic.h"
#include "printk.h"

#define ARCH_SET_GS 0x1001

static struct domain everybody;
static struct cpu this;

struct domain *domain_root(void)
{
	return &everybody;
}

bool domain_charge_pages(struct domain *domain, uint64_t count)
{
	domain->pages += count;
	return true;
}

void domain_credit_pages(struct domain *domain, uint64_t count)
{
	domain->pages -= count;
}

uint16_t domain_take_page(struct domain *domain)
{
	(void)domain;
	return 0;
}

void domain_drop_page(uint16_t index)
{
	(void)index;
}

struct list kobject_dying = LIST_INIT(kobject_dying);

struct domain *domain_payer(uint16_t index)
{
	(void)index;
	return &everybody;
}

bool kalloc_trim(void)
{
	return false;
}

uint64_t kalloc_spare_pages(void)
{
	return 0;
}

void arch_zero_page(void *page)
{
	memset(page, 0, PAGE_SIZE);
}

void arch_copy_page(void *to, const void *from)
{
	(void)to, (void)from;
}

void arch_cpu_poll(void) {}

void pt_flush(const struct pagetable *pt, uint64_t va, uint64_t pages)
{
	(void)pt, (void)va, (void)pages;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: explore_pages DEPTH\n");
		return 2;
	}
	this.self = &this;
	if (syscall(SYS_arch_prctl, ARCH_SET_GS, &this) != 0)
		return 2;
	return explore(&page_world, (unsigned)atoi(argv[1]));
}
