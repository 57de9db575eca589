/*
 * Threads as they are made, refused and bound.
 */
#include <microkernel/errors.h>
#include <microkernel/rights.h>
#include "cpu.h"
#include "interrupt.h"
#include "ktest_fixture.h"
#include "page.h"
#include "space.h"
#include "thread.h"

#define AT (NATIVE_BASE + (1ul << 30))
#define RW (MAP_READ | MAP_WRITE)

static struct thread *make_thread(struct fixture *f, uint64_t message)
{
	struct thread_args args = {.entry = NATIVE_BASE + PAGE_SIZE, .message = message};
	struct thread *thread = NULL;

	KCHECK(thread_create(f->process, &args, &thread) == OK);
	return thread;
}

KTEST(a_refused_thread_leaves_its_process_as_it_was)
{
	struct fixture f = fixture_create(100);
	struct thread_args args = {.entry = NATIVE_BASE + PAGE_SIZE, .message = AT};
	struct thread *thread;

	KCHECK(thread_create(f.process, &args, &thread) == E_FAULT);
	args.message = AT + 1;
	KCHECK(thread_create(f.process, &args, &thread) == E_INVAL);
	kobject_reap_all();
	KCHECK(f.process->state == PROCESS_RUNNING && f.domain->threads == 0);
	fixture_map(&f.process->aspace, NULL, AT, PAGE_SIZE, RW);
	thread = make_thread(&f, AT);
	thread_end(thread);
	KCHECK(f.process->state == PROCESS_RUNNING);
	kobject_unref(&thread->obj);
	fixture_destroy(&f);
}

KTEST(a_tied_thread_waits_where_it_may_run)
{
	struct fixture f = fixture_create(100);
	struct thread *thread;

	fixture_map(&f.process->aspace, NULL, AT, PAGE_SIZE, RW);
	thread = make_thread(&f, AT);
	KCHECK(thread_set_cpus(thread, 0) == E_INVAL);
	KCHECK(thread_set_cpus(thread, 1ul << cpu_count) == E_INVAL);
	KCHECK(thread_set_cpus(thread, 1ul << 63) == E_INVAL);
	KCHECK(thread->cpus == UINT8_MAX);
	for (unsigned i = 0; i < cpu_count; i++) { /* not started: it only knows where it will go */
		KCHECK(thread_set_cpus(thread, 1ul << i) == OK);
		KCHECK(thread->cpu == i && thread->cpus == 1u << i);
	}
	thread_start(thread);
	for (unsigned i = 0; i < cpu_count; i++) { /* ready: it changes queues */
		KCHECK(thread_set_cpus(thread, 1ul << i) == OK);
		KCHECK(thread->cpu == i && thread->state == THREAD_READY);
		KCHECK(cpus[i].run_queue.ready & 1u << thread->priority);
	}
	KCHECK(thread_set_cpus(thread, UINT64_MAX) == OK);
	KCHECK(thread->cpus == (1u << cpu_count) - 1);
	thread_end(thread);
	for (unsigned i = 0; i < cpu_count; i++)
		KCHECK(!cpus[i].run_queue.ready);
	kobject_unref(&thread->obj);
	fixture_destroy(&f);
}

/* The process goes on seeing the page through which messages come. */
KTEST(a_pinned_page_stays_in_its_place)
{
	struct fixture f = fixture_create(100);
	struct aspace *aspace = &f.process->aspace;
	struct memory *memory = memory_create(f.domain, PAGE_SIZE, 0);
	struct handle_entry *entry = fixture_publish(&f, &memory->obj);
	struct progress progress = {0};
	struct progress copying = {0};
	unsigned budget = STEP_BUDGET;
	struct thread *private_page;
	struct thread *shared_page;

	fixture_map(aspace, NULL, AT, PAGE_SIZE, RW);
	fixture_map(aspace, entry, AT + PAGE_SIZE, PAGE_SIZE, RW);
	private_page = make_thread(&f, AT);
	shared_page = make_thread(&f, AT + PAGE_SIZE);
	KCHECK(aspace_protect(aspace, AT, 2 * PAGE_SIZE, MAP_READ, &progress, &budget) == OK);
	progress = (struct progress){0};
	KCHECK(aspace_protect(aspace, AT, 2 * PAGE_SIZE, RW, &progress, &budget) == OK);
	KCHECK(memory_create_copy(memory, f.domain, 0, PAGE_SIZE, &copying, &budget) == OK);
	KCHECK(fixture_touch(aspace, AT, MAP_WRITE) == private_page->message);
	KCHECK(fixture_touch(aspace, AT + PAGE_SIZE, MAP_WRITE) == shared_page->message);
	kobject_unref(copying.object);
	kobject_unref(&private_page->obj);
	kobject_unref(&shared_page->obj);
	fixture_destroy(&f);
}

/* The second one's window would be under the first one's feet. */
KTEST(a_space_has_one_monitor)
{
	struct fixture a = fixture_create(100);
	struct fixture b = fixture_create(100);
	struct space *space;
	struct thread *first;
	struct thread *second;

	KCHECK(space_create(a.domain, 0, &space) == OK);
	fixture_map(&a.process->aspace, NULL, AT, PAGE_SIZE, RW);
	fixture_map(&b.process->aspace, NULL, AT, PAGE_SIZE, RW);
	first = make_thread(&a, AT);
	second = make_thread(&b, AT);
	KCHECK(thread_bind_space(first, space) == OK);
	KCHECK(thread_bind_space(second, space) == E_BUSY);
	KCHECK(thread_bind_space(first, space) == OK);
	KCHECK(thread_bind_space(first, NULL) == OK);
	KCHECK(thread_bind_space(second, space) == OK);
	kobject_unref(&space->obj);
	kobject_unref(&first->obj);
	kobject_unref(&second->obj);
	fixture_destroy(&b);
	fixture_destroy(&a);
}

/* An interrupt whose event was taken away has no line; that must not make it the authority over lines. */
KTEST(an_unbound_interrupt_is_not_the_control_object)
{
	struct fixture f = fixture_create(100);
	struct handle_entry *event = fixture_publish(&f, &event_create(f.domain)->obj);
	struct interrupt *interrupt;
	struct msi_target target;
	unsigned budget = 10;

	KCHECK(interrupt_create_msi(f.domain, event, 1, &target, &interrupt) == OK);
	KCHECK(derivation_revoke(event->object, &event->node, &budget));
	KCHECK(!interrupt->event && !interrupt->is_control);
	KCHECK(interrupt_ack(interrupt) == E_INVAL);
	kobject_unref(&interrupt->obj);
	fixture_destroy(&f);
}
