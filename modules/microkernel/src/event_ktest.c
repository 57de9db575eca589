/*
 * Events, timers and deadlines: badges bound what is signalled, times never wrap, many at one time cost no more.
 */
#include <microkernel/errors.h>
#include <microkernel/rights.h>
#include "deadline.h"
#include "ktest_fixture.h"
#include "timer.h"

KTEST(badges_bound_what_timers_and_watches_signal)
{
	struct fixture f = fixture_create(100);
	struct fixture target = fixture_create(100);
	struct event *event = event_create(f.domain);
	struct handle_entry *root = fixture_publish(&f, &event->obj);
	struct timer *timer;
	handle_t badged;

	KCHECK(handle_derive_into(f.process, root, ~0u, 4, &badged) == OK);
	KCHECK(timer_create(f.domain, handle_find(f.process, badged), 7, &timer) == OK);
	KCHECK(timer->bits == 4);
	KCHECK(process_watch(target.process, handle_find(f.process, badged), 6) == OK);
	process_end(target.process, PROCESS_EXITED, 0);
	kobject_reap_all();
	KCHECK(event_take(event, ~0ull) == 4);
	kobject_unref(&timer->obj);
	fixture_destroy(&f);
	fixture_destroy(&target);
}

/* Its next time would wrap to one that has passed, and expiring would never end. */
KTEST(periods_without_end_are_refused)
{
	struct fixture f = fixture_create(100);
	struct handle_entry *entry = fixture_publish(&f, &event_create(f.domain)->obj);
	struct timer *timer;

	KCHECK(timer_create(f.domain, entry, 1, &timer) == OK);
	KCHECK(timer_set(timer, 1, UINT64_MAX - 5) == E_INVAL);
	KCHECK(timer_set(timer, 1, 1ull << 62) == OK);
	timer_handle();
	KCHECK(deadline_is_set(&timer->deadline) && timer->due_ns > clock_now_ns());
	kobject_unref(&timer->obj);
	fixture_destroy(&f);
}

/* Times that passed unnoticed are one signal, and the next one is in step with all of them. */
KTEST(missed_periods_are_signalled_once)
{
	struct fixture f = fixture_create(100);
	struct event *event = event_create(f.domain);
	struct handle_entry *entry = fixture_publish(&f, &event->obj);
	uint64_t now = clock_now_ns();
	struct timer *timer;
	unsigned budget = 10;

	KCHECK(timer_create(f.domain, entry, 1, &timer) == OK);
	KCHECK(timer_set(timer, 7, 1ul << 40) == OK);
	timer_handle();
	KCHECK(event_take(event, ~0ull) == 1);
	KCHECK(timer->due_ns > now && timer->due_ns - now <= 1ul << 40);
	KCHECK(timer->due_ns % (1ul << 40) == 7);
	KCHECK(derivation_revoke(entry->object, &entry->node, &budget));
	KCHECK(!deadline_is_set(&timer->deadline) && timer_set(timer, 7, 0) == E_GONE);
	kobject_unref(&timer->obj);
	fixture_destroy(&f);
}

KTEST(each_bit_wakes_one)
{
	struct fixture f = fixture_create(100);
	struct event *event = event_create(f.domain);
	struct thread *waiters[3];

	for (unsigned i = 0; i < 3; i++) {
		waiters[i] = fixture_running(&f, NATIVE_BASE + (1ul << 30) + i * PAGE_SIZE);
		event_wait(event, waiters[i], i == 1 ? 4 : 3, 0);
	}
	event_signal(event, 1 | 8);
	KCHECK(waiters[0]->state == THREAD_READY && waiters[0]->arch.regs.rdx == 1);
	KCHECK(waiters[1]->state == THREAD_WAITING && waiters[2]->state == THREAD_WAITING);
	kobject_check(&event->obj);
	for (unsigned i = 0; i < 3; i++)
		kobject_check(&waiters[i]->obj);
	event_signal(event, 4);
	KCHECK(waiters[1]->state == THREAD_READY && waiters[2]->state == THREAD_WAITING);
	KCHECK(event_take(event, ~0ull) == 8);
	for (unsigned i = 0; i < 3; i++) {
		thread_end(waiters[i]);
		kobject_unref(&waiters[i]->obj);
	}
	kobject_unref(&event->obj);
	fixture_destroy(&f);
}

static unsigned expired;

static void count(struct deadline *deadline)
{
	(void)deadline;
	expired++;
}

KTEST(deadlines_may_be_at_the_same_time)
{
	static struct deadline deadlines[2000];
	uint64_t never = UINT64_MAX;

	for (unsigned i = 0; i < 2000; i++)
		deadline_set(&deadlines[i], i % 2 ? never : 5, count);
	for (unsigned i = 0; i < 2000; i += 3)
		deadline_clear(&deadlines[i]);
	expired = 0;
	for (unsigned i = 0; i < 10; i++)
		timer_handle();
	KCHECK(expired == 1000 - 334);
	for (unsigned i = 0; i < 2000; i++) {
		KCHECK(deadline_is_set(&deadlines[i]) == (i % 2 && i % 3));
		deadline_clear(&deadlines[i]);
	}
	timer_handle();
	KCHECK(expired == 1000 - 334);
}
