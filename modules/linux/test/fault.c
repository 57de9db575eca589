/*
 * Faults become signals with the right code and address, and a handler can repair and go on.
 */
#include <setjmp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/ucontext.h>
#include "check.h"

#define PAGE 4096ul

static sigjmp_buf back;
static volatile int last_signal, last_code;
static void *volatile last_address;
static volatile uintptr_t low_address = 24;

static void leave(int signal, siginfo_t *info, void *context)
{
	(void)context;
	last_signal = signal;
	last_code = info->si_code;
	last_address = info->si_addr;
	siglongjmp(back, 1);
}

static void repair(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)context;
	last_address = info->si_addr;
	mprotect((void *)((uintptr_t)info->si_addr & ~(PAGE - 1)), PAGE, PROT_READ | PROT_WRITE);
}

static void skip_two_bytes(int signal, siginfo_t *info, void *context)
{
	(void)info;
	last_signal = signal;
	((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2;
}

static void set_handler(int signal, void (*handler)(int, siginfo_t *, void *))
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_NODEFER};

	sigaction(signal, &action, NULL);
}

static void test_segv(void)
{
	char *area = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	set_handler(SIGSEGV, leave);
	if (sigsetjmp(back, 1) == 0)
		*(volatile char *)low_address = 1;
	CHECK(last_signal == SIGSEGV && last_code == SEGV_MAPERR &&
	      last_address == (void *)low_address);
	last_signal = 0;
	if (sigsetjmp(back, 1) == 0)
		*(volatile char *)(area + 5) = 1;
	CHECK(last_signal == SIGSEGV && last_code == SEGV_ACCERR && last_address == area + 5);
	/* An address that is none: a general protection fault. */
	last_signal = 0;
	if (sigsetjmp(back, 1) == 0)
		*(volatile char *)0x8000000000000000ul = 1;
	CHECK(last_signal == SIGSEGV && last_code == SI_KERNEL);
	set_handler(SIGSEGV, repair);
	*(volatile char *)(area + 7) = 'r';
	CHECK(area[7] == 'r' && last_address == area + 7);
	munmap(area, PAGE);
	signal(SIGSEGV, SIG_DFL);
}

static void test_others(void)
{
	volatile int zero = 0, result = 1;

	set_handler(SIGFPE, leave);
	if (sigsetjmp(back, 1) == 0)
		result = 7 / zero;
	CHECK(result == 1 && last_signal == SIGFPE && last_code == FPE_INTDIV);
	set_handler(SIGILL, skip_two_bytes);
	__asm__ volatile("ud2");
	CHECK(last_signal == SIGILL);
	set_handler(SIGTRAP, leave);
	last_signal = 0;
	if (sigsetjmp(back, 1) == 0)
		__asm__ volatile("int3");
	CHECK(last_signal == SIGTRAP);
	set_handler(SIGSEGV, leave);
	last_signal = 0;
	if (sigsetjmp(back, 1) == 0)
		__asm__ volatile("hlt");
	CHECK(last_signal == SIGSEGV);
	signal(SIGFPE, SIG_DFL);
	signal(SIGILL, SIG_DFL);
	signal(SIGTRAP, SIG_DFL);
	signal(SIGSEGV, SIG_DFL);
}

static void block_and_fault(void *argument)
{
	sigset_t set;

	(void)argument;
	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	*(volatile char *)low_address = 1;
}

static void ignore_and_fault(void *argument)
{
	(void)argument;
	signal(SIGSEGV, SIG_IGN);
	*(volatile char *)low_address = 1;
}

static void handler_without_stack(void *argument)
{
	(void)argument;
	set_handler(SIGSEGV, leave);
	__asm__ volatile("xor %%esp, %%esp\n\tpush %%rax" : : : "memory");
}

static void bad_return_frame(void *argument)
{
	(void)argument;
	__asm__ volatile("mov $4096, %%esp\n\tmov $15, %%eax\n\tsyscall" : : : "memory");
}

/* Neither a mask nor ignoring hides a fault; a frame that cannot be written kills. */
static void test_deadly(void)
{
	CHECK((in_child(block_and_fault, NULL) & 0x7f) == SIGSEGV);
	CHECK((in_child(ignore_and_fault, NULL) & 0x7f) == SIGSEGV);
	CHECK((in_child(handler_without_stack, NULL) & 0x7f) == SIGSEGV);
	CHECK((in_child(bad_return_frame, NULL) & 0x7f) == SIGSEGV);
}

/* Registers survive system calls; rcx and r11 are as SYSCALL leaves them. */
static void test_registers(void)
{
	uint64_t rcx, r11, rbx, r12, xmm;

	__asm__ volatile(
		"mov $0x1111, %%rbx\n\tmov $0x2222, %%r12\n\tmovq %5, %%xmm15\n\t"
		"mov $39, %%eax\n\tsyscall\n1:\n\tlea 1b(%%rip), %%rax\n\tsub %%rax, %%rcx\n\t"
		"mov %%rcx, %0\n\tmov %%r11, %1\n\tmov %%rbx, %2\n\tmov %%r12, %3\n\tmovq %%xmm15, %4"
		: "=m"(rcx), "=m"(r11), "=m"(rbx), "=m"(r12), "=m"(xmm)
		: "r"((uint64_t)0x3333)
		: "rax", "rcx", "r11", "rbx", "r12", "xmm15", "memory");
	CHECK(rcx == 0);
	CHECK((r11 & 2) == 2);
	CHECK(rbx == 0x1111 && r12 == 0x2222 && xmm == 0x3333);
}

void test_fault(void)
{
	test_segv();
	test_others();
	test_deadly();
	test_registers();
}
