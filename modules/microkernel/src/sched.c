/*
 * Choosing who runs. schedule_if_needed is the last thing before the kernel is left; everything else only
 * records what has changed.
 */
#include "sched.h"
#include <base/assert.h>
#include <base/bits.h>
#include "cpu.h"
#include "deadline.h"
#include "domain.h"
#include "kernel_lock.h"
#include "progress.h"
#include "thread.h"

#define SLICE_NS 5000000ull
#define SHARE_NORMAL 256u
#define PULL_LOOKS 8u
#define REAP_GAP_BUSY_NS 250000ull /* a fifth of the CPU at most */
#define REAP_GAP_IDLE_NS 10000ull

void sched_init(struct run_queue *queue)
{
	for (unsigned i = 0; i < PRIORITIES; i++)
		list_init(&queue->by_priority[i]);
}

static void enqueue(struct cpu *cpu, struct thread *thread, bool is_front)
{
	struct list *list = &cpu->run_queue.by_priority[thread->priority];

	if (is_front)
		list_push_front(list, &thread->queue_link);
	else
		list_push_back(list, &thread->queue_link);
	cpu->run_queue.ready |= 1u << thread->priority;
	if (thread->cpu != cpu->id)
		thread_move(thread, cpu->id);
	thread->state = THREAD_READY;
}

static void dequeue(struct thread *thread)
{
	struct run_queue *queue = &cpus[thread->cpu].run_queue;

	list_remove(&thread->queue_link);
	if (list_is_empty(&queue->by_priority[thread->priority]))
		queue->ready &= ~(1u << thread->priority);
}

/* Of those who are ready; -1 when nobody is. */
static int highest_ready(const struct run_queue *queue)
{
	return queue->ready ? 31 - __builtin_clz(queue->ready) : -1;
}

/* Of who runs; -1 when idle. */
static int running_priority(const struct cpu *cpu)
{
	const struct thread *current = cpu->current;

	return current && current->state == THREAD_RUNNING ? current->priority : -1;
}

static bool is_idle(const struct cpu *cpu)
{
	return running_priority(cpu) < 0 && !cpu->run_queue.ready;
}

/* That the thread may run on. */
static struct cpu *find_idle(const struct thread *thread)
{
	for (unsigned i = 0; i < cpu_count; i++)
		if (is_idle(&cpus[i]) && thread_may_run_on(thread, &cpus[i]))
			return &cpus[i];
	return NULL;
}

/* Of the most important that runs or waits there. */
static int busy_priority(const struct cpu *cpu)
{
	return MAX(running_priority(cpu), highest_ready(&cpu->run_queue));
}

/* Of those that the thread may run on, the one with the least important to do. */
static struct cpu *least_important(const struct thread *thread)
{
	struct cpu *least = NULL;

	for (unsigned i = 0; i < cpu_count; i++)
		if (thread_may_run_on(thread, &cpus[i]) &&
		    (!least || busy_priority(&cpus[i]) < busy_priority(least)))
			least = &cpus[i];
	return least;
}

/* Where it ran last when it can run there at once, else an idle CPU, else one with less important things to do. */
static struct cpu *choose_cpu(const struct thread *thread)
{
	struct cpu *home = &cpus[thread->cpu];
	struct cpu *other;

	if (cpu_count == 1 || is_idle(home))
		return home;
	other = find_idle(thread);
	if (!other && busy_priority(home) >= thread->priority)
		other = least_important(thread);
	return other && busy_priority(other) < thread->priority ? other : home;
}

void sched_ready(struct thread *thread)
{
	struct cpu *cpu = choose_cpu(thread);

	ASSERT(thread->state != THREAD_READY && thread->state != THREAD_RUNNING);
	enqueue(cpu, thread, false);
	if (thread->priority > running_priority(cpu))
		cpu_pend_on(cpu, PENDING_SCHEDULE);
	else if (thread->priority == running_priority(cpu))
		cpu_pend_on(cpu, PENDING_TIMER); /* its slice ends now that somebody waits */
}

void sched_unready(struct thread *thread)
{
	dequeue(thread);
}

void sched_leave(void)
{
	cpu_pend(PENDING_SCHEDULE);
}

/* Its CPU is one that it may run on: while it is blocked that is all there is to it. */
void sched_retie(struct thread *thread)
{
	struct cpu *cpu = &cpus[thread->cpu];
	bool is_queued = thread->state == THREAD_READY;

	if (thread_may_run_on(thread, cpu))
		return;
	if (thread->state == THREAD_RUNNING) {
		cpu_pend_on(cpu, PENDING_SCHEDULE); /* schedule sends it away */
		return;
	}
	if (is_queued)
		dequeue(thread);
	thread_move(thread, least_important(thread)->id);
	if (is_queued) {
		thread->state = THREAD_STOPPED;
		sched_ready(thread);
	}
}

void sched_lowered(const struct thread *thread)
{
	cpu_pend_on(&cpus[thread->cpu], PENDING_SCHEDULE);
}

void sched_yield(void)
{
	this_cpu()->run_queue.is_slice_over = true;
	cpu_pend(PENDING_SCHEDULE);
}

void sched_switch(struct thread *to)
{
	if (!thread_may_run_on(to, this_cpu())) {
		sched_ready(to);
		cpu_pend(PENDING_SCHEDULE);
		return;
	}
	if (!sched_may_switch(to->priority)) {
		enqueue(this_cpu(), to, true);
		cpu_pend(PENDING_SCHEDULE);
		return;
	}
	sched_switch_now(to);
}

static void close_account(struct run_queue *queue)
{
	uint64_t now = clock_now_ns();

	if (queue->payer && now > queue->payer_since_ns) {
		uint64_t spent = now - queue->payer_since_ns;

		queue->payer->cpu_ns += spent;
		domain_add_cpu_ns(queue->payer->obj.domain, spent);
	}
	queue->payer_since_ns = now;
}

void sched_close_accounts(void)
{
	for (unsigned i = 0; i < cpu_count; i++)
		close_account(&cpus[i].run_queue);
}

static void open_account(struct run_queue *queue, struct thread *payer)
{
	uint32_t share = payer->obj.domain->limits.share;

	close_account(queue);
	queue->payer = payer;
	queue->slice_end_ns = queue->payer_since_ns + SLICE_NS * share / SHARE_NORMAL;
	queue->is_slice_over = false;
	deadline_changed();
}

static void go_idle(struct cpu *cpu)
{
	close_account(&cpu->run_queue);
	cpu->run_queue.payer = NULL;
	arch_thread_switch(cpu->current, NULL);
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

/* The current thread has to go, though it could run: perhaps another CPU has time for it, or it may not run here. */
static void put_back(struct cpu *cpu, struct thread *current)
{
	struct cpu *idle;

	if (!thread_may_run_on(current, cpu)) {
		current->state = THREAD_STOPPED;
		thread_move(current, least_important(current)->id);
		sched_ready(current);
		return;
	}
	enqueue(cpu, current, !cpu->run_queue.is_slice_over);
	idle = cpu_count > 1 ? find_idle(current) : NULL;
	if (idle)
		cpu_pend_on(idle, PENDING_SCHEDULE);
}

/* The first of a priority that may run on cpu; who stands far behind others that may not is not looked at. */
static struct thread *first_for(const struct cpu *cpu, struct list *ready)
{
	struct list *at = ready->next;

	for (unsigned i = 0; i < PULL_LOOKS && at != ready; i++, at = at->next) {
		struct thread *thread = list_entry(at, struct thread, queue_link);

		if (thread_may_run_on(thread, cpu))
			return thread;
	}
	return NULL;
}

/* The most important of a CPU's queue, above a priority, that may run on another. */
static struct thread *find_for(const struct cpu *cpu, struct run_queue *from, int above)
{
	for (uint32_t ready = from->ready; ready;) {
		int priority = 31 - __builtin_clz(ready);
		struct thread *thread;

		if (priority <= above)
			return NULL;
		thread = first_for(cpu, &from->by_priority[priority]);
		if (thread)
			return thread;
		ready &= ~(1u << priority);
	}
	return NULL;
}

/* Takes over whoever is more important, on whatever CPU's queue, than all that waits here. */
static void pull_higher(struct cpu *cpu)
{
	struct thread *best = NULL;

	for (unsigned i = 0; i < cpu_count; i++) {
		int above = best ? best->priority : highest_ready(&cpu->run_queue);
		struct thread *thread = find_for(cpu, &cpus[i].run_queue, above);

		best = thread ? thread : best;
	}
	if (!best)
		return;
	dequeue(best);
	enqueue(cpu, best, false);
}

static void run(struct cpu *cpu, struct thread *next)
{
	struct run_queue *queue = &cpu->run_queue;

	dequeue(next);
	leave_idle(cpu);
	if (queue->payer != next || queue->is_slice_over)
		open_account(queue, next);
	sched_switch_now(next);
}

static void schedule(struct cpu *cpu)
{
	struct run_queue *queue = &cpu->run_queue;
	struct thread *preempted = NULL;
	int running = running_priority(cpu);
	int top;

	if (running >= 0 && !thread_may_run_on(cpu->current, cpu)) {
		preempted = cpu->current;
		put_back(cpu, preempted);
		running = -1;
	}
	if (cpu_count > 1 && running < 0)
		pull_higher(cpu);
	top = highest_ready(queue);
	if (running >= 0) {
		if (top < running || (top == running && !queue->is_slice_over)) {
			if (queue->is_slice_over)
				open_account(queue, cpu->current);
			return;
		}
		preempted = cpu->current;
		put_back(cpu, preempted);
	}
	if (top < 0)
		go_idle(cpu);
	else
		run(cpu,
		    list_entry(list_first(&queue->by_priority[top]), struct thread, queue_link));
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

	if (cpu->kernel_mode != KERNEL_EXCLUSIVE)
		kernel_lock_exclusive();
	while (cpu->pending) {
		uint32_t pending = __atomic_exchange_n(&cpu->pending, 0, __ATOMIC_RELAXED);

		if (pending & PENDING_KICK && cpu->current)
			thread_take_kick(cpu->current);
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

/* Its CPU, when that is another one, finds itself without a thread when it gets the kernel lock. */
static void take_off(struct thread *thread)
{
	struct cpu *cpu = &cpus[thread->cpu];

	if (cpu->current != thread)
		return;
	cpu_hold(cpu);
	cpu->current = NULL;
	cpu_pend_on(cpu, PENDING_SCHEDULE);
}

void sched_forget(struct thread *thread)
{
	for (unsigned i = 0; i < cpu_count; i++) {
		struct run_queue *queue = &cpus[i].run_queue;

		if (queue->payer == thread) {
			close_account(queue);
			queue->payer = NULL;
		}
	}
	take_off(thread);
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
