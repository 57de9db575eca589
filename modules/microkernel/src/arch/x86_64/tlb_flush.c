/*
 * Flushes, on this CPU and on others. These are asked by a request that they answer from wherever they are: user mode (an
 * interrupt), or a loop that waits (arch_cpu_poll). Only the CPU with the exclusive kernel lock asks, so there is one
 * request at a time; it goes on when all have answered, so that a page may be given to somebody else.
 *
 * Idle CPUs have kernel_root loaded and are never asked. With PCIDs they may hold entries of trees nevertheless: they are
 * marked (TLB_STALE) and drop everything before they load another root. Both the mark and the look at it need the exclusive
 * kernel lock, whose order is all that is needed.
 */
#include <stddef.h>
#include <base/assert.h>
#include "kernel_lock.h"
#include "arch/x86_64/apic.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/instructions.h"
#include "arch/x86_64/pagetable_walk.h"
#include "arch/x86_64/pcid.h"
#include "arch/x86_64/tlb.h"

#define FLUSH_PAGES_MAX 32u /* beyond, one full flush is cheaper */

typedef void flush_t(const struct pagetable *pt, uint64_t va, uint64_t pages);

static struct {
	flush_t *flush;
	const struct pagetable *pt;
	uint64_t va;
	uint64_t pages;
	uint32_t unanswered; /* [a] a bit for each CPU */
} request;

/* INVLPG also drops what is global, whatever the PCID, and all of the present PCID's entries of upper levels (Intel SDM
 * vol. 3, 4.10.4.1). */
static void flush_pages(const struct pagetable *pt, uint64_t va, uint64_t pages)
{
	(void)pt;
	for (uint64_t i = 0; i < pages; i++)
		invlpg(va + i * PAGE_SIZE);
}

/* Without PCIDs: the tree is loaded. */
static void flush_loaded(const struct pagetable *pt, uint64_t va, uint64_t pages)
{
	if (pages > FLUSH_PAGES_MAX)
		RARE_CALL_1(tlb_reload_root, this_cpu());
	else
		flush_pages(pt, va, pages);
}

/* With PCIDs. A guest's page is cached under both roots' numbers, a native one under those of all monitor roots, too. Upper
 * levels go with the address that they led to: if a table is freed, it is one on the way to va. */
static void flush_numbers(const struct pagetable *pt, uint64_t va, uint64_t pages)
{
	enum invpcid_type type = pages > FLUSH_PAGES_MAX ? INVPCID_WHOLE : INVPCID_PAGE;

	if (pt->has_spaces) {
		invpcid(INVPCID_EVERY, 0, 0);
		return;
	}
	for (uint64_t i = 0; i < (type == INVPCID_WHOLE ? 1 : pages); i++) {
		invpcid(type, pcid_of(pt->cr3), va + i * PAGE_SIZE);
		if (has_mirror(pt))
			invpcid(type, pcid_of(pt->monitor_cr3), va + i * PAGE_SIZE);
	}
}

static void drop_here(const struct pagetable *pt, uint64_t va, uint64_t pages)
{
	if (tlb_shows(this_cpu(), pt))
		tlb_leave_root();
	if (cpu_features.has_pcid)
		flush_numbers(pt, va, pages);
}

void arch_cpu_poll(void)
{
	uint32_t self = 1u << this_cpu()->id;

	if (!(__atomic_load_n(&request.unanswered, __ATOMIC_ACQUIRE) & self))
		return;
	request.flush(request.pt, request.va, request.pages);
	__atomic_fetch_and(&request.unanswered, ~self, __ATOMIC_RELEASE);
}

static void ask(uint32_t targets, flush_t *flush, const struct pagetable *pt, uint64_t va,
                uint64_t pages)
{
	if (!targets)
		return;
	request.flush = flush;
	request.pt = pt;
	request.va = va;
	request.pages = pages;
	__atomic_store_n(&request.unanswered, targets, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < cpu_count; i++)
		if (targets >> i & 1 && kernel_mode_of(&cpus[i]) != KERNEL_WAITING)
			apic_send(cpus[i].apic_id, VECTOR_POLL);
	while (__atomic_load_n(&request.unanswered, __ATOMIC_ACQUIRE))
		arch_relax();
}

/* Without PCIDs a CPU that has not loaded the tree holds nothing of it. */
static bool may_hold(const struct cpu *cpu, const struct pagetable *pt)
{
	return cpu_features.has_pcid ? pt->cpus >> cpu->id & 1 : tlb_shows(cpu, pt);
}

/* Changes of page tables come before the look at what is loaded: a CPU that loads the root later sees them. */
static void ask_others(flush_t *flush, const struct pagetable *pt, uint64_t va, uint64_t pages)
{
	const struct cpu *self = this_cpu();
	uint32_t targets = 0;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < cpu_count; i++) {
		if (&cpus[i] == self || !may_hold(&cpus[i], pt))
			continue;
		if (cpu_features.has_pcid && cpus[i].tlb_state != TLB_IN_USE)
			cpus[i].tlb_state = TLB_STALE;
		else
			targets |= 1u << i;
	}
	ask(targets, flush, pt, va, pages);
}

void tlb_flush_kernel(uint64_t va, uint64_t pages)
{
	uint32_t all = (1u << cpu_count) - 1;

	ASSERT(pages <= FLUSH_PAGES_MAX); /* a new root does not flush what is global */
	flush_pages(NULL, va, pages);
	ask(all & ~(1u << this_cpu()->id), flush_pages, NULL, va, pages);
}

void pt_unload(struct pagetable *pt)
{
	if (cpu_count > 1)
		ask_others(drop_here, pt, 0, PT_ALL_PAGES);
	if (may_hold(this_cpu(), pt))
		drop_here(pt, 0, PT_ALL_PAGES);
	pt->cpus = 0;
}

/* What is cached would have to be dropped with each page that it gives up until it is destroyed, or used again. */
void pt_unused(struct pagetable *pt)
{
	if (cpu_features.has_pcid)
		pt_unload(pt);
}

static __attribute__((noinline)) void flush_everywhere(const struct pagetable *pt, uint64_t va,
                                                       uint64_t pages)
{
	if (may_hold(this_cpu(), pt))
		flush_numbers(pt, va, pages);
	if (cpu_count > 1)
		ask_others(flush_numbers, pt, va, pages);
}

void pt_flush(const struct pagetable *pt, uint64_t va, uint64_t pages)
{
	if (cpu_features.has_pcid) {
		flush_everywhere(pt, va, pages);
		return;
	}
	if (tlb_shows(this_cpu(), pt))
		flush_loaded(pt, va, pages);
	if (cpu_count > 1)
		ask_others(flush_loaded, pt, va, pages);
}

void arch_cpu_attend(const struct cpu *cpu)
{
	apic_send(cpu->apic_id, VECTOR_ATTEND);
}

void arch_stop_others(void)
{
	apic_stop_others();
}
