/*
 * Many threads that wait: whatever wakes or ends them goes in steps, and reaches each of them once.
 */
#include <microkernel/abi.h>
#include <microkernel/errors.h>
#include <microkernel/rights.h>
#include "endpoint.h"
#include "ipc.h"
#include "ktest_fixture.h"
#include "reply.h"
#include "word.h"

#define AT (NATIVE_BASE + (1ul << 30))
#define WORD (NATIVE_BASE + (2ul << 30))
#define OTHER_WORD (WORD + 64)
#define MANY 200u /* more than any step wakes */

struct crowd {
	struct fixture f;
	struct thread *threads[MANY];
};

static void gather(struct crowd *crowd)
{
	struct domain_limits room = {
		.pages = 4 * MANY, .handles = 8 * MANY, .threads = MANY, .share = 256};

	crowd->f = fixture_create(room.pages);
	domain_set_limits(crowd->f.domain, &room);
	for (unsigned i = 0; i < MANY; i++)
		crowd->threads[i] = fixture_running(&crowd->f, AT + i * PAGE_SIZE);
}

static unsigned count(const struct crowd *crowd, enum thread_state state)
{
	unsigned count = 0;

	for (unsigned i = 0; i < MANY; i++)
		count += crowd->threads[i]->state == state;
	return count;
}

static void disperse(struct crowd *crowd)
{
	for (unsigned i = 0; i < MANY; i++) {
		thread_end(crowd->threads[i]);
		kobject_unref(&crowd->threads[i]->obj);
	}
	fixture_destroy(&crowd->f);
}

/* Step by step, each of them short, until nobody is in this state. */
static bool ends_in_steps(const struct crowd *crowd, enum thread_state state)
{
	unsigned steps = 0;

	for (unsigned before = MANY; before > 0; steps++) {
		bool is_done = kobject_reap(STEP_BUDGET);
		unsigned now = count(crowd, state);

		if (before - now > STEP_BUDGET || (is_done && now > 0))
			return false;
		before = now;
	}
	return steps > 1;
}

static void call_all(struct crowd *crowd, struct endpoint *endpoint)
{
	handle_t handle;

	kobject_ref(&endpoint->obj);
	KCHECK(handle_publish(crowd->f.process, &endpoint->obj, RIGHT_CALL, &handle) == OK);
	for (unsigned i = 0; i < MANY; i++) {
		crowd->threads[i]->arch.regs.rdi = handle.value;
		crowd->threads[i]->arch.regs.rsi = ipc_tag(1, 0, 0, 0);
		ipc_call(crowd->threads[i]);
	}
	KCHECK(count(crowd, THREAD_CALLING) == MANY);
}

static bool all_learn_that_it_is_gone(const struct crowd *crowd)
{
	for (unsigned i = 0; i < MANY; i++)
		if ((status_t)crowd->threads[i]->arch.regs.rax != E_GONE)
			return false;
	return count(crowd, THREAD_READY) == MANY;
}

KTEST(many_callers_of_what_dies_are_woken_in_steps)
{
	static struct crowd crowd;
	struct fixture server = fixture_create(100);
	struct endpoint *endpoint = endpoint_create(server.domain);

	gather(&crowd);
	fixture_publish(&server, &endpoint->obj);
	call_all(&crowd, endpoint);
	kobject_kill(&endpoint->obj);
	KCHECK(ends_in_steps(&crowd, THREAD_CALLING) && all_learn_that_it_is_gone(&crowd));
	disperse(&crowd);
	fixture_destroy(&server);
}

/* The endpoint lives on, the last who could receive has gone. */
KTEST(many_callers_whom_nobody_serves_are_woken_in_steps)
{
	static struct crowd crowd;
	struct fixture server = fixture_create(100);
	struct endpoint *endpoint = endpoint_create(server.domain);
	struct handle_entry *entry = fixture_publish(&server, &endpoint->obj);

	gather(&crowd);
	call_all(&crowd, endpoint);
	handle_close(entry);
	kobject_check(&endpoint->obj);
	KCHECK(ends_in_steps(&crowd, THREAD_CALLING) && all_learn_that_it_is_gone(&crowd));
	kobject_check(&endpoint->obj);
	KCHECK(!endpoint->obj.is_dead);
	disperse(&crowd);
	fixture_destroy(&server);
}

/* They serve it, too, each with a reply object of its own. */
KTEST(many_who_receive_from_what_dies_are_woken_in_steps)
{
	static struct crowd crowd;
	struct fixture owner = fixture_create(100);
	struct endpoint *endpoint = endpoint_create(owner.domain);
	handle_t handle, reply;

	gather(&crowd);
	KCHECK(handle_publish(crowd.f.process, &endpoint->obj, ~0u, &handle) == OK);
	for (unsigned i = 0; i < MANY; i++) {
		KCHECK(handle_publish(crowd.f.process, &reply_create(crowd.f.domain)->obj, ~0u,
		                      &reply) == OK);
		crowd.threads[i]->arch.regs.rdi = handle.value | (uint64_t)reply.value << 32;
		ipc_receive(crowd.threads[i]);
	}
	KCHECK(count(&crowd, THREAD_RECEIVING) == MANY);
	kobject_kill(&endpoint->obj);
	KCHECK(ends_in_steps(&crowd, THREAD_RECEIVING) && all_learn_that_it_is_gone(&crowd));
	KCHECK(!crowd.threads[0]->serves && !crowd.threads[MANY - 1]->serves);
	disperse(&crowd);
	fixture_destroy(&owner);
}

KTEST(many_who_wait_for_an_event_that_dies_are_woken_in_steps)
{
	static struct crowd crowd;
	struct fixture owner = fixture_create(100);
	struct event *event = event_create(owner.domain);

	gather(&crowd);
	for (unsigned i = 0; i < MANY; i++)
		event_wait(event, crowd.threads[i], 1, 0);
	kobject_kill(&event->obj);
	KCHECK(ends_in_steps(&crowd, THREAD_WAITING) && all_learn_that_it_is_gone(&crowd));
	kobject_unref(&event->obj);
	disperse(&crowd);
	fixture_destroy(&owner);
}

KTEST(a_process_of_many_threads_ends_in_steps)
{
	static struct crowd crowd;

	gather(&crowd);
	process_end(crowd.f.process, PROCESS_EXITED, 0);
	KCHECK(count(&crowd, THREAD_RUNNING) == MANY);
	KCHECK(ends_in_steps(&crowd, THREAD_RUNNING) && crowd.f.domain->threads == 0);
	KCHECK(crowd.f.process->thread_count == 0);
	disperse(&crowd);
}

static void put_to_sleep(struct crowd *crowd, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++)
		KCHECK(word_wait(crowd->threads[i], &crowd->f.process->aspace, WORD, 0, 0, 0) ==
		       OK);
}

static void lie_down(struct crowd *crowd)
{
	gather(crowd);
	KCHECK(fixture_map(&crowd->f.process->aspace, NULL, WORD, PAGE_SIZE, MAP_READ | MAP_WRITE));
	KCHECK(fixture_touch(&crowd->f.process->aspace, WORD, MAP_WRITE));
	put_to_sleep(crowd, 0, MANY - 1);
}

/* One who comes between two steps sleeps on. */
KTEST(many_sleepers_at_a_word_are_woken_in_steps)
{
	static struct crowd crowd;
	struct progress progress = {0};
	struct aspace *aspace;
	unsigned steps = 1;

	lie_down(&crowd);
	aspace = &crowd.f.process->aspace;
	KCHECK(!word_wake(aspace, WORD, UINT64_MAX, 0, &progress));
	KCHECK(progress.count <= STEP_BUDGET && count(&crowd, THREAD_READY) == progress.count);
	put_to_sleep(&crowd, MANY - 1, MANY);
	for (; !word_wake(aspace, WORD, UINT64_MAX, 0, &progress); steps++)
		KCHECK(count(&crowd, THREAD_READY) == progress.count);
	KCHECK(steps > 1 && progress.count == MANY - 1);
	KCHECK(count(&crowd, THREAD_ON_WORD) == 1 &&
	       crowd.threads[MANY - 1]->state == THREAD_ON_WORD);
	disperse(&crowd);
}

KTEST(many_sleepers_move_to_another_word_in_steps)
{
	static struct crowd crowd;
	struct progress progress = {0}, check = {0};
	struct aspace *aspace;
	unsigned steps = 1;

	lie_down(&crowd);
	aspace = &crowd.f.process->aspace;
	for (; !word_requeue(aspace, WORD, 70, 100, OTHER_WORD, &progress); steps++)
		;
	KCHECK(steps > 1 && progress.count == 170 && count(&crowd, THREAD_READY) == 70);
	KCHECK(crowd.threads[69]->state == THREAD_READY);
	KCHECK(word_wake(aspace, WORD, 30, 0, &check) && check.count == MANY - 1 - 170);
	check = (struct progress){0};
	KCHECK(word_wake(aspace, OTHER_WORD, 1, 0, &check) && check.count == 1);
	KCHECK(crowd.threads[70]->state == THREAD_READY);
	disperse(&crowd);
}
