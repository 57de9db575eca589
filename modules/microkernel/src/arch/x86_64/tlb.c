/*
 * Which root is loaded, and the TLB. Without PCIDs the TLB holds only what the loaded root shows; kernel
 * entries are global and never change.
 */
#include <stddef.h>
#include "cpu.h"
#include "thread.h"
#include "arch/x86_64/instructions.h"
#include "arch/x86_64/kernel_map.h"
#include "arch/x86_64/pagetable_walk.h"

#define FLUSH_PAGES_MAX 32u /* beyond, one full flush is cheaper */

uint64_t arch_root_writes;
static const struct pagetable
	*loaded_native; /* whose window the loaded root shows; compared only */

static void write_root(uint64_t root)
{
	cr3_write(root);
	arch_root_writes++;
}

static void load_root(uint64_t root)
{
	struct cpu *cpu = this_cpu();

	if (cpu->loaded_root == root)
		return;
	cpu->loaded_root = root;
	write_root(root);
}

static void derive_roots(struct thread_arch *arch)
{
	const struct pagetable *space = arch->space_pt;

	arch->native_root = space ? space->monitor_root.value : arch->native_pt->root.value;
	arch->guest_root = space && arch->state && arch->fpu ? space->root.value : 0;
}

void pt_activate_thread(struct thread *thread)
{
	struct thread_arch *arch = &thread->arch;

	derive_roots(arch);
	if (thread != cpu_current())
		return;
	loaded_native = arch->native_pt;
	load_root(arch->mode == MODE_GUEST ? arch->guest_root : arch->native_root);
}

void pt_note_switch(const struct thread *to)
{
	loaded_native = to->arch.native_pt;
}

static bool is_loaded(const struct pagetable *pt)
{
	uint64_t root = this_cpu()->loaded_root;

	return root == pt->root.value || root == pt->monitor_root.value || pt == loaded_native;
}

void pt_unload(const struct pagetable *pt)
{
	if (!is_loaded(pt))
		return;
	loaded_native = NULL;
	load_root(kernel_root.value);
}

/* INVLPG of any address also drops all cached upper-level entries (Intel SDM vol. 3, 4.10.4.1). */
void pt_flush(const struct pagetable *pt, uint64_t va, uint64_t pages)
{
	if (!is_loaded(pt))
		return;
	if (pages > FLUSH_PAGES_MAX) {
		write_root(this_cpu()->loaded_root);
		return;
	}
	for (uint64_t i = 0; i < pages; i++)
		invlpg(va + i * PAGE_SIZE);
}
