/*
 * What a guest can do to its monitor's memory: nothing when the space has two roots; with one (SPACE_SHARED_ROOT) what the
 * monitor itself can, where a page is present. Then neither is kept from executing the other's code, and what runs in a monitor
 * that was led astray has that process's handles and no others. The kernel stays out of reach, whatever they do.
 */
#include <libanon/memory.h>
#include "entertest.h"

#define WRITTEN 0x5152535455565758ul
#define HANDLES_TRIED 64u

static volatile uint64_t own_word = 77; /* of the monitor's data */

/* The monitor's code, too, for guests: a system call and what is behind it. */
extern const char monitor_syscall[];
__asm__(".text\n"
        "monitor_syscall:\n\t"
        "syscall\n\t"
        "ud2");

static struct guest_state *begin_at_address(const char *label, const volatile void *address)
{
	struct guest_state *state = begin(label);

	state->regs.rdi = (uint64_t)address;
	state->regs.rax = WRITTEN;
	return state;
}

static void expect_loads(const volatile void *address, uint64_t value)
{
	const struct guest_state *state = begin_at_address(guest_load, address);

	CHECK(run() == TRAP_SYSCALL && state->regs.rax == value);
}

static void expect_refusal(const char *label, const volatile void *address, uint32_t access)
{
	begin_at_address(label, address);
	expect_fault((uint64_t)address, access, FAULT_UNMAPPED);
}

static void test_closed_window(void)
{
	expect_refusal(guest_load, guest_state(), MAP_READ);
	expect_refusal(guest_load, &own_word, MAP_READ);
	expect_refusal(guest_load, monitor_syscall, MAP_READ);
	expect_refusal(guest_store, &own_word, MAP_WRITE);
	expect_refusal(guest_jump, monitor_syscall, MAP_EXECUTE);
	CHECK(own_word == 77);
}

/* What the monitor may not write its guest may not, and only what is present is there for it. */
static void test_open_window(void)
{
	volatile uint64_t *page;
	void *at;

	expect_loads(&own_word, 77);
	expect_loads(monitor_syscall, *(const uint64_t *)monitor_syscall);
	begin_at_address(guest_store, &own_word);
	CHECK(run() == TRAP_SYSCALL && own_word == WRITTEN);
	own_word = 77;
	expect_refusal(guest_store, monitor_syscall, MAP_WRITE);
	expect_refusal(guest_jump, &own_word, MAP_EXECUTE);

	CHECK(memory_map(HANDLE_NONE, 0, PAGE_SIZE, MAP_READ | MAP_WRITE | MAP_PRIVATE, &at) == OK);
	page = at;
	expect_refusal(guest_load, page, MAP_READ);
	*page = 79;
	expect_loads(page, 79);
	CHECK(memory_unmap(at, PAGE_SIZE) == OK);
	expect_refusal(guest_load, page, MAP_READ);
}

/* A guest in its monitor's code is still a guest: its calls go to the monitor, and enter goes on nowhere but below GUEST_END. */
static void test_calling_monitor(void)
{
	struct guest_state *state = begin_at_address(guest_jump, monitor_syscall);

	state->regs.rax = SYS_thread_exit;
	CHECK(run() == TRAP_SYSCALL && state->regs.rax == SYS_thread_exit);
	CHECK(state->regs.rip == (uint64_t)monitor_syscall + 2);
	CHECK(enter() == E_INVAL);
}

static status_t call_kernel_from_guest(uint64_t number, uint64_t argument)
{
	status_t (*calls)(uint64_t, uint64_t) = (void *)guest(guest_calls);

	return calls(number, argument);
}

/* That is what a break-out comes to: the kernel answers as it does to the process, which never had what it asks for. */
static void test_monitor_led_astray(void)
{
	uint64_t (*returns)(uint64_t) = (void *)guest(guest_returns);

	CHECK(returns(41) == 42);
	CHECK(call_kernel_from_guest(SYS_clock_now, 0) == OK);
	for (uint64_t i = 1; i <= HANDLES_TRIED; i++)
		CHECK(call_kernel_from_guest(SYS_interrupt_ack, i << 20 | i) == E_HANDLE);
}

/* Its system call there returns to the end of what it may execute, by SYSRET, which must not fault in the kernel. */
static void test_led_to_the_end(void)
{
	struct guest_state *state = guest_state();
	uint8_t *last = (uint8_t *)(GUEST_END - 2);
	uint64_t is_ended = SYS_clock_now;

	last[0] = 0x0f;
	last[1] = 0x05;
	__asm__ volatile("leaq 1f(%%rip), %%rdx\n\t"
	                 "movq %%rdx, %[fixup]\n\t"
	                 "jmp *%[last]\n"
	                 "1:"
	                 : "+a"(is_ended), [fixup] "+m"(state->fixup)
	                 : [last] "r"(last)
	                 : "rcx", "rdx", "rdi", "rsi", "r8", "r9", "r10", "r11", "memory", "cc");
	CHECK(is_ended == 1 && state->fixup == 0);
}

static void test_clone(void)
{
	handle_t clone = HANDLE_NONE;

	own_word = 80;
	CHECK(sys_space_clone(space, HANDLE_NONE, &clone) == OK);
	CHECK(sys_space_bind(clone) == OK);
	CHECK(bounce().root_writes_each == (space_flags ? 0 : 2));
	if (space_flags)
		expect_loads(&own_word, 80);
	else
		expect_refusal(guest_load, &own_word, MAP_READ);
	CHECK(sys_space_bind(space) == OK);
	CHECK(sys_handle_close(clone) == OK);
	own_word = 77;
}

void test_window(void)
{
	CHECK(bounce().root_writes_each == (space_flags ? 0 : 2));
	test_clone();
	if (!space_flags) {
		test_closed_window();
		return;
	}
	test_open_window();
	test_calling_monitor();
	test_monitor_led_astray();
	test_led_to_the_end();
}
