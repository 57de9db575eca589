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

#define PRIORITIES 32u

struct cpu;
struct thread;

struct run_queue {
	uint32_t ready; /* bit n: priority n has threads */
	struct list by_priority[PRIORITIES];
	struct thread *payer;
	uint64_t payer_since_ns;
	uint64_t slice_end_ns;
	bool is_slice_over;
};

void sched_init(struct run_queue *queue);
void sched_ready(struct thread *thread);   /* makes it runnable */
void sched_unready(struct thread *thread); /* takes a READY one out */
void sched_switch(
	struct thread *to); /* direct switch from the current thread, which has left RUNNING */
void sched_retie(struct thread *thread); /* the CPUs that it may run on have changed */
void sched_leave(void);                  /* the current thread has left RUNNING; choose another */
void sched_lowered(const struct thread *thread); /* it runs, and became less important */
void sched_yield(void);
void sched_forget(struct thread *thread); /* it dies: no pointer to it stays */
void sched_close_accounts(void);          /* charges all payers up to now */
void sched_slice_over(uint64_t now_ns);
uint64_t sched_next_deadline(
	void); /* end of the slice when somebody waits for it, else UINT64_MAX */
