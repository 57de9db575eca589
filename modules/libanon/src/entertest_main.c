/*
 * Tests enter from a monitor's side: what guests see, what comes back, what is refused, that two guests' FPU states
 * stay apart, that kicks are never lost and preemption is told to those who ask. Prints "N passed, N failed" and
 * exits with the number of failures; last it prints what a bounce costs.
 */
#include <base/string.h>
#include <libanon/enter.h>
#include <libanon/log.h>
#include <libanon/memory.h>
#include <libanon/start.h>
#include <libanon/thread.h>
#include <libanon/time.h>
#include "entertest.h"

#define READ_ONLY 0x700000ul
#define STACK_TOP (DATA + 0x4000 - 64)
#define DATA_BYTES 0x4000ul

#define CPUID_FEATURES 7u
#define CPUID_FSGSBASE 1u
#define VECTOR_DIVIDE 0
#define VECTOR_DEBUG 1
#define VECTOR_BREAKPOINT 3
#define VECTOR_UNDEFINED 6
#define VECTOR_PROTECTION 13

static unsigned passed, failed;
handle_t space;
uint32_t space_flags;

void check(bool is_good, const char *file, const char *what, int line)
{
	if (is_good) {
		passed++;
		return;
	}
	failed++;
	log_error("FAIL %s line %d: %s", file, line, what);
}

static void map(uint64_t address, uint64_t bytes, uint32_t flags, handle_t memory)
{
	struct map_args args = {
		.memory = memory,
		.flags = flags | MAP_FIXED,
		.address = address,
		.bytes = bytes,
	};
	uint64_t got = 0;

	CHECK(sys_map(space, &args, &got) == OK && got == address);
}

static void setup_space(void)
{
	uint64_t bytes = (uint64_t)(guest_end - guest_start);
	handle_t code = HANDLE_NONE;

	CHECK(sys_space_create(HANDLE_NONE, space_flags, &space) == OK);
	CHECK(sys_memory_create(HANDLE_NONE, PAGE_SIZE, 0, &code) == OK);
	CHECK(sys_memory_write(code, 0, guest_start, bytes) == OK);
	map(CODE, PAGE_SIZE, MAP_READ | MAP_EXECUTE, code);
	map(DATA, DATA_BYTES, MAP_READ | MAP_WRITE | MAP_PRIVATE, HANDLE_NONE);
	map(READ_ONLY, PAGE_SIZE, MAP_READ | MAP_PRIVATE, HANDLE_NONE);
	map(GUEST_END - PAGE_SIZE, PAGE_SIZE, MAP_READ | MAP_WRITE | MAP_EXECUTE | MAP_PRIVATE,
	    HANDLE_NONE);
}

uint64_t guest(const char *label)
{
	return CODE + (uint64_t)(label - guest_start);
}

static struct guest_state *begin_at(uint64_t rip)
{
	struct guest_state *state = guest_state();

	memset(state, 0, sizeof(*state));
	state->regs.rip = rip;
	state->regs.rflags = 0x202;
	state->regs.rsp = STACK_TOP;
	return state;
}

struct guest_state *begin(const char *label)
{
	return begin_at(guest(label));
}

uint32_t run(void)
{
	guest_state()->trap = 0;
	CHECK(enter() == OK);
	return guest_state()->trap;
}

/* --- registers --- */

static void fill_registers(struct guest_registers *r, uint64_t seed)
{
	uint64_t *words = (uint64_t *)r;

	for (unsigned i = 0; i < 16; i++)
		words[i] = seed + i * 0x0101010101010101;
	r->rsp = STACK_TOP;
}

/* The first enter goes by IRET, the second, straight after a system call, by SYSRET. */
static void test_registers(void)
{
	struct guest_state *state = begin(guest_ping);

	for (uint64_t seed = 1; seed < 4; seed++) {
		struct guest_registers wanted;

		fill_registers(&state->regs, seed << 56);
		if (seed > 1) {
			state->regs.rcx = state->regs.rip;
			state->regs.r11 = state->regs.rflags;
		}
		wanted = state->regs;
		CHECK(run() == TRAP_SYSCALL);
		CHECK(state->regs.rip == guest(guest_ping) + 2);
		wanted.rcx = wanted.rip = state->regs.rip;
		wanted.r11 = wanted.rflags;
		CHECK(memcmp(&wanted, &state->regs, sizeof(wanted)) == 0);
	}
}

static void test_flags(void)
{
	struct guest_state *state = begin(guest_syscall_flags);

	CHECK(run() == TRAP_SYSCALL);
	CHECK((state->regs.rflags & 0x44600) == 0x44600); /* AC NT DF and interrupts on */
	CHECK(run() == TRAP_SYSCALL);
	CHECK(state->regs.rflags == 0x202);
	state = begin(guest_ping);
	state->regs.rflags = UINT64_MAX & ~0x100ul; /* the kernel takes what a program may have */
	CHECK(run() == TRAP_SYSCALL);
	CHECK((state->regs.rflags & ~0x240cd5ul) == 0x202);
}

static void test_single_step(void)
{
	struct guest_state *state = begin(guest_ping);

	state->regs.rip += 2; /* the jump behind the system call */
	state->regs.rflags = 0x302;
	CHECK(run() == TRAP_EXCEPTION && state->detail == VECTOR_DEBUG);
	CHECK(state->regs.rip == guest(guest_ping));
}

static bool has_fsgsbase(void)
{
	uint32_t eax = 0, ebx, ecx = 0, edx;

	__asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	if (eax < CPUID_FEATURES)
		return false;
	eax = CPUID_FEATURES, ecx = 0;
	__asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	return ebx & CPUID_FSGSBASE;
}

/* Without the instructions a guest cannot look at its bases; that they came there, and back, still shows. */
static void test_old_bases(struct guest_state *state)
{
	CHECK(run() == TRAP_EXCEPTION && state->detail == VECTOR_UNDEFINED);
	CHECK(state->regs.fs_base == 0x123456789000 && state->regs.gs_base == 0xffff888000000000);
}

static void test_bases(void)
{
	struct guest_state *state = begin(guest_read_fs);

	state->regs.fs_base = 0x123456789000;
	state->regs.gs_base = 0xffff888000000000; /* any canonical address will do */
	if (!has_fsgsbase()) {
		test_old_bases(state);
		return;
	}
	CHECK(run() == TRAP_SYSCALL);
	CHECK(state->regs.rdi == 0x123456789000 && state->regs.rsi == 0xffff888000000000);
	state->regs.rip = guest(guest_write_fs);
	state->regs.rdi = 0x7000;
	CHECK(run() == TRAP_SYSCALL && state->regs.fs_base == 0x7000);
	CHECK(state->regs.gs_base == 0xffff888000000000);
	state->regs.fs_base = 0x8000;
	CHECK(run() == TRAP_SYSCALL && state->regs.rdi == 0x8000);
	state->regs.rip = guest(guest_write_gs);
	state->regs.rdi = 0x9000;
	CHECK(run() == TRAP_SYSCALL && state->regs.gs_base == 0x9000);
	state->regs.gs_base = 0xa000; /* found out late on the short way in */
	CHECK(run() == TRAP_SYSCALL && state->regs.rdi == 0xa000);
}

static void test_refusals(void)
{
	static const uint64_t rips[] = {GUEST_END, 1ul << 47, NATIVE_BASE, UINT64_MAX};
	struct guest_state *state = begin(guest_ping);

	for (unsigned i = 0; i < 4; i++) {
		state->regs.rip = state->regs.rcx = rips[i];
		state->regs.r11 = state->regs.rflags;
		CHECK(enter() == E_INVAL);
	}
	state = begin(guest_ping);
	state->regs.fs_base = 1ul << 47;
	CHECK(enter() == E_INVAL);
	state = begin(guest_ping);
	state->regs.gs_base = 0xffff7fffffffffff;
	CHECK(enter() == E_INVAL);
}

/* --- faults --- */

void expect_fault(uint64_t address, uint32_t access, uint32_t cause)
{
	const struct guest_state *state = guest_state();

	CHECK(run() == TRAP_FAULT);
	CHECK(state->address == address);
	CHECK(state->detail == access);
	CHECK(state->cause == cause);
}

static void test_faults(void)
{
	struct guest_state *state = begin(guest_load);

	state->regs.rdi = UNMAPPED;
	expect_fault(UNMAPPED, MAP_READ, FAULT_UNMAPPED);
	CHECK(state->regs.rip == guest(guest_load));
	map(UNMAPPED, PAGE_SIZE, MAP_READ | MAP_PRIVATE, HANDLE_NONE);
	CHECK(run() == TRAP_SYSCALL && state->regs.rax == 0);
	CHECK(sys_unmap(space, UNMAPPED, PAGE_SIZE) == OK);
	state->regs.rip = guest(guest_load);
	expect_fault(UNMAPPED, MAP_READ, FAULT_UNMAPPED);

	state = begin(guest_store);
	state->regs.rdi = READ_ONLY + 8;
	expect_fault(READ_ONLY + 8, MAP_WRITE, FAULT_PROTECTED);
	state = begin(guest_jump);
	state->regs.rdi = DATA;
	expect_fault(DATA, MAP_EXECUTE, FAULT_PROTECTED);
}

/* Never the kernel's memory; its monitor's is test_window's. */
static void test_isolation(void)
{
	static const uint64_t forbidden[] = {0xffff880000001000, 0xffffffff80110000};
	struct guest_state *state;

	for (unsigned i = 0; i < 2; i++) {
		state = begin(guest_load);
		state->regs.rdi = forbidden[i];
		expect_fault(forbidden[i], MAP_READ, FAULT_UNMAPPED);
		state = begin(guest_jump);
		state->regs.rdi = forbidden[i];
		expect_fault(forbidden[i], MAP_EXECUTE, FAULT_UNMAPPED);
	}
}

static void expect_exception(const char *label, uint64_t rdi, uint32_t vector, uint64_t rip)
{
	struct guest_state *state = begin(label);

	state->regs.rdi = rdi;
	CHECK(run() == TRAP_EXCEPTION);
	CHECK(state->detail == vector);
	CHECK(rip == 0 || state->regs.rip == rip);
}

static void test_exceptions(void)
{
	expect_exception(guest_undefined, 0, VECTOR_UNDEFINED, guest(guest_undefined));
	expect_exception(guest_divide, 0, VECTOR_DIVIDE, guest(guest_divide) + 2);
	expect_exception(guest_breakpoint, 0, VECTOR_BREAKPOINT, guest(guest_breakpoint) + 1);
	CHECK(run() == TRAP_SYSCALL);
	expect_exception(guest_privileged, 0, VECTOR_PROTECTION, guest(guest_privileged));
	expect_exception(guest_jump, 1ul << 47, VECTOR_PROTECTION, 0);
	expect_exception(guest_load, 1ul << 47, VECTOR_PROTECTION, guest(guest_load));
}

/* A system call as the last instruction below 128 TiB would return to an address that SYSRET faults on. */
static void test_end_of_space(void)
{
	uint8_t *last = (uint8_t *)(GUEST_END - 2);

	last[0] = 0x0f;
	last[1] = 0x05;
	begin_at(GUEST_END - 2);
	CHECK(run() == TRAP_SYSCALL);
	CHECK(guest_state()->regs.rip == GUEST_END);
	CHECK(enter() == E_INVAL);
}

/* --- the monitor's own access to guest memory --- */

static uint64_t read_with_fixup(struct guest_state *state, uint64_t address)
{
	uint64_t is_failed = 0, at;

	__asm__ volatile("leaq 1f(%%rip), %[at]\n\t"
	                 "movq %[at], %[fixup]\n\t"
	                 "xorl %%eax, %%eax\n\t"
	                 "movq (%[address]), %[at]\n"
	                 "1:\tmovq $0, %[fixup]"
	                 : "+&a"(is_failed), [at] "=&r"(at), [fixup] "+m"(state->fixup)
	                 : [address] "r"(address)
	                 : "memory");
	return is_failed;
}

static void test_monitor_access(void)
{
	struct guest_state *state = begin(guest_store);
	volatile uint64_t *shared = (volatile uint64_t *)(DATA + 0x100);

	state->regs.rdi = DATA + 0x100;
	state->regs.rax = 0x1234567890;
	CHECK(run() == TRAP_SYSCALL && *shared == 0x1234567890);
	*shared = 77;
	state->regs.rip = guest(guest_load);
	CHECK(run() == TRAP_SYSCALL && state->regs.rax == 77);
	CHECK(read_with_fixup(state, DATA) == 0);
	CHECK(read_with_fixup(state, UNMAPPED) == 1);
	CHECK(read_with_fixup(state, READ_ONLY) == 0);
	CHECK(read_with_fixup(state, GUEST_END) == 1);
}

/* --- FPU --- */

/* The guest's is in the registers while its monitor runs. */
static void test_fpu_state(void)
{
	static uint8_t area[PAGE_SIZE] __attribute__((aligned(64)));
	struct guest_state *state = begin(guest_read_xmm);
	uint64_t xmm1;

	state->regs.rdi = 0x1122334455667788;
	CHECK(run() == TRAP_SYSCALL);
	__asm__ volatile("fxsave64 %0" : "=m"(area));
	memcpy(&xmm1, area + 176, 8);
	CHECK(xmm1 == 0x1122334455667788);
	xmm1 = 99;
	memcpy(area + 176, &xmm1, 8);
	__asm__ volatile("fxrstor64 %0" : : "m"(area));
	CHECK(run() == TRAP_SYSCALL && state->regs.rdi == 99);
}

static uint32_t holders_done;

static void hold_xmm(void *argument)
{
	struct guest_state *state;

	CHECK(sys_space_bind(space) == OK);
	state = begin(guest_hold_xmm);
	state->regs.rdi = 10000000;
	state->regs.rsi = (uint64_t)argument;
	state->regs.rsp = STACK_TOP - 0x1000 * (uint64_t)argument;
	CHECK(run() == TRAP_SYSCALL);
	CHECK(state->regs.rax == 0 && state->regs.rsi == (uint64_t)argument);
	__atomic_add_fetch(&holders_done, 1, __ATOMIC_RELAXED);
}

/* Long enough that each is preempted by the other several times. */
static void test_fpu_isolation(void)
{
	struct thread_options options = {.name = "holder", .with_state = true};
	struct anon_thread *threads[2];

	for (uint64_t i = 0; i < 2; i++)
		CHECK(thread_spawn(hold_xmm, (void *)(i + 1), &options, &threads[i]) == OK);
	for (unsigned i = 0; i < 2; i++)
		CHECK(thread_join(threads[i]) == OK);
	CHECK(holders_done == 2);
}

/* --- kicks --- */

static void kick_later(void *argument)
{
	const struct anon_thread *target = argument;

	sleep_ns(20 * NS_PER_MS);
	CHECK(sys_thread_kick(target->handle) == OK);
}

static void test_kicks(void)
{
	struct guest_state *state = begin(guest_spin);
	struct anon_thread *kicker;

	CHECK(thread_spawn(kick_later, thread_self(), NULL, &kicker) == OK);
	CHECK(run() == TRAP_KICK);
	CHECK(state->regs.rbx > 1000 && state->regs.rip - guest(guest_spin) < 8);
	CHECK(thread_join(kicker) == OK);

	CHECK(sys_thread_kick(thread_self()->handle) == OK); /* latched */
	CHECK(sys_thread_kick(thread_self()->handle) == OK); /* and only once */
	state = begin(guest_ping);
	CHECK(run() == TRAP_KICK && state->regs.rip == guest(guest_ping));
	CHECK(run() == TRAP_SYSCALL);
}

#define CPUS_MAX 12
#define PATIENCE (10 * NS_PER_S)

struct spinner {
	uint64_t options;
	volatile unsigned preemptions;
};

/* How often the guest came back for being preempted, before the kick. */
static void spin_until_kicked(void *argument)
{
	struct spinner *spinner = argument;
	struct guest_state *state = begin(guest_spin);
	uint32_t trap;

	CHECK(sys_space_bind(space) == OK);
	state->options = spinner->options;
	while ((trap = run()) == TRAP_PREEMPTED)
		spinner->preemptions++;
	CHECK(trap == TRAP_KICK && state->regs.rbx > 1000);
}

struct competition {
	uint32_t wanted;
	uint32_t started; /* [a] */
};

/* Until all run at the same time: then each has a CPU. */
static void compete(void *argument)
{
	struct competition *competition = argument;
	uint64_t end = clock_ns() + PATIENCE;

	__atomic_fetch_add(&competition->started, 1, __ATOMIC_RELAXED);
	while (__atomic_load_n(&competition->started, __ATOMIC_RELAXED) < competition->wanted &&
	       clock_ns() < end)
		;
}

/* Threads that are more important than the guest take as many CPUs as there are. */
static void take_cpus(void)
{
	struct anon_thread *competitors[CPUS_MAX];
	struct competition competition = {0};
	struct system_info info = {0};

	CHECK(sys_system_info(&info) == OK && info.cpus <= CPUS_MAX);
	competition.wanted = info.cpus;
	for (unsigned i = 0; i < competition.wanted; i++)
		CHECK(thread_spawn(compete, &competition, NULL, &competitors[i]) == OK);
	for (unsigned i = 0; i < competition.wanted; i++)
		CHECK(thread_join(competitors[i]) == OK);
	CHECK(competition.started == competition.wanted);
}

/* Where there are several CPUs, it may be others that are taken: then once more. */
static unsigned count_preemptions(uint64_t enter_options, unsigned attempts)
{
	struct spinner spinner = {.options = enter_options};
	struct thread_options options = {
		.name = "spinner", .with_state = true, .priority = thread_self()->priority - 1};
	struct anon_thread *thread;

	CHECK(thread_spawn(spin_until_kicked, &spinner, &options, &thread) == OK);
	for (unsigned i = 0; i < attempts && spinner.preemptions == 0; i++) {
		sleep_ns(10 * NS_PER_MS);
		take_cpus();
	}
	sleep_ns(10 * NS_PER_MS);
	CHECK(sys_thread_kick(thread->handle) == OK);
	CHECK(thread_join(thread) == OK);
	return spinner.preemptions;
}

static void test_preemption(void)
{
	CHECK(count_preemptions(0, 2) == 0);
	CHECK(count_preemptions(ENTER_TELLS_PREEMPTION, 50) > 0);
}

/* --- cost --- */

#define BOUNCES 1000u

static uint64_t ticks(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

/* A first bounce before, so that nothing faults in between. */
struct bounces bounce(void)
{
	struct guest_state *state = begin(guest_count);
	struct system_info before, after;
	uint64_t start, spent;

	state->regs.rdi = BOUNCES;
	CHECK(run() == TRAP_SYSCALL);
	CHECK(sys_system_info(&before) == OK);
	start = ticks();
	while (state->regs.rax != 40)
		enter();
	spent = ticks() - start;
	CHECK(sys_system_info(&after) == OK);
	return (struct bounces){spent, (after.root_writes - before.root_writes) / BOUNCES};
}

static void measure_bounce(void)
{
	struct bounces cost = bounce();

	log_info("BENCH\t%s\ttsc\t%lu.%lu\t%lu",
	         space_flags ? "guest_bounce_shared_root" : "guest_bounce", cost.ticks / BOUNCES,
	         cost.ticks * 10 / BOUNCES % 10, cost.root_writes_each);
}

static void test_all(void *flags)
{
	CHECK(enter() == E_INVAL); /* nothing bound yet */
	space_flags = (uint32_t)(uintptr_t)flags;
	holders_done = 0;
	setup_space();
	CHECK(sys_space_bind(space) == OK);
	test_registers();
	test_flags();
	test_single_step();
	test_bases();
	test_refusals();
	test_faults();
	test_isolation();
	test_window();
	test_exceptions();
	test_end_of_space();
	test_monitor_access();
	test_fpu_state();
	test_fpu_isolation();
	test_kicks();
	test_preemption();
	test_word_calls();
	measure_bounce();
}

/* All of it with two roots, then with one. */
int main(void)
{
	static const uint32_t flags[] = {0, SPACE_SHARED_ROOT};
	struct thread_options options = {.name = "monitor", .with_state = true};
	struct anon_thread *monitor;

	for (unsigned i = 0; i < 2; i++) {
		CHECK(thread_spawn(test_all, (void *)(uintptr_t)flags[i], &options, &monitor) ==
		      OK);
		CHECK(thread_join(monitor) == OK);
		CHECK(sys_handle_close(space) == OK);
	}
	log_info("%u passed, %u failed", passed, failed);
	return (int)failed;
}
