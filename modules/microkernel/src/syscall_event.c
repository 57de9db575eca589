/*
 * System calls on endpoints, replies, events, timers, words, the clock.
 */
#include "cpu.h"
#include "endpoint.h"
#include "event.h"
#include "reply.h"
#include "syscall.h"
#include "timer.h"
#include "word.h"

status_t syscall_endpoint_create(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct endpoint *endpoint = endpoint_create(thread->process->obj.domain);

	(void)args;
	return give(thread, endpoint ? &endpoint->obj : NULL, result);
}

status_t syscall_reply_create(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct reply *reply = reply_create(thread->process->obj.domain);

	(void)args;
	return give(thread, reply ? &reply->obj : NULL, result);
}

status_t syscall_event_create(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct event *event = event_create(thread->process->obj.domain);

	(void)args;
	return give(thread, event ? &event->obj : NULL, result);
}

status_t syscall_event_signal(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct handle_entry *entry;
	status_t status = find(thread, args[0], OBJECT_EVENT, RIGHT_WRITE, &entry);

	(void)result;
	if (status == OK)
		event_signal(OBJECT_OF(entry, event), handle_signal_bits(entry, args[1]));
	return status;
}

status_t syscall_event_wait(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct handle_entry *entry;
	status_t status = find(thread, args[0], OBJECT_EVENT, RIGHT_WAIT, &entry);

	if (status != OK)
		return status;
	*result = event_take(OBJECT_OF(entry, event), args[1]);
	if (*result)
		return OK;
	if (thread->arch.kicked & LATCHED_KICK)
		return E_INTR;
	if (args[2] && args[2] <= clock_now_ns())
		return E_TIMEOUT;
	event_wait(OBJECT_OF(entry, event), thread, args[1], args[2]);
	return SYSCALL_DONE;
}

status_t syscall_event_poll(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct handle_entry *entry;
	status_t status = find(thread, args[0], OBJECT_EVENT, RIGHT_WAIT, &entry);

	if (status == OK)
		*result = event_take(OBJECT_OF(entry, event), args[1]);
	return status;
}

status_t syscall_timer_create(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct handle_entry *event;
	struct timer *timer;
	status_t status = find(thread, args[0], OBJECT_EVENT, RIGHT_WRITE, &event);

	if (status == OK)
		status = timer_create(thread->process->obj.domain, event, args[1], &timer);
	return status == OK ? give(thread, &timer->obj, result) : status;
}

status_t syscall_timer_set(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct handle_entry *entry;
	status_t status = find(thread, args[0], OBJECT_TIMER, RIGHT_WRITE, &entry);

	(void)result;
	return status == OK ? timer_set(OBJECT_OF(entry, timer), args[1], args[2]) : status;
}

status_t syscall_word_wait(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct aspace *aspace;
	status_t status = find_word_space(thread, args[0], &aspace);

	(void)result;
	if (status == OK)
		status = word_wait(thread, aspace, args[1], (uint32_t)args[2], args[3], args[4]);
	return status == OK ? SYSCALL_DONE : status;
}

/* By value: a wake that is over in one step, as nearly all are, leaves the thread's progress alone. */
static struct progress progress_of(const struct thread *thread, uint32_t call)
{
	return thread->progress.call == call ? thread->progress : (struct progress){.call = call};
}

static status_t end_step(struct thread *thread, const struct progress *progress, bool is_done,
                         uint64_t *result)
{
	*result = progress->count;
	if (is_done)
		return OK;
	*syscall_progress(thread, progress->call) = *progress;
	return STATUS_MORE;
}

status_t syscall_word_wake(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct progress progress = progress_of(thread, SYS_word_wake);
	struct aspace *aspace;
	status_t status = find_word_space(thread, args[0], &aspace);

	if (status != OK)
		return status;
	bool is_done = word_wake(aspace, args[1], args[2], (uint32_t)args[3], &progress);

	return end_step(thread, &progress, is_done, result);
}

status_t syscall_word_requeue(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct progress progress = progress_of(thread, SYS_word_requeue);
	struct aspace *aspace;
	status_t status = find_word_space(thread, args[0], &aspace);

	if (status != OK)
		return status;
	bool is_done = word_requeue(aspace, args[1], args[2], args[3], args[4], &progress);

	return end_step(thread, &progress, is_done, result);
}

status_t syscall_clock_now(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	(void)thread, (void)args;
	*result = clock_now_ns();
	return OK;
}
