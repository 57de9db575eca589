/*
 * The scheduler: per-CPU queues of ready threads, 32 priorities, round robin within one, tickless. A blocked call
 * is a thread state; nothing sleeps in the kernel.
 *
 * Time is charged to the payer: the thread that was chosen by the scheduler. A direct switch to a server leaves
 * the payer as it is, so a call's time is its caller's.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <base/list.h>
#include "rare_call.h"
#include "share.h"

#define PRIORITIES 32u

struct cpu;
struct thread;

struct run_queue {
	uint32_t ready; /* bit n: priority n has threads */
	struct list by_priority[PRIORITIES];
	struct thread *payer;
	uint64_t paid_until_ticks;  /* by the payer */
	uint64_t unbilled_ticks;    /* of those, what the payer's domain has not been charged yet */
	uint64_t slice_since_ticks; /* the payer was chosen, or chosen again */
	bool is_slice_over;
	bool is_slice_watched; /* the timer fires at its end at the latest, and it is not over */
	struct share_look share_look;
};

void sched_init(struct run_queue *queue);
void sched_ready(struct thread *thread);   /* makes it runnable */
void sched_unready(struct thread *thread); /* takes a READY one out */
void sched_switch(
	struct thread *to); /* direct switch from the current thread, which has left RUNNING */
void sched_retie(struct thread *thread); /* the CPUs that it may run on have changed */
void sched_leave(void);                  /* the current thread has left RUNNING; choose another */
/* A thread that stops waiting, and is more important than the current one, takes over from it at once. That comes to the
 * same as sched_ready when sched_may_preempt (cpu.h) says so. */
void sched_preempt(struct thread *current, struct thread *to);
void sched_lowered(const struct thread *thread); /* it runs, and became less important */
void sched_yield(void);
void sched_forget(struct thread *thread); /* it dies: no pointer to it stays */
void sched_close_accounts(void);          /* charges all payers up to now */
void sched_slice_over(uint64_t now_ns);
/* The end of the slice when somebody waits for it, which is watched from now on; else UINT64_MAX. */
uint64_t sched_watch_slice(void);

/* Parts of these. */
RARELY_CALLED void sched_bill_domain(struct run_queue *queue);
RARELY_CALLED void sched_pull_higher(struct cpu *cpu);
RARELY_CALLED void sched_await_slice(struct cpu *cpu);
RARELY_CALLED void sched_take_over(struct thread *thread, const struct cpu *cpu);
