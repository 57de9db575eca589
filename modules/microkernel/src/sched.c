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
#define REAP_GAP_BUSY_NS 250000ull /* a fifth of the CPU at most */
#define REAP_GAP_IDLE_NS 10000ull

void sched_init(struct run_queue *queue)
{
	for (unsigned i = 0; i < PRIORITIES; i++)
		list_init(&queue->by_priority[i]);
}

static void enqueue(struct cpu *cpu, struct thread *thread, bool is_front)
{
	unsigned priority = thread->priority;
	struct list *list = &cpu->run_queue.by_priority[priority];

	list_insert_before(&thread->queue_link, is_front ? list->next : list);
	cpu->run_queue.ready |= 1u << priority;
	if (thread->cpu != cpu->id)
		thread_move(thread, cpu->id);
	thread->state = THREAD_READY;
}

static void dequeue(struct thread *thread)
{
	struct run_queue *queue = &cpus[thread->cpu].run_queue;
	unsigned priority = thread->priority;
	struct list *list = &queue->by_priority[priority];

	list_remove(&thread->queue_link);
	if (list_is_empty(list))
		queue->ready &= ~(1u << priority);
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

static struct cpu *find_idle(void)
{
	for (unsigned i = 0; i < cpu_count; i++)
		if (is_idle(&cpus[i]))
			return &cpus[i];
	return NULL;
}

/* Of the most important that runs or waits there. */
static int busy_priority(const struct cpu *cpu)
{
	return MAX(running_priority(cpu), highest_ready(&cpu->run_queue));
}

/* The one with the least important to do. */
static struct cpu *least_important(void)
{
	struct cpu *least = &cpus[0];

	for (unsigned i = 1; i < cpu_count; i++)
		if (busy_priority(&cpus[i]) < busy_priority(least))
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
	other = find_idle();
	if (!other && busy_priority(home) >= thread->priority)
		other = least_important();
	return other && busy_priority(other) < thread->priority ? other : home;
}

void sched_ready(struct thread *thread)
{
	struct cpu *cpu = choose_cpu(thread);
	int running = running_priority(cpu);

	ASSERT(thread->state != THREAD_READY && thread->state != THREAD_RUNNING);
	enqueue(cpu, thread, false);
	if (thread->priority > running ||
	    (thread->priority == running && cpu->run_queue.is_slice_over))
		cpu_pend_on(cpu, PENDING_SCHEDULE);
	else if (thread->priority == running)
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

void sched_lowered(const struct thread *thread)
{
	cpu_pend_on(&cpus[thread->cpu], PENDING_SCHEDULE);
}

static void end_slice(struct run_queue *queue)
{
	queue->is_slice_over = true;
	queue->is_slice_watched = false;
	cpu_pend(PENDING_SCHEDULE);
}

void sched_yield(void)
{
	end_slice(&this_cpu()->run_queue);
}

void sched_switch(struct thread *to)
{
	if (!sched_may_switch(to->priority)) {
		enqueue(this_cpu(), to, !this_cpu()->run_queue.is_slice_over);
		cpu_pend(PENDING_SCHEDULE);
		return;
	}
	sched_switch_now(to);
}

/* Charges the payer up to now; its domain, when the next payer may have another one. */
static void close_account(struct run_queue *queue)
{
	uint64_t now = clock_ticks();

	if (queue->payer && now > queue->paid_until_ticks) {
		uint64_t spent = now - queue->paid_until_ticks;

		queue->payer->cpu_ticks += spent;
		queue->unbilled_ticks += spent;
	}
	queue->paid_until_ticks = now;
}

static void bill_domain(struct run_queue *queue)
{
	if (queue->payer)
		domain_add_cpu_ticks(queue->payer->obj.domain, queue->unbilled_ticks);
	queue->unbilled_ticks = 0;
}

void sched_close_accounts(void)
{
	for (unsigned i = 0; i < cpu_count; i++) {
		close_account(&cpus[i].run_queue);
		bill_domain(&cpus[i].run_queue);
	}
}

static void begin_slice(struct run_queue *queue)
{
	queue->slice_since_ticks = queue->paid_until_ticks;
	queue->is_slice_over = queue->is_slice_watched = false;
}

/* The one that runs pays from now on; null: nobody does. */
static void change_payer(struct run_queue *queue, struct thread *payer)
{
	close_account(queue);
	if (queue->payer && (!payer || payer->obj.domain != queue->payer->obj.domain))
		bill_domain(queue);
	queue->payer = payer;
	begin_slice(queue);
}

static void go_idle(struct cpu *cpu)
{
	change_payer(&cpu->run_queue, NULL);
	arch_thread_switch(cpu->current, NULL);
	cpu->current = NULL;
	if (!cpu->idle_since_ticks)
		cpu->idle_since_ticks = cpu->run_queue.paid_until_ticks;
}

/* A payer has just been chosen. */
static void leave_idle(struct cpu *cpu)
{
	if (!cpu->idle_since_ticks)
		return;
	cpu->idle_ticks += cpu->run_queue.paid_until_ticks - cpu->idle_since_ticks;
	cpu->idle_since_ticks = 0;
}

/* The current thread has to go, though it could run: perhaps another CPU has time for it. */
static void put_back(struct cpu *cpu, struct thread *current)
{
	struct cpu *idle;

	enqueue(cpu, current, !cpu->run_queue.is_slice_over);
	idle = cpu_count > 1 ? find_idle() : NULL;
	if (idle)
		cpu_pend_on(idle, PENDING_SCHEDULE);
}

/* Takes over whoever is more important, on whatever CPU's queue, than all that waits here. */
static void pull_higher(struct cpu *cpu)
{
	struct run_queue *from = &cpu->run_queue;
	struct thread *thread;

	for (unsigned i = 0; i < cpu_count; i++)
		if (highest_ready(&cpus[i].run_queue) > highest_ready(from))
			from = &cpus[i].run_queue;
	if (from == &cpu->run_queue)
		return;
	thread = list_entry(list_first(&from->by_priority[highest_ready(from)]), struct thread,
	                    queue_link);
	dequeue(thread);
	enqueue(cpu, thread, false);
}

static void run(struct cpu *cpu, struct thread *next)
{
	struct run_queue *queue = &cpu->run_queue;

	dequeue(next);
	if (queue->payer != next || queue->is_slice_over)
		change_payer(queue, next);
	leave_idle(cpu);
	sched_switch_now(next);
}

/* True when the current thread stays: nobody more important waits, nor anybody of its priority once the slice is over.
 * The slice of a caller whose server runs stays over: his turn ends with the answer. */
static bool goes_on(struct cpu *cpu, int running, int top)
{
	struct run_queue *queue = &cpu->run_queue;

	if (top > running || (top == running && queue->is_slice_over))
		return false;
	if (queue->is_slice_over && queue->payer == cpu->current)
		change_payer(queue, cpu->current);
	return true;
}

/* Somebody of its priority waits for the end of the current thread's slice. */
static bool is_awaited(const struct cpu *cpu)
{
	return cpu->current && cpu->run_queue.ready >> cpu->current->priority;
}

static void schedule(struct cpu *cpu)
{
	struct run_queue *queue = &cpu->run_queue;
	struct thread *preempted = NULL;
	int running = running_priority(cpu);
	int top;

	if (cpu_count > 1 && running < 0)
		pull_higher(cpu);
	top = highest_ready(queue);
	if (running >= 0) {
		if (goes_on(cpu, running, top))
			return;
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
		if (pending & PENDING_TIMER ||
		    (!cpu->run_queue.is_slice_watched && is_awaited(cpu)))
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

		if (queue->payer == thread)
			change_payer(queue, NULL);
	}
	take_off(thread);
}

static uint64_t slice_end_ns(const struct run_queue *queue)
{
	return clock_ticks_to_time_ns(queue->slice_since_ticks) +
	       SLICE_NS * queue->payer->obj.domain->limits.share / SHARE_NORMAL;
}

void sched_slice_over(uint64_t now_ns)
{
	struct run_queue *queue = &this_cpu()->run_queue;

	queue->is_slice_watched = false;
	if (queue->payer && now_ns >= slice_end_ns(queue))
		end_slice(queue);
}

uint64_t sched_watch_slice(void)
{
	struct cpu *cpu = this_cpu();
	struct run_queue *queue = &cpu->run_queue;

	if (!queue->payer || queue->is_slice_over || !is_awaited(cpu))
		return UINT64_MAX;
	queue->is_slice_watched = true;
	return slice_end_ns(queue);
}
