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
#include "sched_switch.h"
#include "share.h"
#include "thread.h"

#define PULL_LOOKS 8u
#define REAP_GAP_BUSY_NS 250000ull /* a fifth of the CPU at most */
#define REAP_GAP_IDLE_NS 10000ull

void sched_init(struct run_queue *queue)
{
	for (unsigned i = 0; i < PRIORITIES; i++)
		list_init(&queue->by_priority[i]);
}

/* A thread of this queue's CPU. */
static inline void push(struct run_queue *queue, struct thread *thread, bool is_front)
{
	unsigned priority = thread->priority;
	struct list *list = &queue->by_priority[priority];

	list_insert_before(&thread->queue_link,
	                   __builtin_expect(is_front, true) ? list->next : list);
	queue->ready |= 1u << priority;
	thread->state = THREAD_READY;
}

static void enqueue(struct cpu *cpu, struct thread *thread, bool is_front)
{
	push(&cpu->run_queue, thread, is_front);
	if (thread->cpu != cpu->id)
		thread_move(thread, cpu->id);
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

/* The first of the most important, of whom there are some. */
static inline struct thread *take_highest(struct run_queue *queue)
{
	unsigned priority = 31u - (unsigned)__builtin_clz(queue->ready);
	struct list *list = &queue->by_priority[priority];
	struct list *first = list->next;

	list_remove(first);
	if (__builtin_expect(list_is_empty(list), true))
		queue->ready &= ~(1u << priority);
	return list_entry(first, struct thread, queue_link);
}

/* Of those who are ready; -1 when nobody is. */
static int highest_ready(const struct run_queue *queue)
{
	return queue->ready ? 31 - __builtin_clz(queue->ready) : -1;
}

/* Of the most important that runs or waits there. */
static int busy_priority(const struct cpu *cpu)
{
	return MAX(cpu_running_priority(cpu), highest_ready(&cpu->run_queue));
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

	if (cpu_count == 1 || cpu_is_idle(home))
		return home;
	other = cpu_find_idle(thread);
	if (!other && busy_priority(home) >= thread->priority)
		other = least_important(thread);
	return other && busy_priority(other) < thread->priority ? other : home;
}

void sched_ready(struct thread *thread)
{
	struct cpu *cpu = choose_cpu(thread);
	int running = cpu_running_priority(cpu);

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
	struct cpu *cpu = this_cpu();

	if (cpu->current)
		sched_retie(cpu->current);
	if (!thread_may_run_on(to, cpu)) {
		sched_ready(to);
		cpu_pend(PENDING_SCHEDULE);
		return;
	}
	if (!sched_may_switch(cpu, to->priority)) {
		enqueue(cpu, to, !cpu->run_queue.is_slice_over);
		cpu_pend(PENDING_SCHEDULE);
		return;
	}
	if (to->cpu != cpu->id)
		thread_move(to, cpu->id);
	sched_switch_now(cpu, cpu->current, to);
}

/* Charges the payer up to now, but not its domain yet. */
static inline void charge(struct run_queue *queue, struct thread *payer, uint64_t now)
{
	uint64_t since = queue->paid_until_ticks;

	if (now <= since)
		return; /* counters of two CPUs that do not quite agree */
	payer->cpu_ticks += now - since;
	queue->unbilled_ticks += now - since;
}

RARELY_CALLED void sched_bill_domain(struct run_queue *queue)
{
	domain_add_cpu_ticks(queue->payer->obj.domain, queue->unbilled_ticks);
	queue->unbilled_ticks = 0;
}

static void close_account(struct run_queue *queue, uint64_t now)
{
	if (queue->payer) {
		charge(queue, queue->payer, now);
		sched_bill_domain(queue);
	}
	queue->paid_until_ticks = now;
}

void sched_close_accounts(void)
{
	uint64_t now = clock_ticks();

	for (unsigned i = 0; i < cpu_count; i++)
		close_account(&cpus[i].run_queue, now);
}

static inline void begin_slice(struct run_queue *queue, struct thread *payer, uint64_t now)
{
	queue->payer = payer;
	queue->paid_until_ticks = queue->slice_since_ticks = now;
	queue->is_slice_over = false;
	queue->is_slice_watched = false;
}

/* It pays from now on. A domain is charged when the next payer is another one's. */
static inline void change_payer(struct cpu *cpu, struct thread *payer)
{
	struct run_queue *queue = &cpu->run_queue;
	struct thread *last = queue->payer;
	uint64_t now = arch_ticks(cpu);

	if (last) {
		charge(queue, last, now);
		if (last->obj.domain != payer->obj.domain)
			RARE_CALL_1(sched_bill_domain, queue);
	}
	begin_slice(queue, payer, now);
}

static void stop_paying(struct run_queue *queue)
{
	uint64_t now = clock_ticks();

	close_account(queue, now);
	begin_slice(queue, NULL, now);
}

void sched_preempt(struct thread *current, struct thread *to)
{
	struct cpu *cpu = this_cpu();

	push(&cpu->run_queue, current, !cpu->run_queue.is_slice_over);
	change_payer(cpu, to);
	sched_switch_now(cpu, current, to);
}

/* Not inlined: the calls in it would cost sched_leave registers. */
static __attribute__((noinline)) void go_idle(struct cpu *cpu)
{
	stop_paying(&cpu->run_queue);
	arch_thread_switch(cpu->current, NULL);
	cpu->current = NULL;
	if (!cpu->idle_since_ticks)
		cpu->idle_since_ticks = cpu->run_queue.paid_until_ticks;
}

static void leave_idle(struct cpu *cpu, struct thread *next)
{
	if (cpu->idle_since_ticks)
		cpu->idle_ticks += cpu->run_queue.paid_until_ticks - cpu->idle_since_ticks;
	cpu->idle_since_ticks = 0;
	arch_thread_switch(NULL, next);
	sched_become(cpu, next);
}

/* The current thread has to go, though it could run: perhaps another CPU has time for it. */
static void put_back(struct cpu *cpu, struct thread *current)
{
	struct cpu *idle;

	enqueue(cpu, current, !cpu->run_queue.is_slice_over);
	idle = cpu_count > 1 ? cpu_find_idle(current) : NULL;
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
RARELY_CALLED void sched_pull_higher(struct cpu *cpu)
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

RARELY_CALLED void sched_take_over(struct thread *thread, const struct cpu *cpu)
{
	thread_move(thread, cpu->id);
}

/* Somebody of its priority waits for the end of the current thread's slice. */
static inline bool is_awaited(const struct cpu *cpu)
{
	return cpu->current && cpu->run_queue.ready >> cpu->current->priority;
}

RARELY_CALLED void sched_await_slice(struct cpu *cpu)
{
	if (!cpu->run_queue.is_slice_watched)
		cpu_pend_on(cpu, PENDING_TIMER);
}

/* Of those who are ready the first of the most important, and the account is its own. */
static inline struct thread *choose_next(struct cpu *cpu)
{
	struct run_queue *queue = &cpu->run_queue;
	struct thread *next = take_highest(queue);

	if (queue->payer != next || queue->is_slice_over)
		change_payer(cpu, next);
	if (queue->ready >> next->priority)
		RARE_CALL_1(sched_await_slice, cpu);
	return next;
}

/* Somebody in place of who ran, who can be the same, or nobody. */
static void run_highest(struct cpu *cpu)
{
	struct thread *from = cpu->current;
	struct thread *next;

	if (!cpu->run_queue.ready) {
		go_idle(cpu);
		return;
	}
	next = choose_next(cpu);
	if (!from)
		leave_idle(cpu, next);
	else if (from != next)
		sched_switch_now(cpu, from, next);
	else
		next->state = THREAD_RUNNING;
}

/* True when the current thread stays: nobody more important waits, nor anybody of its priority once the slice is over.
 * The slice of a caller whose server runs stays over: his turn ends with the answer. */
static bool goes_on(struct cpu *cpu, int running, int top)
{
	struct run_queue *queue = &cpu->run_queue;

	if (top > running || (top == running && queue->is_slice_over))
		return false;
	if (queue->is_slice_over && queue->payer == cpu->current)
		change_payer(cpu, cpu->current);
	if (top == running)
		sched_await_slice(cpu);
	return true;
}

/* The current thread could run, but not here any more. */
static void send_away(struct cpu *cpu, struct thread *current)
{
	current->state = THREAD_STOPPED;
	thread_move(current, least_important(current)->id);
	sched_ready(current);
	sched_pull_higher(cpu);
}

/* Makes room for somebody more important, or of its priority, or just goes where it may run. */
static void preempt(struct cpu *cpu)
{
	struct thread *preempted = cpu->current;

	if (thread_may_run_on(preempted, cpu))
		put_back(cpu, preempted);
	else
		send_away(cpu, preempted);
	run_highest(cpu);
	if (preempted->arch.mode == MODE_GUEST)
		thread_tell_preemption(preempted);
}

static void schedule(struct cpu *cpu)
{
	int running = cpu_running_priority(cpu);

	if (running < 0) {
		if (cpu_count > 1)
			sched_pull_higher(cpu);
		run_highest(cpu);
	} else if (!thread_may_run_on(cpu->current, cpu) ||
	           !goes_on(cpu, running, highest_ready(&cpu->run_queue))) {
		preempt(cpu);
	}
}

/* What is pending may be that it was tied to other CPUs while it ran. Not inlined, like go_idle. */
static __attribute__((noinline)) void leave_later(struct cpu *cpu)
{
	cpu_pend(PENDING_SCHEDULE);
	if (cpu->current)
		sched_retie(cpu->current);
}

/* At once when nothing else is to be done first. */
void sched_leave(void)
{
	struct cpu *cpu = this_cpu();

	if (cpu->pending) {
		leave_later(cpu);
		return;
	}
	if (cpu_count > 1)
		RARE_CALL_1(sched_pull_higher, cpu);
	if (cpu->run_queue.ready)
		sched_switch_now(cpu, cpu->current, choose_next(cpu));
	else
		go_idle(cpu);
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

		if (queue->payer == thread)
			stop_paying(queue);
	}
	take_off(thread);
}

static uint64_t slice_end_ns(struct cpu *cpu)
{
	struct run_queue *queue = &cpu->run_queue;
	const struct list *waiting = &queue->by_priority[cpu->current->priority];
	uint64_t begin = clock_ticks_to_time_ns(queue->slice_since_ticks);

	return begin + share_slice_ns(queue->payer, waiting, &queue->share_look, begin);
}

void sched_slice_over(uint64_t now_ns)
{
	struct cpu *cpu = this_cpu();
	struct run_queue *queue = &cpu->run_queue;

	queue->is_slice_watched = false;
	if (queue->payer && cpu->current && now_ns >= slice_end_ns(cpu))
		end_slice(queue);
}

uint64_t sched_watch_slice(void)
{
	struct cpu *cpu = this_cpu();
	struct run_queue *queue = &cpu->run_queue;

	if (!queue->payer || queue->is_slice_over || !is_awaited(cpu))
		return UINT64_MAX;
	queue->is_slice_watched = true;
	return slice_end_ns(cpu);
}
