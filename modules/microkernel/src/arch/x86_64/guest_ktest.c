/*
 * The gate into guests: registers a monitor may not choose are refused or cleaned, traps bring everything back,
 * FPU images that would fault are refused. On a thread that never runs.
 */
#include <base/string.h>
#include <microkernel/errors.h>
#include "ktest_fixture.h"
#include "page.h"
#include "thread.h"

struct monitor {
	struct fixture f;
	struct pagetable native, space;
	struct guest_state *state;
	struct thread thread;
};
static struct monitor m;

static void setup_with(bool has_one_root)
{
	m.f = fixture_create(200);
	KCHECK(pt_create_native(&m.native, m.f.domain) == OK);
	KCHECK(pt_create_space(&m.space, m.f.domain, has_one_root) == OK);
	m.state = direct(page_alloc_table(m.f.domain));
	memset(&m.thread, 0, sizeof(m.thread));
	m.thread.arch.native_pt = &m.native;
	m.thread.arch.space_pt = &m.space;
	m.thread.arch.state = m.state;
	arch_thread_init(&m.thread, NATIVE_BASE, NATIVE_BASE + 0x1000, 7);
	KCHECK(arch_thread_fpu_create(&m.thread) == OK);
}

static void setup(void)
{
	setup_with(false);
}

static void teardown(void)
{
	arch_thread_destroy(&m.thread);
	page_unref(direct_paddr(m.state));
	pt_destroy(&m.space);
	pt_destroy(&m.native);
	fixture_destroy(&m.f);
}

KTEST(guest_load_refuses_bad_addresses)
{
	static const uint64_t rips[] = {GUEST_END, 1ul << 47, NATIVE_BASE, UINT64_MAX};

	setup();
	for (unsigned i = 0; i < 4; i++) {
		m.state->regs.rip = rips[i];
		KCHECK(arch_guest_load(&m.thread) == E_INVAL);
		KCHECK(m.thread.arch.mode == MODE_NATIVE);
	}
	m.state->regs.rip = 0x400000;
	m.state->regs.fs_base = 1ul << 47;
	KCHECK(arch_guest_load(&m.thread) == E_INVAL);
	m.state->regs.fs_base = 0;
	m.state->regs.gs_base = 0xffff7fffffffffff;
	KCHECK(arch_guest_load(&m.thread) == E_INVAL);
	m.state->regs.gs_base = 0;
	m.thread.arch.space_pt = NULL;
	KCHECK(arch_guest_load(&m.thread) == E_INVAL);
	m.thread.arch.space_pt = &m.space;
	KCHECK(arch_guest_load(&m.thread) == OK);
	teardown();
}

KTEST(guest_load_cleans_flags)
{
	setup();
	m.state->regs.rip = 0x400000;
	m.state->regs.rflags = UINT64_MAX;
	KCHECK(arch_guest_load(&m.thread) == OK);
	KCHECK(m.thread.arch.guest.rflags == (RFLAGS_USER | RFLAGS_PLAIN));
	KCHECK(m.thread.arch.mode == MODE_GUEST);
	teardown();
}

KTEST(guest_trap_brings_registers_back)
{
	setup();
	m.state->regs = (struct guest_registers){
		.rax = 1,
		.r15 = 15,
		.rip = 0x400000,
		.rflags = 0x202,
		.fs_base = 0x1000,
		.gs_base = 0x2000,
	};
	KCHECK(arch_guest_load(&m.thread) == OK);
	memset(&m.state->regs, 0xff, sizeof(m.state->regs)); /* the guest's are the kernel's now */
	arch_guest_trap(&m.thread, TRAP_FAULT, MAP_WRITE, 0, FAULT_PROTECTED, 0x1234);
	KCHECK(m.state->regs.rax == 1 && m.state->regs.r15 == 15);
	KCHECK(m.state->regs.rip == 0x400000 && m.state->regs.rflags == 0x202);
	KCHECK(m.state->regs.fs_base == 0x1000 && m.state->regs.gs_base == 0x2000);
	KCHECK(m.state->trap == TRAP_FAULT && m.state->detail == MAP_WRITE);
	KCHECK(m.state->cause == FAULT_PROTECTED && m.state->address == 0x1234);
	KCHECK(m.thread.arch.mode == MODE_NATIVE && m.thread.arch.regs.rax == 0);
	teardown();
}

KTEST(monitor_fixup_goes_only_to_the_window)
{
	setup();
	KCHECK(!arch_monitor_fixup(&m.thread));
	m.state->fixup = 0x400000;
	KCHECK(!arch_monitor_fixup(&m.thread));
	m.state->fixup = 1ul << 47;
	KCHECK(!arch_monitor_fixup(&m.thread));
	m.state->fixup = NATIVE_BASE + 0x2000;
	KCHECK(arch_monitor_fixup(&m.thread));
	KCHECK(m.thread.arch.regs.rip == NATIVE_BASE + 0x2000 && m.thread.arch.regs.rax == 1);
	KCHECK(m.state->fixup == 0 && m.thread.arch.needs_iret);
	teardown();
}

/* entry.S loads a root only when it is another one. */
static bool roots_differ(bool has_one_root)
{
	const struct thread_arch *arch = &m.thread.arch;
	bool differ;

	setup_with(has_one_root);
	pt_attach_monitor(&m.space, &m.native);
	pt_activate_thread(&m.thread);
	differ = memcmp(&arch->guest_root, &arch->native_root, sizeof(arch->guest_root)) != 0;
	teardown();
	return differ;
}

KTEST(with_one_root_a_bounce_changes_none)
{
	KCHECK(roots_differ(false));
	KCHECK(!roots_differ(true));
}

KTEST(thread_entry_outside_the_window_faults_at_once)
{
	setup();
	arch_thread_init(&m.thread, 1ul << 47, 0, 0);
	KCHECK(m.thread.arch.regs.rip == 0);
	teardown();
}
