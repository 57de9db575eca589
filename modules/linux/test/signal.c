/*
 * Handlers, masks, queues, alternate stacks, siginfo, the frame's registers and FPU state.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/ucontext.h>
#include "check.h"

static volatile int count, last_signal, last_value, last_code, last_pid;
static volatile uintptr_t handler_stack;

static void counting(int signal)
{
	count++;
	last_signal = signal;
}

static void informing(int signal, siginfo_t *info, void *context)
{
	(void)context;
	count++;
	last_signal = signal;
	last_code = info->si_code;
	last_pid = info->si_pid;
	last_value = info->si_value.sival_int;
	handler_stack = (uintptr_t)__builtin_frame_address(0);
}

static void set_handler(int signal, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = flags | SA_SIGINFO};

	CHECK(sigaction(signal, &action, NULL) == 0);
}

static void test_basics(void)
{
	struct sigaction action;

	signal(SIGUSR1, counting);
	count = 0;
	raise(SIGUSR1);
	CHECK(count == 1 && last_signal == SIGUSR1);
	CHECK(kill(getpid(), SIGUSR1) == 0 && count == 2);
	CHECK(sigaction(SIGUSR1, NULL, &action) == 0 && action.sa_handler == counting);
	CHECK_ERRNO(signal(SIGKILL, counting) == SIG_ERR ? -1 : 0, EINVAL);
	CHECK_ERRNO(signal(SIGSTOP, SIG_IGN) == SIG_ERR ? -1 : 0, EINVAL);
	CHECK_ERRNO(syscall(SYS_rt_sigaction, 65, NULL, NULL, 8), EINVAL);
	CHECK_ERRNO(syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 4), EINVAL);
	signal(SIGUSR1, SIG_IGN);
	raise(SIGUSR1);
	CHECK(count == 2);
	signal(SIGUSR1, SIG_DFL);
}

static void test_info(void)
{
	union sigval value = {.sival_int = 77};

	set_handler(SIGUSR1, informing, 0);
	count = 0;
	kill(getpid(), SIGUSR1);
	CHECK(count == 1 && last_code == SI_USER && last_pid == getpid());
	syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR1);
	CHECK(count == 2 && last_code == SI_TKILL && last_pid == getpid());
	CHECK(sigqueue(getpid(), SIGUSR1, value) == 0);
	CHECK(count == 3 && last_code == SI_QUEUE && last_value == 77);
	signal(SIGUSR1, SIG_DFL);
}

static void test_mask(void)
{
	sigset_t set, old, waiting;

	signal(SIGUSR1, counting);
	signal(SIGUSR2, counting);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGKILL);
	CHECK(sigprocmask(SIG_BLOCK, &set, &old) == 0);
	count = 0;
	raise(SIGUSR1);
	raise(SIGUSR1);
	CHECK(count == 0);
	CHECK(sigpending(&waiting) == 0 && sigismember(&waiting, SIGUSR1) == 1 &&
	      sigismember(&waiting, SIGUSR2) == 0);
	sigprocmask(SIG_BLOCK, NULL, &set);
	CHECK(!sigismember(&set, SIGKILL));
	sigprocmask(SIG_SETMASK, &old, NULL);
	CHECK(count == 1); /* standard signals are pending once */
	/* Ignoring a pending signal forgets it. */
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR2);
	signal(SIGUSR2, SIG_IGN);
	sigpending(&waiting);
	CHECK(!sigismember(&waiting, SIGUSR2));
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGUSR1, SIG_DFL);
	signal(SIGUSR2, SIG_DFL);
}

static volatile int order[16];

static void ordering(int signal, siginfo_t *info, void *context)
{
	(void)context;
	order[count++] = signal * 100 + info->si_value.sival_int;
}

static void test_realtime(void)
{
	int first = SIGRTMIN + 1, second = SIGRTMIN + 2;
	sigset_t set;

	set_handler(first, ordering, 0);
	set_handler(second, ordering, 0);
	sigemptyset(&set);
	sigaddset(&set, first);
	sigaddset(&set, second);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 0; i < 3; i++) {
		sigqueue(getpid(), second, (union sigval){.sival_int = i});
		sigqueue(getpid(), first, (union sigval){.sival_int = i});
	}
	count = 0;
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	CHECK(count == 6);
	/* Frames nest: the last one taken, of the highest number, runs first. */
	int seen_first = 0, seen_second = 0;

	for (int i = 0; i < 6; i++) {
		seen_first += order[i] / 100 == first;
		seen_second += order[i] / 100 == second;
	}
	CHECK(seen_first == 3 && seen_second == 3);
	signal(first, SIG_DFL);
	signal(second, SIG_DFL);
}

static volatile int depth, deepest;

static void nesting(int signal, siginfo_t *info, void *context)
{
	(void)info, (void)context;
	depth++;
	if (depth > deepest)
		deepest = depth;
	if (depth < 3 && count++ < 5)
		raise(signal);
	depth--;
}

/* Who queues signals is told when there are too many; each that was taken comes. */
static void test_full_queue(void)
{
	const struct timespec none = {0};
	struct rlimit limit, least;
	int sent = 0, taken = 0, number = SIGRTMIN + 2;
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, number);
	sigprocmask(SIG_BLOCK, &set, &old);
	CHECK(getrlimit(RLIMIT_SIGPENDING, &limit) == 0);
	least = (struct rlimit){limit.rlim_cur < 2000 ? limit.rlim_cur : 2000, limit.rlim_max};
	CHECK(setrlimit(RLIMIT_SIGPENDING, &least) == 0);
	while (sent < 3000 && sigqueue(getpid(), number, (union sigval){.sival_int = sent}) == 0)
		sent++;
	CHECK(errno == EAGAIN && sent > 500);
	CHECK(kill(getpid(), number) == 0);
	while (sigtimedwait(&set, NULL, &none) == number)
		taken++;
	CHECK(taken == sent && setrlimit(RLIMIT_SIGPENDING, &limit) == 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static void test_flags(void)
{
	struct sigaction action;

	deepest = depth = count = 0;
	set_handler(SIGUSR1, nesting, 0);
	raise(SIGUSR1);
	CHECK(deepest == 1); /* blocked while its handler runs */
	deepest = depth = count = 0;
	set_handler(SIGUSR1, nesting, SA_NODEFER);
	raise(SIGUSR1);
	CHECK(deepest == 3);
	set_handler(SIGUSR1, informing, SA_RESETHAND);
	raise(SIGUSR1);
	sigaction(SIGUSR1, NULL, &action);
	CHECK(action.sa_handler == SIG_DFL);
}

static void test_alternate_stack(void)
{
	static char stack[65536];
	stack_t old, alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
	stack_t tiny = {.ss_sp = stack, .ss_size = 16};

	CHECK(sigaltstack(NULL, &old) == 0 && (old.ss_flags & SS_DISABLE));
	CHECK_ERRNO(sigaltstack(&tiny, NULL), ENOMEM);
	CHECK(sigaltstack(&alternate, NULL) == 0);
	set_handler(SIGUSR1, informing, SA_ONSTACK);
	raise(SIGUSR1);
	CHECK(handler_stack >= (uintptr_t)stack &&
	      handler_stack < (uintptr_t)stack + sizeof(stack));
	set_handler(SIGUSR1, informing, 0);
	raise(SIGUSR1);
	CHECK(handler_stack < (uintptr_t)stack ||
	      handler_stack >= (uintptr_t)stack + sizeof(stack));
	alternate.ss_flags = SS_DISABLE;
	CHECK(sigaltstack(&alternate, NULL) == 0);
	signal(SIGUSR1, SIG_DFL);
}

/* The handler changes a register and an SSE register in the frame: they come back changed. */
static void changing(int signal, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	double zero = 0;

	(void)signal, (void)info;
	__asm__ volatile("movsd %0, %%xmm6" : : "m"(zero) : "xmm6");
	uc->uc_mcontext.gregs[REG_R13] = 0x1234;
	if (uc->uc_mcontext.fpregs) {
		uint32_t *xmm7 = (uint32_t *)((char *)uc->uc_mcontext.fpregs + 160 + 7 * 16);

		xmm7[0] = 0x55;
	}
}

static void test_frame(void)
{
	uint64_t r13 = 1, xmm6 = 0x4242, xmm7 = 0x11;
	long pid = getpid();

	set_handler(SIGUSR1, changing, 0);
	__asm__ volatile("mov $1, %%r13\n\tmovq %3, %%xmm6\n\tmovq %4, %%xmm7\n\t"
	                 "mov $62, %%eax\n\tmov %5, %%rdi\n\tmov %6, %%rsi\n\tsyscall\n\t"
	                 "mov %%r13, %0\n\tmovq %%xmm6, %1\n\tmovq %%xmm7, %2"
	                 : "=&r"(r13), "=&r"(xmm6), "=&r"(xmm7)
	                 : "r"((uint64_t)0x4242), "r"((uint64_t)0x11), "r"(pid), "r"((long)SIGUSR1)
	                 : "rax", "rcx", "r11", "rdi", "rsi", "r13", "xmm6", "xmm7", "memory");
	CHECK(r13 == 0x1234);
	CHECK(xmm6 == 0x4242);
	CHECK(xmm7 == 0x55);
	signal(SIGUSR1, SIG_DFL);
}

/* --- the whole FPU state, in the frame and across fork --- */

#define CPUID_AVX (1u << 28)
#define CPUID_OSXSAVE (1u << 27)
#define AREA_MXCSR 24
#define AREA_MAGIC 464
#define AREA_HEADER 512

static int has_features(uint32_t wanted)
{
	uint32_t eax = 1, ebx, ecx = 0, edx;

	__asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	return (ecx & wanted) == wanted;
}

static uint64_t avx_upper(void)
{
	uint64_t value;

	__asm__ volatile("vextractf128 $1, %%ymm5, %%xmm4\n\tmovq %%xmm4, %0"
	                 : "=r"(value)
	                 :
	                 : "xmm4");
	return value;
}

static void set_avx_upper(uint64_t value)
{
	__asm__ volatile("movq %0, %%xmm4\n\tvinsertf128 $1, %%xmm4, %%ymm5, %%ymm5"
	                 :
	                 : "r"(value)
	                 : "xmm4", "xmm5");
}

static void clear_avx(int signal)
{
	(void)signal;
	__asm__ volatile("vzeroall" : : : "xmm0", "xmm4", "xmm5");
	count++;
}

static void avx_in_child(void *argument)
{
	(void)argument;
	_exit(avx_upper() == 0x7777 ? 5 : 6);
}

static void test_avx(void)
{
	long result, tid = syscall(SYS_gettid);

	if (!has_features(CPUID_AVX | CPUID_OSXSAVE))
		return;
	signal(SIGUSR1, clear_avx);
	count = 0;
	set_avx_upper(0x9999);
	__asm__ volatile("syscall"
	                 : "=a"(result)
	                 : "0"(SYS_tkill), "D"(tid), "S"(SIGUSR1)
	                 : "rcx", "r11", "memory");
	CHECK(avx_upper() == 0x9999 && count == 1 && result == 0);
	set_avx_upper(0x7777);
	CHECK(in_child(avx_in_child, NULL) == 5 << 8);
	signal(SIGUSR1, SIG_DFL);
}

static void write_area(void *context, unsigned at, uint64_t value, unsigned bytes)
{
	memcpy((char *)((ucontext_t *)context)->uc_mcontext.fpregs + at, &value, bytes);
}

static void spoil_mxcsr(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)info;
	write_area(context, AREA_MXCSR, 0xffffffff, 4);
}

static void spoil_features(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)info;
	write_area(context, AREA_HEADER, 1ull << 62, 8);
}

static void spoil_header(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)info;
	write_area(context, AREA_HEADER + 8, 1, 8);
}

static void forget_length(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)info;
	write_area(context, AREA_MAGIC, 0, 4);
	write_area(context, AREA_HEADER + 8, 1, 8); /* not looked at then */
}

static void be_signalled(void *handler)
{
	set_handler(SIGUSR1, (void (*)(int, siginfo_t *, void *))handler, 0);
	raise(SIGUSR1);
	_exit(8);
}

/* What the CPU would refuse to load ends the process. */
static void test_bad_frames(void)
{
	CHECK(in_child(be_signalled, (void *)spoil_mxcsr) == SIGSEGV);
	if (!has_features(CPUID_OSXSAVE))
		return;
	CHECK(in_child(be_signalled, (void *)spoil_features) == SIGSEGV);
	CHECK(in_child(be_signalled, (void *)spoil_header) == SIGSEGV);
	CHECK(in_child(be_signalled, (void *)forget_length) == 8 << 8);
}

/* Whoever has waited for a child has its SIGCHLD, too. */
static void test_child_signal(void)
{
	struct timespec none = {0, 0};
	sigset_t set, old;
	int missed = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &old);
	for (int i = 0; i < 200; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		while (waitpid(pid, NULL, WNOHANG) == 0)
			;
		missed += sigtimedwait(&set, NULL, &none) != SIGCHLD;
	}
	CHECK(missed == 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static void test_waiting(void)
{
	struct timespec none = {0, 0}, soon = {0, 50000000};
	sigset_t set, old;
	siginfo_t info;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &old);
	CHECK_ERRNO(sigtimedwait(&set, &info, &none), EAGAIN);
	long before = now_ms();

	CHECK_ERRNO(sigtimedwait(&set, &info, &soon), EAGAIN);
	CHECK(now_ms() - before >= 45);
	raise(SIGUSR1);
	CHECK(sigtimedwait(&set, &info, &none) == SIGUSR1 && info.si_signo == SIGUSR1);
	/* SIGCHLD is ignored by default, and yet waited for. */
	pid_t pid = fork();

	if (pid == 0) {
		sleep_ms(30);
		_exit(6);
	}
	CHECK(sigwaitinfo(&set, &info) == SIGCHLD && info.si_pid == pid && info.si_status == 6 &&
	      info.si_code == CLD_EXITED);
	waitpid(pid, NULL, 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static void test_suspend(void)
{
	sigset_t set, old, now;

	signal(SIGUSR1, counting);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, &old);
	count = 0;
	pid_t pid = fork();

	if (pid == 0) {
		sleep_ms(30);
		kill(getppid(), SIGUSR1);
		_exit(0);
	}
	CHECK_ERRNO(sigsuspend(&old), EINTR);
	CHECK(count == 1);
	sigprocmask(SIG_BLOCK, NULL, &now);
	CHECK(sigismember(&now, SIGUSR1));
	waitpid(pid, NULL, 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGUSR1, SIG_DFL);
}

void test_signal(void)
{
	test_basics();
	test_info();
	test_mask();
	test_realtime();
	test_full_queue();
	test_flags();
	test_alternate_stack();
	test_frame();
	test_avx();
	test_bad_frames();
	test_waiting();
	test_child_signal();
	test_suspend();
}
