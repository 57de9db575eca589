/*
 * Sleeping in a system call. A wait queue is a list of sleeping tasks; each task parks its own thread and is
 * told by a count of its own (task->wake_word), so a task can be on many queues at once (poll) and a signal wakes
 * it the same way as an event does.
 *
 *   waiter: wait_add(queue); loop { seq = wait_sequence(task); condition? done;
 *                                   wait_sleep(task, seq, deadline) }; wait_remove
 *   waker:  change the state under its lock; wait_wake(queue)
 *
 * Record the reason first, then wake: the sequence is read before the condition, so a wake between the
 * two makes the sleep return at once. Wake-ups may be spurious. Hold no lock while sleeping; the
 * condition takes and releases what it needs.
 */
#pragma once
#include <stdint.h>
#include "lock.h"

struct task;

struct wait_queue {
	struct mutex lock;          /* RANK_WAIT */
	struct wait_entry *entries; /* [lock] doubly linked, oldest first */
	struct wait_entry *last;    /* [lock] */
};

struct wait_entry {
	struct wait_queue *queue; /* null: not queued */
	struct wait_entry *next, *previous;
	struct task *task;
	/* Called under queue->lock in place of waking task, when not null (epoll). Must only take RANK_LEAF locks. */
	void (*notify)(struct wait_entry *entry, uint32_t events);
	uint32_t events;  /* only wakes with one of these bits (poll events), 0: all */
	int is_exclusive; /* wait_wake_one wakes one such entry */
};

void wait_queue_init(struct wait_queue *queue);

/* entry must stay valid until wait_remove; both are cheap and may be called with any lock but RANK_WAIT held. */
void wait_add(struct wait_queue *queue, struct wait_entry *entry, struct task *task);
void wait_add_events(struct wait_queue *queue, struct wait_entry *entry, struct task *task,
                     uint32_t events);
void wait_remove(struct wait_entry *entry);

/* Wake everyone / those waiting for one of the poll events / the first exclusive one. */
void wait_wake(struct wait_queue *queue);
void wait_wake_events(struct wait_queue *queue, uint32_t events);
void wait_wake_one(struct wait_queue *queue);

uint32_t wait_sequence(struct task *task);

/*
 * Sleep while the sequence is `sequence`: 0 when woken (look again), -ERESTARTSYS when a signal is to
 * be delivered, -ETIMEDOUT at the deadline (absolute monotonic ns, 0: none).
 */
int64_t wait_sleep(struct task *task, uint32_t sequence, uint64_t deadline);

/* The same, ended by SIGKILL only. */
int64_t wait_sleep_killable(struct task *task, uint32_t sequence, uint64_t deadline);

/* Wake one task whatever it sleeps on, and make its enter return. The reason must be recorded before. */
void task_wake(struct task *task);

/* 0 when the condition holds, else what wait_sleep returned. */
#define wait_event(task, wait_queue_, condition, deadline) \
	({ \
		struct wait_entry wait_entry_; \
		int64_t wait_result_ = 0; \
		wait_add((wait_queue_), &wait_entry_, (task)); \
		for (;;) { \
			uint32_t wait_seen_ = wait_sequence(task); \
			if (condition) \
				break; \
			wait_result_ = wait_sleep((task), wait_seen_, (deadline)); \
			if (wait_result_ != 0) \
				break; \
		} \
		wait_remove(&wait_entry_); \
		wait_result_; \
	})
