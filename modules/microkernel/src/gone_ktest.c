/*
 * What is going, or gone, takes nothing more in: a handle that is being revoked, results that died between the steps of
 * the call that makes them, an event whose domain ends while others wait for it.
 */
#include <microkernel/errors.h>
#include "interrupt.h"
#include "ktest_fixture.h"
#include "space.h"
#include "thread.h"
#include "timer.h"

#define AT (NATIVE_BASE + (1ul << 30))
#define RW (MAP_READ | MAP_WRITE)

/* One step of revoking takes one of two children: the rest is for later. */
static void begin_revoking(struct fixture *f, struct handle_entry *entry)
{
	unsigned budget = 1;
	handle_t handle;

	for (unsigned i = 0; i < 2; i++)
		KCHECK(handle_derive_into(f->process, entry, ~0u, 0, &handle) == OK);
	KCHECK(!derivation_revoke(entry->object, &entry->node, &budget));
}

static void end_revoking(struct handle_entry *entry)
{
	unsigned budget = 100;

	KCHECK(derivation_revoke(entry->object, &entry->node, &budget));
}

KTEST(what_is_being_revoked_signals_nothing_new)
{
	struct fixture f = fixture_create(100);
	struct handle_entry *entry = fixture_publish(&f, &event_create(f.domain)->obj);
	struct interrupt *interrupt;
	struct timer *timer = NULL;
	struct msi_target target;

	begin_revoking(&f, entry);
	KCHECK(timer_create(f.domain, entry, 1, &timer) == E_GONE);
	KCHECK(interrupt_create_msi(f.domain, entry, 1, &target, &interrupt) == E_GONE);
	KCHECK(interrupt_create_gsi(f.domain, 5, 0, entry, 1, &interrupt) == E_GONE);
	KCHECK(process_watch(f.process, entry, 1) == E_GONE);
	KCHECK(list_is_empty(&f.process->watches));
	end_revoking(entry);
	KCHECK(timer_create(f.domain, entry, 1, &timer) == OK);
	kobject_unref(&timer->obj);
	fixture_destroy(&f);
}

KTEST(what_is_gone_is_not_published)
{
	struct fixture f = fixture_create(100);
	struct event *event = event_create(f.domain);
	uint32_t handles = f.domain->handles;
	handle_t handle = HANDLE_NONE;

	kobject_ref(&event->obj);
	kobject_kill(&event->obj);
	kobject_reap_all();
	KCHECK(handle_publish(f.process, &event->obj, ~0u, &handle) == E_GONE);
	KCHECK(handle.value == HANDLE_NONE.value && f.domain->handles == handles);
	kobject_unref(&event->obj);
	fixture_destroy(&f);
}

KTEST(what_is_being_revoked_is_not_mapped)
{
	struct fixture f = fixture_create(200);
	struct handle_entry *entry = fixture_publish(
		&f, &memory_create(f.domain, 2 * PAGE_SIZE, 0)->obj);
	struct map_args args = {.flags = RW | MAP_FIXED, .address = AT, .bytes = PAGE_SIZE};
	struct progress progress = {0};
	unsigned budget = STEP_BUDGET;
	struct space *space;
	uint64_t out;

	KCHECK(space_create(f.domain, 0, &space) == OK);
	KCHECK(fixture_map(&space->aspace, entry, 1 << 20, PAGE_SIZE, RW));
	KCHECK(fixture_map(&f.process->aspace, NULL, AT, PAGE_SIZE, RW) == AT);
	*fixture_touch(&f.process->aspace, AT, MAP_WRITE) = 7;
	begin_revoking(&f, entry);
	KCHECK(aspace_map(&f.process->aspace, &args, entry, &progress, &budget, &out) == E_GONE);
	KCHECK(fixture_touch(&f.process->aspace, AT, MAP_READ) &&
	       *fixture_touch(&f.process->aspace, AT, MAP_READ) == 7);
	KCHECK(space_clone(space, f.domain, &progress, &budget) == E_GONE);
	kobject_unref(progress.object);
	end_revoking(entry);
	KCHECK(!fixture_touch(&space->aspace, 1 << 20, MAP_READ));
	KCHECK(aspace_map(&f.process->aspace, &args, entry, &progress, &budget, &out) == OK);
	KCHECK(*fixture_touch(&f.process->aspace, AT, MAP_READ) == 0);
	kobject_unref(&space->obj);
	fixture_destroy(&f);
}

KTEST(results_that_died_on_the_way_are_refused)
{
	struct fixture f = fixture_create(200);
	struct fixture other = fixture_create(200);
	struct memory *memory = memory_create(f.domain, 8 * PAGE_SIZE, 0);
	struct progress copying = {0};
	struct progress cloning = {0};
	unsigned budget = 1;
	struct space *space;
	bool may_write;
	paddr_t page;

	for (unsigned i = 0; i < 8; i++)
		KCHECK(memory_page(memory, i * PAGE_SIZE, true, &page, &may_write) == OK);
	KCHECK(space_create(f.domain, 0, &space) == OK);
	for (unsigned i = 0; i < 8; i++)
		KCHECK(fixture_map(&space->aspace, NULL, (i + 1) << 24, PAGE_SIZE, RW));
	KCHECK(memory_create_copy(memory, other.domain, 0, 8 * PAGE_SIZE, &copying, &budget) ==
	       STATUS_MORE);
	budget = 1;
	KCHECK(space_clone(space, other.domain, &cloning, &budget) == STATUS_MORE);
	kobject_kill(&other.domain->obj);
	kobject_reap_all();
	budget = STEP_BUDGET;
	KCHECK(memory_create_copy(memory, other.domain, 0, 8 * PAGE_SIZE, &copying, &budget) ==
	       E_GONE);
	KCHECK(space_clone(space, other.domain, &cloning, &budget) == E_GONE);
	kobject_unref(copying.object);
	kobject_unref(cloning.object);
	kobject_unref(&memory->obj);
	kobject_unref(&space->obj);
	fixture_destroy(&other);
	fixture_destroy(&f);
}

/* The event is another domain's; the waiter's own lives on. */
KTEST(who_waits_for_what_ends_is_told)
{
	struct fixture f = fixture_create(100);
	struct fixture other = fixture_create(100);
	struct event *event = event_create(other.domain);
	struct thread *waiter = fixture_running(&f, AT);
	struct thread *bound = fixture_running(&f, AT + PAGE_SIZE);

	KCHECK(event_bind(event, bound) == OK);
	KCHECK(event_bind(event, waiter) == E_BUSY);
	event_wait(event, waiter, 1, 0);
	event_signal(event, 2);
	KCHECK(waiter->state == THREAD_WAITING && event->bits == 2);
	kobject_kill(&other.domain->obj);
	kobject_reap_all();
	KCHECK(waiter->state == THREAD_READY && !waiter->waiting_for);
	KCHECK((status_t)waiter->arch.regs.rax == E_GONE);
	KCHECK(!bound->bound_event && !event->bound);
	thread_end(waiter);
	thread_end(bound);
	kobject_unref(&waiter->obj);
	kobject_unref(&bound->obj);
	kobject_unref(&event->obj);
	fixture_destroy(&other);
	fixture_destroy(&f);
}
