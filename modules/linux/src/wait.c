/*
 * Wait queues (wait.h). A sleeping task parks its thread; waking it is one addition to its wake_word and, when
 * it really sleeps, one system call. The order "add to wake_word, then look at is_sleeping" against "set
 * is_sleeping, then compare wake_word" is what makes no wake-up get lost: who sees no sleeper has changed the word
 * before it is compared, and an unpark that comes before the park is latched. One latched for nothing makes the next
 * park a spurious one.
 */
#include "wait.h"
#include <libanon/syscall.h>
#include "errno.h"
#include "hot.h"
#include "task.h"

void wait_queue_init(struct wait_queue *queue)
{
	mutex_init(&queue->lock, RANK_WAIT);
	queue->entries = 0;
	queue->last = 0;
}

COLD void wait_add_events(struct wait_queue *queue, struct wait_entry *entry, struct task *task,
                          uint32_t events)
{
	entry->queue = queue;
	entry->task = task;
	entry->notify = 0;
	entry->events = events;
	entry->is_exclusive = 0;
	entry->next = 0;
	mutex_lock(&queue->lock);
	entry->previous = queue->last;
	if (queue->last)
		queue->last->next = entry;
	else
		queue->entries = entry;
	queue->last = entry;
	mutex_unlock(&queue->lock);
	/* The entry is seen before the condition is read; the waker's fence is the other half. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void wait_add(struct wait_queue *queue, struct wait_entry *entry, struct task *task)
{
	wait_add_events(queue, entry, task, 0);
}

COLD void wait_remove(struct wait_entry *entry)
{
	struct wait_queue *queue = entry->queue;

	if (!queue)
		return;
	mutex_lock(&queue->lock);
	if (entry->previous)
		entry->previous->next = entry->next;
	else
		queue->entries = entry->next;
	if (entry->next)
		entry->next->previous = entry->previous;
	else
		queue->last = entry->previous;
	mutex_unlock(&queue->lock);
	entry->queue = 0;
}

static void wake_sleeper(struct task *task)
{
	__atomic_fetch_add(&task->wake_word, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&task->is_sleeping, __ATOMIC_SEQ_CST))
		(void)sys_thread_unpark(task->thread);
}

static void entry_wake(struct wait_entry *entry, uint32_t events)
{
	if (entry->notify)
		entry->notify(entry, events);
	else
		wake_sleeper(entry->task);
}

void wait_wake_events(struct wait_queue *queue, uint32_t events)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&queue->entries, __ATOMIC_RELAXED))
		return;
	mutex_lock(&queue->lock);
	for (struct wait_entry *entry = queue->entries; entry; entry = entry->next) {
		if (!events || !entry->events || (entry->events & events))
			entry_wake(entry, events);
	}
	mutex_unlock(&queue->lock);
}

void wait_wake(struct wait_queue *queue)
{
	wait_wake_events(queue, 0);
}

void wait_wake_one(struct wait_queue *queue)
{
	mutex_lock(&queue->lock);
	for (struct wait_entry *entry = queue->entries; entry; entry = entry->next) {
		entry_wake(entry, 0);
		if (entry->is_exclusive)
			break;
	}
	mutex_unlock(&queue->lock);
}

uint32_t wait_sequence(struct task *task)
{
	return __atomic_load_n(&task->wake_word, __ATOMIC_SEQ_CST);
}

static status_t park(struct task *task, uint32_t sequence, uint64_t deadline)
{
	status_t status = OK;

	__atomic_store_n(&task->is_sleeping, true, __ATOMIC_SEQ_CST);
	if (wait_sequence(task) == sequence)
		status = sys_thread_park(deadline);
	__atomic_store_n(&task->is_sleeping, false, __ATOMIC_RELAXED);
	return status;
}

COLD int64_t wait_sleep(struct task *task, uint32_t sequence, uint64_t deadline)
{
	if (signal_pending(task))
		return -ERESTARTSYS;
	status_t status = park(task, sequence, deadline);

	if (signal_pending(task))
		return -ERESTARTSYS;
	return status == E_TIMEOUT ? -ETIMEDOUT : 0;
}

int64_t wait_sleep_killable(struct task *task, uint32_t sequence, uint64_t deadline)
{
	if (signal_kill_pending(task))
		return -ERESTARTSYS;
	status_t status = park(task, sequence, deadline);

	if (signal_kill_pending(task))
		return -ERESTARTSYS;
	return status == E_TIMEOUT ? -ETIMEDOUT : 0;
}

void task_wake(struct task *task)
{
	wake_sleeper(task);
	sys_thread_kick(task->thread);
}
