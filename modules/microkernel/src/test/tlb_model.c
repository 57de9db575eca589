/*
 * The model (tlb_model.h): for each CPU CR3 and a list of what is cached. Nothing that the code under test may not rely
 * upon happens: no entry goes by itself, INVPCID of a page drops that page and the way to it and nothing else.
 */
#include "test/tlb_model.h"
#include <sys/syscall.h>
#include <unistd.h>
#include <base/test.h>
#include "arch/x86_64/features.h"
#include "arch/x86_64/instructions.h"
#include "arch/x86_64/pte.h"

#define ARCH_SET_GS 0x1001
#define CACHED 4096u
#define PCID_MASK 0xffful

struct tlb {
	uint64_t cr3;
	struct cached cached[CACHED];
	unsigned used;
};
static struct tlb tlbs[CPUS_MAX];

struct cpu_features cpu_features;

static struct tlb *tlb_here(void)
{
	return &tlbs[this_cpu()->id];
}

void tlb_model_begin(bool has_pcid)
{
	memset(tlbs, 0, sizeof(tlbs));
	cpu_features.has_pcid = has_pcid;
}

void tlb_model_run_on(struct cpu *cpu)
{
	CHECK(syscall(SYS_arch_prctl, ARCH_SET_GS, cpu) == 0);
}

static bool is_for(const struct cached *cached, uint16_t pcid, uint64_t va)
{
	return cached->is_there && cached->pcid == pcid &&
	       va >> level_shift(cached->level) == cached->va >> level_shift(cached->level);
}

static void drop(uint16_t pcid)
{
	struct tlb *tlb = tlb_here();

	for (unsigned i = 0; i < tlb->used; i++)
		tlb->cached[i].is_there &= tlb->cached[i].pcid != pcid;
}

static void drop_way(uint16_t pcid, uint64_t va)
{
	struct tlb *tlb = tlb_here();

	for (unsigned i = 0; i < tlb->used; i++)
		tlb->cached[i].is_there &= !is_for(&tlb->cached[i], pcid, va);
}

void cr3_write(uint64_t value)
{
	CHECK(cpu_features.has_pcid || !(value & (PCID_MASK | CR3_KEEP)));
	tlb_here()->cr3 = value & ~CR3_KEEP;
	if (!(value & CR3_KEEP))
		drop(value & PCID_MASK);
	tlb_model_meanwhile();
}

/* That upper levels of the present PCID go with any address is architecture; the code relies on it without PCIDs. */
void invlpg(uint64_t va)
{
	struct tlb *tlb = tlb_here();
	uint16_t pcid = tlb->cr3 & PCID_MASK;

	drop_way(pcid, va);
	for (unsigned i = 0; i < tlb->used; i++)
		tlb->cached[i].is_there &= tlb->cached[i].pcid != pcid || tlb->cached[i].level == 1;
	tlb_model_meanwhile();
}

void invpcid(enum invpcid_type type, uint16_t pcid, uint64_t va)
{
	CHECK(cpu_features.has_pcid);
	switch (type) {
	case INVPCID_PAGE: drop_way(pcid, va); break;
	case INVPCID_WHOLE: drop(pcid); break;
	case INVPCID_EVERY: tlb_here()->used = 0; break;
	}
	tlb_model_meanwhile();
}

static struct way follow(struct way way, uint64_t va, int level)
{
	const uint64_t *table = direct(PADDR(way.to));
	uint64_t entry = table[level_index(va, level)];

	if (!(entry & PTE_PRESENT))
		return (struct way){0};
	way.to = entry & PTE_ADDRESS;
	way.rights &= entry & PTE_WRITE ? ~0u : ~WAY_WRITE;
	way.rights &= entry & PTE_NX ? ~WAY_EXECUTE : ~0u;
	return way;
}

struct way tlb_model_walk(uint64_t root, uint64_t va, int level)
{
	struct way way = {root, WAY_WRITE | WAY_EXECUTE};

	for (int l = LEVELS; l >= level && way.to; l--)
		way = follow(way, va, l);
	return way;
}

/* The cached entry that leads furthest down to the address. */
static const struct cached *find(const struct tlb *tlb, uint64_t va)
{
	const struct cached *best = NULL;

	for (unsigned i = 0; i < tlb->used; i++) {
		const struct cached *cached = &tlb->cached[i];

		if (is_for(cached, tlb->cr3 & PCID_MASK, va) &&
		    (!best || cached->level < best->level))
			best = cached;
	}
	return best;
}

static void keep(struct tlb *tlb, uint64_t va, int level, struct way way)
{
	unsigned i = 0;

	while (i < tlb->used && tlb->cached[i].is_there)
		i++;
	CHECK(i < CACHED);
	tlb->used = i == tlb->used ? i + 1 : tlb->used;
	tlb->cached[i] = (struct cached){true, tlb->cr3 & PCID_MASK, level, va, way};
}

struct way tlb_model_look_ahead(uint64_t va)
{
	struct tlb *tlb = tlb_here();
	const struct cached *cached = find(tlb, va);
	struct way way = {tlb->cr3 & PTE_ADDRESS, WAY_WRITE | WAY_EXECUTE};
	int level = LEVELS;

	if (cached) {
		way = cached->way;
		level = cached->level - 1;
	}
	for (; level >= 1 && way.to; level--) {
		way = follow(way, va, level);
		if (way.to)
			keep(tlb, va, level, way);
	}
	return way;
}

paddr_t tlb_model_access(uint64_t va, bool is_write)
{
	struct way way = tlb_model_look_ahead(va);

	if (way.to && (!is_write || way.rights & WAY_WRITE))
		return PADDR(way.to);
	drop_way(tlb_here()->cr3 & PCID_MASK, va);
	return PADDR(0);
}

void tlb_model_look(const struct cpu *cpu, cached_look_t *look)
{
	const struct tlb *tlb = &tlbs[cpu->id];

	for (unsigned i = 0; i < tlb->used; i++)
		if (tlb->cached[i].is_there)
			look(cpu, &tlb->cached[i]);
}
