/*
 * Threads: life, priorities, and waiting. Every blocking call ends in thread_block, every wake in thread_unblock,
 * every wait that is ended from outside (time-out, kick, death) in thread_cancel_wait.
 */
#include "thread.h"
#include <base/assert.h>
#include <microkernel/errors.h>
#include "aspace.h"
#include "cpu.h"
#include "domain.h"
#include "endpoint.h"
#include "event.h"
#include "memory.h"
#include "page.h"
#include "printk.h"
#include "priority.h"
#include "process.h"
#include "reply.h"
#include "space.h"
#include "word.h"

static void thread_kill(struct kobject *object);
static void thread_destroy(struct kobject *object);
static void thread_dump(const struct kobject *object);
static void thread_check(const struct kobject *object);

static const struct kobject_ops thread_ops = {
	.name = "thread",
	.size = sizeof(struct thread),
	.offset = offsetof(struct thread, obj),
	.kill = thread_kill,
	.destroy = thread_destroy,
	.dump = thread_dump,
	.check = thread_check,
};

STATIC_ASSERT(sizeof(struct thread) <= 1344);

static status_t pin_pages(struct thread *thread, const struct thread_args *args)
{
	status_t status = aspace_pin(&thread->process->aspace, args->message,
	                             &thread->message_page);

	if (status != OK)
		return status;
	thread->message = direct(thread->message_page);
	if (!args->state)
		return OK;
	status = aspace_pin(&thread->process->aspace, args->state, &thread->state_page);
	if (status == OK)
		thread->arch.state = direct(thread->state_page);
	return status;
}

static status_t prepare(struct thread *thread, const struct thread_args *args)
{
	status_t status = pin_pages(thread, args);

	if (status != OK)
		return status;
	arch_thread_init(thread, args->entry, args->stack, args->argument);
	pt_activate_thread(thread);
	if (args->state || args->flags & THREAD_FPU)
		status = arch_thread_fpu_create(thread);
	return status;
}

status_t thread_create(struct process *process, const struct thread_args *args, struct thread **out)
{
	struct domain *domain = process->obj.domain;
	uint64_t priority = args->priority;
	struct thread *thread;
	status_t status;

	if (!index_within(&priority, PRIORITIES) || args->flags & ~THREAD_FPU)
		return E_INVAL;
	if (process->state != PROCESS_RUNNING)
		return E_GONE;
	if (!domain_charge_thread(domain))
		return E_LIMIT;
	thread = kobject_create(domain, OBJECT_THREAD, &thread_ops);
	if (!thread) {
		domain_credit_thread(domain);
		return E_NOMEM;
	}
	kobject_ref(&process->obj);
	thread->process = process;
	thread->arch.native_pt = &process->aspace.pt;
	thread->base_priority = thread->priority = (uint8_t)priority;
	thread->flags = (uint8_t)args->flags;
	list_init(&thread->queue_link);
	list_init(&thread->serves_link);
	thread->cpu = (uint8_t)this_cpu()->id;
	thread->cpus = UINT8_MAX;
	list_push_back(&process->threads, &thread->process_link);
	process->thread_count++;
	status = prepare(thread, args);
	if (status != OK) {
		thread_end(thread);
		kobject_unref(&thread->obj);
		return status;
	}
	*out = thread;
	return OK;
}

void thread_start(struct thread *thread)
{
	if (thread->state != THREAD_STOPPED)
		return;
	kobject_ref(&thread->obj); /* a thread that can run holds itself */
	sched_ready(thread);
}

static void release_slots(struct thread *thread)
{
	while (thread->slot_count > 0)
		handle_unreserve(thread->slots[--thread->slot_count]);
}

void progress_end(struct progress *progress)
{
	if (progress->object)
		kobject_unref(progress->object);
	*progress = (struct progress){0};
}

void thread_reserve_slots(struct thread *thread)
{
	while (thread->slot_count < IPC_HANDLES_MAX) {
		struct handle_entry *slot = handle_reserve(thread->process);

		if (!slot)
			return;
		thread->slots[thread->slot_count++] = slot;
	}
}

static void unbind_space(struct thread *thread)
{
	struct space *space = thread->space;

	if (!space)
		return;
	if (--space->bound == 0) {
		space->monitor = NULL;
		pt_unused(&space->aspace.pt);
	}
	thread->space = NULL;
	thread->arch.space_pt = NULL;
	kobject_unref(&space->obj);
}

/* A process ends with the last thread that ran; one that was never started leaves it as it was. */
static void leave_process(struct thread *thread, bool has_run)
{
	struct process *process = thread->process;

	list_remove(&thread->process_link);
	process->cpu_ticks += thread->cpu_ticks;
	domain_credit_thread(thread->obj.domain);
	if (--process->thread_count > 0)
		return;
	pt_unused(&process->aspace.pt);
	if (has_run)
		process_end(process, PROCESS_EXITED, 0);
}

void thread_end(struct thread *thread)
{
	bool has_run = thread->state != THREAD_STOPPED;

	if (thread->state == THREAD_DEAD)
		return;
	thread_cancel_wait(thread, E_GONE);
	if (thread->state == THREAD_READY)
		sched_unready(thread);
	thread->state = THREAD_DEAD;
	thread->obj.is_dead = true;
	sched_forget(thread);
	unbind_space(thread);
	pt_activate_thread(thread);
	event_unbind(thread);
	endpoint_stop_serving(thread);
	reply_unpair(thread);
	release_slots(thread);
	progress_end(&thread->progress);
	leave_process(thread, has_run);
	if (has_run)
		kobject_unref(&thread->obj); /* it held itself */
}

static void thread_kill(struct kobject *object)
{
	struct thread *thread = container_of(object, struct thread, obj);

	thread_end(thread);
}

static void thread_destroy(struct kobject *object)
{
	struct thread *thread = container_of(object, struct thread, obj);

	arch_thread_destroy(thread);
	if (thread->message_page.value)
		page_unpin(thread->message_page);
	if (thread->state_page.value)
		page_unpin(thread->state_page);
	kobject_unref(&thread->process->obj);
}

void thread_set_priority(struct thread *thread, unsigned priority)
{
	thread->base_priority = (uint8_t)priority;
	priority_update(thread);
}

status_t thread_set_cpus(struct thread *thread, uint64_t mask)
{
	STATIC_ASSERT(CPUS_MAX <= 8 * sizeof(thread->cpus));
	mask &= (1u << cpu_count) - 1;
	if (!mask)
		return E_INVAL;
	thread->cpus = (uint8_t)mask;
	sched_retie(thread);
	return OK;
}

static void deadline_passed(struct deadline *deadline)
{
	struct thread *thread = container_of(deadline, struct thread, deadline);

	thread_cancel_wait(thread, thread->state == THREAD_SLEEPING ? OK : E_TIMEOUT);
}

void thread_set_deadline(struct thread *thread, uint64_t deadline)
{
	deadline_set(&thread->deadline, deadline, deadline_passed);
}

void thread_unblock(struct thread *thread, status_t status, uint64_t value)
{
	if (deadline_is_set(&thread->deadline))
		deadline_clear(&thread->deadline);
	thread->is_interruptible = false;
	if (thread->request.memory)
		thread_finish_request(thread, true);
	else if (thread->arch.mode == MODE_GUEST)
		word_finish(thread, status);
	else
		arch_set_result(thread, status, value);
	sched_ready(thread);
}

/* A caller's priority is no reason for the endpoint's servers any more. */
static void leave_queue(struct thread *thread)
{
	struct endpoint *called = endpoint_queued_at(thread);

	list_remove(&thread->queue_link);
	thread->waiting_for = NULL;
	if (called && thread->priority > endpoint_first_priority(called))
		priority_update_servers(called);
}

void thread_cancel_wait(struct thread *thread, status_t status)
{
	switch (thread->state) {
	case THREAD_CALLING:
	case THREAD_RECEIVING:
	case THREAD_WAITING:
	case THREAD_ON_WORD: leave_queue(thread); break;
	case THREAD_AWAITING: reply_abandon(thread); break;
	case THREAD_PARKED:
	case THREAD_SLEEPING: break;
	case THREAD_STOPPED:
	case THREAD_READY:
	case THREAD_RUNNING:
	case THREAD_DEAD: return;
	}
	thread_unblock(thread, status, 0);
}

bool thread_cancel_waits(struct list *queue, status_t status, unsigned *budget)
{
	while (!list_is_empty(queue)) {
		if (!budget_spend(budget, WAKE_COST))
			return false;
		thread_cancel_wait(list_entry(list_first(queue), struct thread, queue_link),
		                   status);
	}
	return true;
}

bool thread_is_waiting(const struct thread *thread)
{
	switch (thread->state) {
	case THREAD_STOPPED:
	case THREAD_READY:
	case THREAD_RUNNING:
	case THREAD_DEAD: return false;
	default: return true;
	}
}

void thread_restart_waits(struct list *queue, struct process *process)
{
	struct list *at;
	struct list *next;

	if (process->state != PROCESS_RUNNING)
		return;
	list_for_each_safe (at, next, queue) {
		struct thread *thread = list_entry(at, struct thread, queue_link);

		if (thread->process != process || thread->request.memory)
			continue;
		leave_queue(thread);
		deadline_clear(&thread->deadline);
		thread->is_interruptible = false;
		arch_syscall_restart(thread);
		sched_ready(thread);
	}
}

/* The guest returns to its monitor with the reason that it was kicked. */
void thread_take_kick(struct thread *thread)
{
	if (!(thread->arch.kicked & LATCHED_KICK) || thread->arch.mode != MODE_GUEST ||
	    thread->request.memory)
		return;
	thread->arch.kicked = 0;
	arch_guest_trap(thread, TRAP_KICK, 0, 0, 0, 0);
}

void thread_kick(struct thread *thread)
{
	if (thread->state == THREAD_DEAD)
		return;
	thread->arch.kicked |= LATCHED_KICK;
	if (thread->is_interruptible)
		thread_cancel_wait(thread, E_INTR);
	else if (thread->state == THREAD_RUNNING)
		cpu_pend_on(&cpus[thread->cpu], PENDING_KICK);
	else
		thread_take_kick(thread);
}

bool thread_park(struct thread *thread, uint64_t deadline)
{
	if (thread->is_unparked) {
		thread->is_unparked = false;
		return false;
	}
	thread_block(thread, THREAD_PARKED, deadline);
	sched_leave();
	return true;
}

void thread_unpark(struct thread *thread)
{
	if (thread->state == THREAD_PARKED)
		thread_unblock(thread, OK, 0);
	else
		thread->is_unparked = true;
}

static bool tells_preemption(const struct thread *thread)
{
	const struct guest_state *state = thread->arch.state;

	return state && __atomic_load_n(&state->options, __ATOMIC_RELAXED) & ENTER_TELLS_PREEMPTION;
}

void thread_tell_preemption(struct thread *thread)
{
	if (tells_preemption(thread))
		arch_guest_trap(thread, TRAP_PREEMPTED, 0, 0, 0, 0);
}

void thread_move(struct thread *thread, unsigned cpu)
{
	thread->cpu = (uint8_t)cpu;
	pt_thread_moved(thread);
	if (tells_preemption(thread))
		thread->arch.kicked |= LATCHED_MOVE;
}

bool thread_take_latch(struct thread *thread)
{
	bool is_kick = thread->arch.kicked & LATCHED_KICK;

	thread->arch.kicked = 0;
	if (!is_kick && !tells_preemption(thread))
		return false; /* it was moved, and does not want to know any more */
	thread->arch.state->trap = is_kick ? TRAP_KICK : TRAP_PREEMPTED;
	return true;
}

void thread_request_page(struct thread *thread, const struct page_request *request)
{
	kobject_ref(&request->memory->obj);
	thread->request = *request;
	endpoint_request_page(thread, request->memory->pager, request->memory->pager_badge);
}

void thread_finish_request(struct thread *thread, bool is_retried)
{
	struct page_request *request = &thread->request;
	struct memory *memory = request->memory;

	if (thread->arch.mode != MODE_GUEST)
		thread->refused = is_retried
		                          ? (struct refused_page){0}
		                          : (struct refused_page){memory->obj.id, request->offset};
	else if (!is_retried)
		arch_guest_trap(thread, TRAP_FAULT, request->access, 0, FAULT_BEYOND,
		                request->address);
	request->memory = NULL;
	thread_take_kick(thread);
	if (thread->arch.mode == MODE_GUEST)
		thread_tell_preemption(thread); /* its pager ran at least */
	kobject_unref(&memory->obj);
}

/* A space shows its monitor's memory next to its own, so there can be only one. */
status_t thread_bind_space(struct thread *thread, struct space *space)
{
	if (space && space->monitor && space->monitor != thread->process)
		return E_BUSY;
	if (space) {
		kobject_ref(&space->obj);
		space->bound++;
		space->monitor = thread->process;
		pt_attach_monitor(&space->aspace.pt, &thread->process->aspace.pt);
	}
	unbind_space(thread);
	thread->space = space;
	thread->arch.space_pt = space ? &space->aspace.pt : NULL;
	thread->arch.word_call = space ? space->word_call.number : WORD_CALL_NONE;
	pt_activate_thread(thread);
	return OK;
}

static void thread_dump(const struct kobject *object)
{
	const struct thread *thread = container_of(object, const struct thread, obj);

	printk("  of %s, state %u, priority %u (%u), mode %u\n", thread->process->name,
	       thread->state, thread->priority, thread->base_priority, thread->arch.mode);
}

static void thread_check(const struct kobject *object)
{
	const struct thread *thread = container_of(object, const struct thread, obj);
	bool is_queued = thread->state == THREAD_CALLING || thread->state == THREAD_RECEIVING ||
	                 thread->state == THREAD_WAITING;

	ASSERT(is_queued == (thread->waiting_for != NULL));
	ASSERT(thread->state == THREAD_RUNNING || thread_may_run_on(thread, &cpus[thread->cpu]));
	ASSERT((thread->state == THREAD_AWAITING) == (thread->awaiting != NULL));
	ASSERT(thread->state != THREAD_RECEIVING || thread->receiving_with);
	ASSERT(!thread->receiving_with || thread->receiving_with->receiver == thread);
	ASSERT(list_is_linked(&thread->serves_link) == (thread->serves != NULL));
	ASSERT(thread->priority >= thread->base_priority);
	ASSERT(!thread->request.memory || thread->state == THREAD_CALLING ||
	       thread->state == THREAD_AWAITING);
	ASSERT(thread->arch.mode != MODE_GUEST || thread->space);
	ASSERT(!thread->space || thread->space->monitor == thread->process);
	ASSERT(!thread->message || page_is_pinned(thread->message_page));
}
