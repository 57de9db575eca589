/*
 * poll and ppoll. The first round registers with every file's queues; later rounds only look. A time-out of
 * zero registers nowhere.
 */
#include "files.h"
#include "guest.h"
#include "poll_wait.h"
#include "syscall.h"
#include "time.h"
#include <libanon/heap.h>

#define POLL_FAST 32

struct poll_call {
	struct task *task;
	struct poll_wait wait;
	struct linux_pollfd *fds;
	uint64_t count;
};

/* One look at every descriptor: how many have something to say. */
static int64_t look(struct poll_call *call, bool is_registering)
{
	int64_t ready = 0;
	for (uint64_t i = 0; i < call->count; i++) {
		struct linux_pollfd *p = &call->fds[i];
		p->revents = 0;
		if (p->fd < 0)
			continue;
		struct fd f = fd_get(call->task, p->fd);
		if (!f.file) {
			p->revents = POLLNVAL;
		} else {
			bool is_waiting = is_registering && ready == 0;
			p->revents = (uint16_t)poll_wait_ask(&call->wait, f.file, p->events,
			                                     is_waiting);
			fd_put(f);
		}
		ready += p->revents != 0;
	}
	return ready;
}

/* deadline 0: none; 1: do not wait. */
static int64_t wait_ready(struct poll_call *call, uint64_t deadline)
{
	bool is_registering = deadline != 1;
	int64_t result;
	for (;;) {
		uint32_t sequence = wait_sequence(call->task);
		int64_t ready = look(call, is_registering);
		if (ready > 0 || deadline == 1)
			return ready;
		if (call->wait.has_failed)
			return -ENOMEM;
		is_registering = false;
		result = wait_sleep(call->task, sequence, deadline);
		if (result != 0)
			break;
	}
	if (result == -ETIMEDOUT)
		return look(call, false);
	return -ERESTARTNOHAND;
}

static int64_t put_results(struct poll_call *call, uint64_t u_fds)
{
	for (uint64_t i = 0; i < call->count; i++) {
		uint64_t u_revents = u_fds + i * sizeof(struct linux_pollfd) + 6;
		int64_t result = copy_to_guest(call->task, u_revents, &call->fds[i].revents, 2);
		if (result != 0)
			return result;
	}
	return 0;
}

static int64_t poll_until(struct task *task, uint64_t u_fds, uint64_t count, uint64_t deadline)
{
	struct linux_pollfd fast[POLL_FAST];
	struct poll_call call = {.task = task, .fds = fast, .count = count};
	if (count > task_rlimit(task, RLIMIT_NOFILE) || count > 1u << 20)
		return -EINVAL;
	if (count > POLL_FAST && !(call.fds = heap_alloc(count * sizeof(*call.fds))))
		return -ENOMEM;
	int64_t result = copy_from_guest(task, call.fds, u_fds, count * sizeof(*call.fds));
	if (result == 0) {
		poll_wait_begin(&call.wait, task);
		result = wait_ready(&call, deadline);
		poll_wait_end(&call.wait);
	}
	if (result >= 0 && put_results(&call, u_fds) != 0)
		result = -EFAULT;
	if (call.fds != fast)
		heap_free(call.fds);
	return result;
}

static int64_t poll_again(struct task *task, struct restart *restart)
{
	int64_t result = poll_until(task, restart->arguments[0], restart->arguments[1],
	                            restart->deadline);
	return result == -ERESTARTNOHAND ? -ERESTART_RESTARTBLOCK : result;
}

SYSCALL3(poll, uint64_t, u_fds, uint32_t, count, int32_t, timeout_ms)
{
	uint64_t deadline = timeout_ms < 0 ? 0 : 1;
	if (timeout_ms > 0)
		deadline = time_deadline_in((uint64_t)timeout_ms * 1000000);
	int64_t result = poll_until(task, u_fds, count, deadline);
	if (result != -ERESTARTNOHAND)
		return result;
	task->restart = (struct restart){
		.again = poll_again, .deadline = deadline, .arguments = {u_fds, count}};
	return -ERESTART_RESTARTBLOCK;
}

/* A deadline from a guest's relative time-out: 0 for none, 1 for "do not wait". */
static int64_t deadline_of(struct task *task, uint64_t u_timeout, uint64_t *out)
{
	struct linux_timespec timeout;
	uint64_t ns;
	*out = 0;
	if (!u_timeout)
		return 0;
	int64_t result = copy_from_guest(task, &timeout, u_timeout, sizeof(timeout));
	if (result == 0)
		result = time_from_timespec(&timeout, &ns);
	if (result == 0)
		*out = ns == 0 ? 1 : time_deadline_in(ns);
	return result;
}

/* Linux writes back what is left of the time-out. */
static void put_left(struct task *task, uint64_t u_timeout, uint64_t deadline)
{
	uint64_t now = time_monotonic_ns();
	struct linux_timespec left = time_to_timespec(deadline > now ? deadline - now : 0);
	if (u_timeout && deadline > 1)
		(void)copy_to_guest(task, u_timeout, &left, sizeof(left));
}

SYSCALL5(ppoll, uint64_t, u_fds, uint32_t, count, uint64_t, u_timeout, uint64_t, u_mask, uint64_t,
         mask_bytes)
{
	uint64_t deadline;
	sigset_t64 mask;
	int64_t result = deadline_of(task, u_timeout, &deadline);
	if (result != 0)
		return result;
	if (u_mask) {
		if (mask_bytes != sizeof(mask))
			return -EINVAL;
		result = get_guest_u64(task, u_mask, &mask);
		if (result != 0)
			return result;
		signal_set_temporary_mask(task, mask);
	}
	result = poll_until(task, u_fds, count, deadline);
	if (u_mask && result != -ERESTARTNOHAND)
		signal_restore_mask(task);
	put_left(task, u_timeout, deadline);
	return result;
}
