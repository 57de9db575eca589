/*
 * breakout closed|open [1]: what a Linux program gets of the monitor's memory by looking for it. In a container that is as it
 * should be (closed; and on a real Linux, where the kernel is there) every access is a SIGSEGV; looked at is one place in SOME
 * where a monitor may begin (with 1: every one). With `shared_root` (open) it reads and writes what the monitor has present,
 * calls its code, and has it run ours (takeover.c). But its system calls are a Linux program's wherever they are made, and the
 * kernel's memory and all that lies beyond the window stay as far away as ever.
 */
#include <setjmp.h>
#include <signal.h>
#include <sys/syscall.h>
#include "breakout.h"
#include "check.h"

#define WINDOW 0xffff800000000000ul /* NATIVE_BASE, NATIVE_END of <microkernel/abi.h> */
#define WINDOW_END 0xffff820000000000ul
#define RET 0xc3
#define SOME 16u

static sigjmp_buf back;

static void leave(int signal)
{
	(void)signal;
	siglongjmp(back, 1);
}

bool can_read(uintptr_t at)
{
	if (sigsetjmp(back, 0))
		return false;
	(void)*(const volatile char *)at;
	return true;
}

/* Writes what is there already. */
bool can_write(uintptr_t at)
{
	if (sigsetjmp(back, 0))
		return false;
	__asm__ volatile("lock orb $0, (%0)" : : "r"(at) : "memory", "cc");
	return true;
}

static bool can_call(uintptr_t at)
{
	if (sigsetjmp(back, 0))
		return false;
	((void (*)(void))at)();
	return true;
}

static bool is_code(uintptr_t page)
{
	for (uintptr_t at = page; at < page + PAGE; at++)
		if (*(const volatile uint8_t *)at == RET)
			return can_call(at);
	return false;
}

static uintptr_t find_syscall(uintptr_t page)
{
	for (uintptr_t at = page; at < page + PAGE - 1; at++)
		if (*(const volatile uint8_t *)at == 0x0f &&
		    *(const volatile uint8_t *)(at + 1) == 0x05)
			return at;
	return 0;
}

static void look_at_stretch(uintptr_t stretch, struct finding *found)
{
	found->stretch = stretch;
	for (uintptr_t page = stretch; page < stretch + STRETCH; page += PAGE) {
		if (!can_read(page))
			continue;
		found->readable++;
		if (can_write(page)) {
			found->writable++;
		} else if (is_code(page)) {
			found->callable++;
			if (!found->code)
				found->code = page;
			found->code_end = page + PAGE;
			if (!found->syscall)
				found->syscall = find_syscall(page);
		}
	}
}

/* Until a program is found: its place was chosen at random, but there are only so many. */
static struct finding look(unsigned some)
{
	struct finding found = {0};

	for (uintptr_t at = WINDOW + (unsigned)now_ms() % some * STRETCH;
	     at < WINDOW_END && !found.readable; at += some * STRETCH)
		if (can_read(at))
			look_at_stretch(at, &found);
	return found;
}

/* The monitor gets the call as any other, and a guest that would go on up there is ended. */
static void call_from_up_there(void *at)
{
	long number = SYS_getppid;

	signal(SIGSEGV, SIG_DFL);
	__asm__ volatile("call *%1" : "+a"(number) : "r"(at) : "rcx", "r11", "memory", "cc");
}

static void check_what_is_never_open(void)
{
	static const uintptr_t forbidden[] = {WINDOW_END, 0xffff880000001000, 0xffffffff80110000,
	                                      0xffffffffc0000000};

	for (unsigned i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		CHECK(!can_read(forbidden[i]) && !can_write(forbidden[i]));
		CHECK(!can_call(forbidden[i]));
	}
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = leave, .sa_flags = SA_NODEFER};
	bool is_open = argc > 1 && strcmp(argv[1], "open") == 0;
	bool is_thorough = is_open || (argc > 2 && strcmp(argv[2], "1") == 0);
	struct finding found;

	check_begin();
	sigaction(SIGSEGV, &action, NULL);
	found = look(is_thorough ? 1 : SOME);
	printf("%u pages of the monitor can be read, %u written, %u called\n", found.readable,
	       found.writable, found.callable);
	CHECK(!found.readable == !is_open);
	CHECK(!found.writable == !is_open);
	CHECK(!found.callable == !is_open);
	CHECK(!found.syscall == !is_open);
	if (found.syscall) {
		int status = in_child(call_from_up_there, (void *)found.syscall);

		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
	if (found.callable)
		test_takeover(&found);
	check_what_is_never_open();
	return check_end();
}
