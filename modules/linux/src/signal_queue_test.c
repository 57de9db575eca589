/*
 * Tests of signal_queue.c, signal_place.c and timer_math.c: the order of signals against a model, where
 * frames lie for any stack pointer, periods that were missed.
 */
#include <base/test.h>
#include <base/random.h>
#include "signal_frame.h"
#include "signal_queue.h"
#include "timers.h"

static void add(struct pending *pending, int number, int value)
{
	struct linux_siginfo info = {.si_signo = number, .user = {.value = (uint64_t)value}};

	CHECK(pending_add(pending, &info));
}

TEST(order)
{
	struct pending pending = {0};
	struct linux_siginfo info;

	add(&pending, SIGTERM, 1);
	add(&pending, SIGHUP, 2);
	add(&pending, SIGRTMIN + 1, 3);
	add(&pending, SIGSEGV, 4);
	CHECK(pending_take(&pending, ~0ull, &info) && info.si_signo == SIGSEGV); /* a fault first */
	CHECK(pending_take(&pending, ~signal_bit(SIGHUP), &info) && info.si_signo == SIGTERM);
	CHECK(pending_take(&pending, ~0ull, &info) && info.si_signo == SIGHUP &&
	      info.user.value == 2);
	CHECK(pending_take(&pending, ~0ull, &info) && info.si_signo == SIGRTMIN + 1);
	CHECK(!pending_take(&pending, ~0ull, &info) && pending.set == 0 && !pending.first);
	pending_clear(&pending);
}

TEST(queueing)
{
	struct pending pending = {0};
	struct linux_siginfo info;

	for (int i = 0; i < 3; i++) {
		add(&pending, SIGUSR1, i);
		add(&pending, SIGRTMIN, i);
	}
	CHECK(pending_take(&pending, signal_bit(SIGUSR1), &info) && info.user.value == 0);
	CHECK(!pending_take(&pending, signal_bit(SIGUSR1), &info)); /* once */
	for (uint64_t i = 0; i < 3; i++)
		CHECK(pending_take(&pending, ~0ull, &info) && info.user.value == i);
	CHECK_EQ(pending.set, 0);
	/* The queue is bounded; a standard signal still gets through. */
	int queued = 0;

	for (int i = 0; i < 5000; i++) {
		info = (struct linux_siginfo){.si_signo = SIGRTMIN, .si_code = SI_QUEUE};
		queued += pending_add(&pending, &info);
	}
	CHECK_EQ(queued, 1024);
	add(&pending, SIGRTMIN, 0); /* by kill */
	add(&pending, SIGRTMIN + 1, 0);
	CHECK(pending_take(&pending, signal_bit(SIGRTMIN + 1), &info));
	CHECK(info.si_signo == SIGRTMIN + 1 && info.si_code == 0);
	info = (struct linux_siginfo){.si_signo = SIGRTMIN + 1, .si_code = SI_TIMER};
	CHECK(pending_add(&pending, &info));
	CHECK(pending_take(&pending, signal_bit(SIGRTMIN + 1), &info) && info.si_code == SI_TIMER);
	add(&pending, SIGINT, 0);
	CHECK(pending_take(&pending, ~0ull, &info) && info.si_signo == SIGINT);
	pending_drop(&pending, signal_bit(SIGRTMIN));
	CHECK(pending.set == 0 && !pending.first && !pending.last);
	pending_clear(&pending);
	CHECK(!pending.spare);
}

/* Against a model: an array of queues. */
TEST(model)
{
	struct pending pending = {0};
	struct random random;
	unsigned counts[65] = {0};
	struct linux_siginfo info;

	random_seed(&random, test_seed());
	for (unsigned round = 0; round < test_rounds(20000); round++) {
		int number = (int)random_below(&random, 64) + 1;
		unsigned total = 0;

		for (int i = 1; i <= 64; i++)
			total += counts[i];
		if (random_below(&random, 5) < 2 && total < 1000) {
			add(&pending, number, 0);
			counts[number] = number < SIGRTMIN ? 1 : counts[number] + 1;
		} else if (random_below(&random, 20) == 0) {
			pending_drop(&pending, signal_bit(number));
			counts[number] = 0;
		} else if (pending_take(&pending, ~signal_bit(number), &info)) {
			CHECK(info.si_signo != number && counts[info.si_signo] > 0);
			counts[info.si_signo]--;
		}
		for (int i = 1; i <= 64; i++)
			CHECK_EQ(!!(pending.set & signal_bit(i)), counts[i] > 0);
	}
	pending_clear(&pending);
}

TEST(defaults)
{
	CHECK_EQ(signal_default_of(SIGCHLD), SIGNAL_IGNORED);
	CHECK_EQ(signal_default_of(SIGWINCH), SIGNAL_IGNORED);
	CHECK_EQ(signal_default_of(SIGCONT), SIGNAL_CONTINUES);
	CHECK_EQ(signal_default_of(SIGTTIN), SIGNAL_STOPS);
	CHECK_EQ(signal_default_of(SIGSEGV), SIGNAL_CORE);
	CHECK_EQ(signal_default_of(SIGUSR1), SIGNAL_TERMINATES);
	CHECK_EQ(signal_default_of(SIGRTMIN + 5), SIGNAL_TERMINATES);
}

TEST(handlers)
{
	struct sighand *first = sighand_create();

	first->actions[SIGINT - 1] = (struct linux_sigaction){.handler = 0x1000,
	                                                      .flags = SA_RESTART};
	first->actions[SIGHUP - 1].handler = SIG_IGN;
	struct sighand *second = sighand_copy(first);

	sighand_reset(second);
	CHECK_EQ(second->actions[SIGINT - 1].handler, SIG_DFL);
	CHECK_EQ(second->actions[SIGINT - 1].flags, 0);
	CHECK_EQ(second->actions[SIGHUP - 1].handler, SIG_IGN);
	CHECK_EQ(first->actions[SIGINT - 1].handler, 0x1000);
	sighand_put(sighand_get(first));
	sighand_put(first);
	sighand_put(second);
}

/* The parts do not overlap and are aligned as the ABI asks, for any stack pointer. */
TEST(frame_places)
{
	static const uint64_t sizes[] = {512, 576, 832, 2696};

	for (unsigned s = 0; s < 4; s++) {
		for (uint64_t sp = 0x7ffff000; sp < 0x7ffff000 + 200; sp++) {
			struct frame_place place = signal_frame_place(sp, sizes[s]);

			CHECK_EQ(place.fpu % 64, 0);
			CHECK(place.fpu + sizes[s] + 4 <= sp);
			CHECK_EQ((place.frame + 8) % 16, 0);
			CHECK(place.frame + sizeof(struct signal_frame) <= place.fpu);
		}
	}
}

TEST(frame_layout)
{
	CHECK_EQ(offsetof(struct signal_frame, uc), 8);
	CHECK_EQ(offsetof(struct linux_ucontext, context), 40);
	CHECK_EQ(offsetof(struct linux_ucontext, mask), 296);
	CHECK_EQ(offsetof(struct linux_sigcontext, rip), 128);
	CHECK_EQ(offsetof(struct linux_sigcontext, fpstate), 184);
	CHECK_EQ(offsetof(struct signal_frame, info), 312);
}

TEST(alternate_stack)
{
	struct linux_stack stack = {.sp = 0x1000, .size = 0x2000}, none = {.flags = SS_DISABLE};

	CHECK(!signal_stack_holds(&stack, 0x1000) && signal_stack_holds(&stack, 0x1001));
	CHECK(signal_stack_holds(&stack, 0x3000) && !signal_stack_holds(&stack, 0x3001));
	CHECK(!signal_stack_holds(&none, 0x1001));
}

TEST(periods)
{
	uint64_t missed;

	CHECK_EQ(timer_advance(100, 10, 100, &missed), 110);
	CHECK_EQ(missed, 0);
	CHECK_EQ(timer_advance(100, 10, 109, &missed), 110);
	CHECK_EQ(timer_advance(100, 10, 110, &missed), 120);
	CHECK_EQ(missed, 1);
	CHECK_EQ(timer_advance(100, 10, 135, &missed), 140);
	CHECK_EQ(missed, 3);
	CHECK_EQ(timer_advance(100, 10, 50, &missed), 110); /* early */
	CHECK(timer_advance(UINT64_MAX - 5, 10, UINT64_MAX - 1, &missed) == UINT64_MAX);
	CHECK(timer_advance(1, UINT64_MAX, 2, &missed) == UINT64_MAX);
}

TEST_MAIN();
