/*
 * Choosing who runs. schedule_if_needed is the last thing before the kernel is left; everything else only
 * records what has changed.
 */
#include "sched.h"
#include <base/assert.h>
#include "cpu.h"
#include "deadline.h"
#include "domain.h"
#include "progress.h"
#include "thread.h"

#define SLICE_NS 5000000ull
#define SHARE_NORMAL 256u
#define REAP_GAP_BUSY_NS 250000ull /* a fifth of the CPU at most */
#define REAP_GAP_IDLE_NS 10000ull

void sched_init(struct cpu *cpu)
{
	for (unsigned i = 0; i < PRIORITIES; i++)
		list_init(&cpu->run_queue.by_priority[i]);
}

static void enqueue(struct run_queue *queue, struct thread *thread, bool is_front)
{
	struct list *list = &queue->by_priority[thread->priority];

	if (is_front)
		list_push_front(list, &thread->queue_link);
	else
		list_push_back(list, &thread->queue_link);
	queue->ready |= 1u << thread->priority;
	thread->state = THREAD_READY;
}

static void dequeue(struct run_queue *queue, struct thread *thread)
{
	list_remove(&thread->queue_link);
	if (list_is_empty(&queue->by_priority[thread->priority]))
		queue->ready &= ~(1u << thread->priority);
}

static unsigned highest_ready(const struct run_queue *queue)
{
	return 31u - (unsigned)__builtin_clz(queue->ready);
}

void sched_ready(struct thread *thread)
{
	struct cpu *cpu = this_cpu();

	ASSERT(thread->state != THREAD_READY && thread->state != THREAD_RUNNING);
	enqueue(&cpu->run_queue, thread, false);
	if (!cpu->current || thread->priority > cpu->current->priority)
		cpu_pend(PENDING_SCHEDULE);
	else if (thread->priority == cpu->current->priority)
		deadline_changed();
}

void sched_unready(struct thread *thread)
{
	dequeue(&this_cpu()->run_queue, thread);
}

void sched_leave(void)
{
	cpu_pend(PENDING_SCHEDULE);
}

void sched_yield(void)
{
	this_cpu()->run_queue.is_slice_over = true;
	cpu_pend(PENDING_SCHEDULE);
}

void sched_switch(struct thread *to)
{
	struct cpu *cpu = this_cpu();

	if (!sched_may_switch(to->priority)) {
		enqueue(&cpu->run_queue, to, true);
		cpu_pend(PENDING_SCHEDULE);
		return;
	}
	sched_switch_now(to);
}

void sched_close_account(void)
{
	struct run_queue *queue = &this_cpu()->run_queue;
	uint64_t now = clock_now_ns();

	if (queue->payer) {
		uint64_t spent = now - queue->payer_since_ns;

		queue->payer->cpu_ns += spent;
		domain_add_cpu_ns(queue->payer->obj.domain, spent);
	}
	queue->payer_since_ns = now;
}

static void open_account(struct run_queue *queue, struct thread *payer)
{
	uint32_t share = payer->obj.domain->limits.share;

	sched_close_account();
	queue->payer = payer;
	queue->slice_end_ns = queue->payer_since_ns + SLICE_NS * share / SHARE_NORMAL;
	queue->is_slice_over = false;
	deadline_changed();
}

static void go_idle(struct cpu *cpu)
{
	sched_close_account();
	cpu->run_queue.payer = NULL;
	cpu->current = NULL;
	if (!cpu->idle_since_ns)
		cpu->idle_since_ns = cpu->run_queue.payer_since_ns;
}

static void leave_idle(struct cpu *cpu)
{
	if (!cpu->idle_since_ns)
		return;
	cpu->idle_ns += clock_now_ns() - cpu->idle_since_ns;
	cpu->idle_since_ns = 0;
}

static void schedule(struct cpu *cpu)
{
	struct run_queue *queue = &cpu->run_queue;
	struct thread *current = cpu->current;
	struct thread *preempted = NULL;
	struct thread *next;

	if (current && current->state == THREAD_RUNNING) {
		unsigned top = queue->ready ? highest_ready(queue) : 0;

		if (!queue->ready || top < current->priority ||
		    (top == current->priority && !queue->is_slice_over)) {
			if (queue->is_slice_over)
				open_account(queue, current);
			return;
		}
		enqueue(queue, current, !queue->is_slice_over);
		preempted = current;
	}
	if (!queue->ready) {
		go_idle(cpu);
		return;
	}
	next = list_entry(list_first(&queue->by_priority[highest_ready(queue)]), struct thread,
	                  queue_link);
	dequeue(queue, next);
	leave_idle(cpu);
	if (queue->payer != next || queue->is_slice_over)
		open_account(queue, next);
	sched_switch_now(next);
	if (preempted && preempted->arch.mode == MODE_GUEST)
		thread_tell_preemption(preempted);
}

static void go_on_reaping(struct deadline *deadline)
{
	(void)deadline; /* the interrupt is all that was wanted: it makes the kernel be left again */
}

/* One step each time the kernel is left; when nobody enters it, the timer sees to it. */
static void reap(struct cpu *cpu)
{
	static struct deadline again;

	if (!kobject_reap(STEP_BUDGET))
		deadline_set(&again,
		             clock_now_ns() + (cpu->current ? REAP_GAP_BUSY_NS : REAP_GAP_IDLE_NS),
		             go_on_reaping);
}

void schedule_if_needed(void)
{
	struct cpu *cpu = this_cpu();
	bool has_reaped = false;

	while (cpu->pending) {
		uint32_t pending = cpu->pending;

		cpu->pending = 0;
		if (pending & PENDING_REAP && !has_reaped) {
			has_reaped = true;
			reap(cpu);
		}
		if (pending & PENDING_SCHEDULE)
			schedule(cpu);
		if (pending & PENDING_TIMER)
			deadline_program();
	}
	if (kobject_has_dying())
		cpu_pend(PENDING_REAP); /* the next way out goes on */
}

void sched_forget(struct thread *thread)
{
	struct cpu *cpu = this_cpu();

	if (cpu->run_queue.payer == thread) {
		sched_close_account();
		cpu->run_queue.payer = NULL;
	}
	if (cpu->current == thread) {
		cpu->current = NULL;
		cpu_pend(PENDING_SCHEDULE);
	}
}

void sched_slice_over(uint64_t now_ns)
{
	struct run_queue *queue = &this_cpu()->run_queue;

	if (queue->payer && now_ns >= queue->slice_end_ns) {
		queue->is_slice_over = true;
		cpu_pend(PENDING_SCHEDULE);
	}
}

uint64_t sched_next_deadline(void)
{
	struct cpu *cpu = this_cpu();
	struct run_queue *queue = &cpu->run_queue;

	if (!cpu->current || !(queue->ready >> cpu->current->priority))
		return UINT64_MAX;
	return queue->slice_end_ns;
}
