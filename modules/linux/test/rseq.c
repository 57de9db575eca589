/*
 * rseq: registration and its errors; sections left by signals and by preemption; broken ones.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>
#include "check.h"

#define SIGNATURE 0x53053053u
#define AREA_BYTES 32
#define UNREGISTER 1
#define THREADS_MAX 16
#define ROUNDS 1500

/* As in linux/rseq.h. */
struct area_fields {
	uint32_t cpu_id_start, cpu_id;
	uint64_t rseq_cs;
	uint32_t flags;
};

/* Room for what newer kernels add. */
union area {
	struct area_fields rseq;
	char room[64];
} __attribute__((aligned(64)));

static long call(void *area, unsigned bytes, int flags, unsigned signature)
{
	return syscall(SYS_rseq, area, bytes, flags, signature);
}

/* --- registration --- */

static void *in_thread(void *argument)
{
	static __thread union area own;

	CHECK_ERRNO(call(argument, AREA_BYTES, UNREGISTER, SIGNATURE), EINVAL);
	CHECK(call(&own, AREA_BYTES, 0, SIGNATURE) == 0 && own.rseq.cpu_id < 4096);
	return NULL;
}

static void in_forked(void *area)
{
	CHECK_ERRNO(call(area, AREA_BYTES, 0, SIGNATURE), EBUSY);
	CHECK(call(area, AREA_BYTES, UNREGISTER, SIGNATURE) == 0);
}

static void in_vforked(void *area)
{
	CHECK_ERRNO(call(area, AREA_BYTES, UNREGISTER, SIGNATURE), EINVAL);
}

static void check_vforked(union area *area)
{
	int status = -1;
	pid_t pid = vfork();

	if (pid == 0) {
		in_vforked(area);
		_exit(0);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
}

static void test_registration(void)
{
	static union area area, other;
	pthread_t thread;

	CHECK_ERRNO(call(&area, AREA_BYTES, UNREGISTER, SIGNATURE), EINVAL);
	CHECK_ERRNO(call(&area, AREA_BYTES, 2, SIGNATURE), EINVAL);
	CHECK_ERRNO(call(&area, AREA_BYTES, 3, SIGNATURE), EINVAL);
	CHECK_ERRNO(call(&area, 16, 0, SIGNATURE), EINVAL);
	CHECK_ERRNO(call(area.room + 8, AREA_BYTES, 0, SIGNATURE), EINVAL);
	CHECK_ERRNO(call((void *)(1ul << 63), AREA_BYTES, 0, SIGNATURE), EFAULT);
	area.rseq.cpu_id = (unsigned)-1;
	CHECK(call(&area, AREA_BYTES, 0, SIGNATURE) == 0);
	CHECK(area.rseq.cpu_id < 4096 && area.rseq.cpu_id_start == area.rseq.cpu_id);
	CHECK_ERRNO(call(&area, AREA_BYTES, 0, SIGNATURE), EBUSY);
	CHECK_ERRNO(call(&area, AREA_BYTES, 0, 1), EPERM);
	CHECK_ERRNO(call(&other, AREA_BYTES, 0, SIGNATURE), EINVAL);
	CHECK_ERRNO(call(&area, 64, 0, SIGNATURE), EINVAL);
	CHECK(pthread_create(&thread, NULL, in_thread, &area) == 0);
	pthread_join(thread, NULL);
	CHECK(in_child(in_forked, &area) == 0);
	check_vforked(&area);
	CHECK_ERRNO(call(&area, AREA_BYTES, UNREGISTER, 1), EPERM);
	CHECK_ERRNO(call(&other, AREA_BYTES, UNREGISTER, SIGNATURE), EINVAL);
	CHECK_ERRNO(call(&area, 64, UNREGISTER, SIGNATURE), EINVAL);
	CHECK(call(&area, AREA_BYTES, UNREGISTER, SIGNATURE) == 0);
	CHECK(area.rseq.cpu_id == (unsigned)-1 && area.rseq.cpu_id_start == 0);
	CHECK_ERRNO(call(&area, AREA_BYTES, UNREGISTER, SIGNATURE), EINVAL);
}

/* --- sections --- */

#define SECTION(start, end, abort, flags) \
	".pushsection .data.rseq_test, \"aw\"\n" \
	".balign 32\n" \
	"33: .long 0, " flags "\n" \
	".quad " start ", " end " - " start ", " abort "\n" \
	".popsection\n" \
	"leaq 33b(%%rip), %%rax\n" \
	"movq %%rax, 8(%[area])\n"
/* The signature, as an instruction that is never run. */
#define ABORT(label, signature) \
	".pushsection .text.rseq_test, \"ax\"\n" \
	".byte 0x0f, 0xb9, 0x3d\n" \
	".long " signature "\n" label ": jmp 55f\n" \
	".popsection\n"

extern const char spin_start[], spin_end[];

/* Runs until it is thrown out. */
static __attribute__((noinline, noclone)) void spin(union area *area)
{
	__asm__ volatile(
		SECTION("spin_start", "spin_end", "44f", "0")
			ABORT("44", "0x53053053") "spin_start: jmp spin_start\nspin_end: nop\n55:\n"
		:
		: [area] "r"(area)
		: "rax", "memory");
}

static void spin_with_wrong_signature(union area *area)
{
	__asm__ volatile(SECTION("11f", "22f", "44f", "0")
	                         ABORT("44", "0x12345678") "11: jmp 11b\n22: nop\n55:\n"
	                 :
	                 : [area] "r"(area)
	                 : "rax", "memory");
}

static void spin_with_flags(union area *area)
{
	__asm__ volatile(SECTION("11f", "22f", "44f", "8")
	                         ABORT("44", "0x53053053") "11: jmp 11b\n22: nop\n55:\n"
	                 :
	                 : [area] "r"(area)
	                 : "rax", "memory");
}

static void spin_with_inner_abort(union area *area)
{
	__asm__ volatile(SECTION("11f", "22f", "11f", "0") "11: jmp 11b\n22: nop\n"
	                 :
	                 : [area] "r"(area)
	                 : "rax", "memory");
}

/* Adds one to the counter of a CPU, slowly, if it is on it: whoever is interrupted between load and store, and not
 * thrown out, loses the others' work. Whether it was done. */
static int add_slowly(union area *area, unsigned cpu, volatile long *counter)
{
	int is_done = 0;

	__asm__ volatile(SECTION("11f", "22f", "44f", "0")
	                         ABORT("44", "0x53053053") "11: cmpl %[cpu], 4(%[area])\n"
	                                                   "jne 55f\n"
	                                                   "movq (%[counter]), %%rax\n"
	                                                   "movl $5000, %%ecx\n"
	                                                   "66: decl %%ecx\n"
	                                                   "jnz 66b\n"
	                                                   "incq %%rax\n"
	                                                   "movq %%rax, (%[counter])\n"
	                                                   "22: movl $1, %[done]\n"
	                                                   "55:\n"
	                 : [done] "+r"(is_done)
	                 : [area] "r"(area), [counter] "r"(counter), [cpu] "r"(cpu)
	                 : "rax", "rcx", "cc", "memory");
	return is_done;
}

static union area own_area;
static volatile int handled, seen_inside, seen_at_abort;

static void on_alarm(int signal, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;
	const char *ip = (const char *)uc->uc_mcontext.gregs[REG_RIP];
	unsigned signature;

	(void)signal, (void)info;
	memcpy(&signature, ip - sizeof(signature), sizeof(signature));
	seen_at_abort += signature == SIGNATURE && own_area.rseq.rseq_cs == 0;
	seen_inside += ip >= spin_start && ip < spin_end;
	handled++;
}

static void alarm_soon(void)
{
	struct sigaction action = {.sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO};
	struct itimerval value = {{0, 0}, {0, 20000}};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &value, NULL);
}

/* A handler sees the thread at the abort address already. Preemption may throw it out before, hardly each time. */
static void test_signal_ends_section(void)
{
	CHECK(call(&own_area, AREA_BYTES, 0, SIGNATURE) == 0);
	for (int i = 1; i <= 50 && seen_at_abort < 3; i++) {
		alarm_soon();
		while (handled < i)
			spin(&own_area);
	}
	CHECK(seen_at_abort >= 3 && seen_inside == 0);
	CHECK(call(&own_area, AREA_BYTES, UNREGISTER, SIGNATURE) == 0);
}

static void run_broken(void *argument)
{
	void (*section)(union area *) = *(void (**)(union area *))argument;

	CHECK(call(&own_area, AREA_BYTES, 0, SIGNATURE) == 0);
	alarm_soon();
	section(&own_area);
	CHECK(0);
}

static void point_nowhere(union area *area)
{
	area->rseq.rseq_cs = 8;
	for (;;)
		;
}

static void test_broken_sections(void)
{
	static void (*const broken[])(union area *) = {spin_with_wrong_signature, spin_with_flags,
	                                               spin_with_inner_abort, point_nowhere};

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		int status = in_child(run_broken, (void *)&broken[i]);

		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	}
}

/* --- preemption --- */

#define CPUS_MAX 64

static volatile long counters[CPUS_MAX];
static long expected, restarts;

/* Where the kernel goes by it: else there is one thread more than CPUs. */
static void stay_on_first_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	CHECK(sched_setaffinity(0, sizeof(set), &set) == 0);
}

static void *add_many(void *argument)
{
	static __thread union area area;

	(void)argument;
	CHECK(call(&area, AREA_BYTES, 0, SIGNATURE) == 0);
	/* Until it came to blows, on fast machines too. */
	for (long end = now_ms() + 5000, done = 0;
	     done < ROUNDS ||
	     (__atomic_load_n(&restarts, __ATOMIC_RELAXED) == 0 && now_ms() < end);) {
		unsigned cpu = __atomic_load_n(&area.rseq.cpu_id_start, __ATOMIC_RELAXED);
		int is_done = add_slowly(&area, cpu, &counters[cpu % CPUS_MAX]);

		done += is_done;
		__atomic_fetch_add(is_done ? &expected : &restarts, 1, __ATOMIC_RELAXED);
	}
	CHECK(call(&area, AREA_BYTES, UNREGISTER, SIGNATURE) == 0);
	return NULL;
}

static void count_together(void *argument)
{
	pthread_t threads[THREADS_MAX];
	long count = sysconf(_SC_NPROCESSORS_ONLN) + 2, sum = 0;

	(void)argument;
	stay_on_first_cpu();
	count = count < THREADS_MAX ? count : THREADS_MAX;
	for (int i = 0; i < count; i++)
		CHECK(pthread_create(&threads[i], NULL, add_many, NULL) == 0);
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < CPUS_MAX; i++)
		sum += counters[i];
	CHECK(sum == expected);
	CHECK(restarts > 0);
}

void test_rseq(void)
{
	test_registration();
	test_signal_ends_section();
	test_broken_sections();
	CHECK(in_child(count_together, NULL) == 0);
}
