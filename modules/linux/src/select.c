/*
 * select and pselect6: sets of descriptors as bit maps, three in and three out.
 */
#include "files.h"
#include "guest.h"
#include "poll_wait.h"
#include "syscall.h"
#include "time.h"
#include <base/bits.h>
#include <base/string.h>
#include <libanon/heap.h>

#define SELECT_FAST_WORDS 16 /* 1024 descriptors */
#define NO_WAIT 1ull

static const uint32_t set_events[3] = {
	POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR,
	POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR,
	POLLPRI,
};

struct select_call {
	struct task *task;
	struct poll_wait wait;
	uint32_t count;
	size_t words;
	uint64_t *in, *out; /* three sets each */
};

/* What one descriptor is asked for: the events of the sets that it is in. */
static uint32_t wanted_events(const uint64_t in[3], uint64_t bit)
{
	return (in[0] & bit ? set_events[0] : 0) | (in[1] & bit ? set_events[1] : 0) |
	       (in[2] & bit ? set_events[2] : 0);
}

/* Ask one descriptor: the events it has, or -EBADF. */
static int64_t ask(struct select_call *call, uint32_t fd, uint32_t events, bool is_registering)
{
	struct fd f = fd_get(call->task, (int32_t)fd);
	if (!f.file)
		return -EBADF;
	int64_t mask = poll_wait_ask(&call->wait, f.file, events, is_registering);
	fd_put(f);
	return mask;
}

/* The descriptors of one word of the sets: how many bits are set in the results. */
static int64_t look_at_word(struct select_call *call, size_t word, bool is_registering)
{
	uint64_t in[3], out[3] = {0};
	int64_t ready = 0;
	for (unsigned s = 0; s < 3; s++)
		in[s] = call->in[s * call->words + word];
	for (uint64_t rest = in[0] | in[1] | in[2]; rest; rest &= rest - 1) {
		unsigned index = bit_lowest(rest);
		uint64_t bit = BIT(index);
		int64_t mask = ask(call, (uint32_t)(word * 64 + index), wanted_events(in, bit),
		                   is_registering && ready == 0);
		if (mask < 0)
			return mask;
		for (unsigned s = 0; s < 3 && mask; s++) {
			if (mask & set_events[s] && in[s] & bit) {
				out[s] |= bit;
				ready++;
			}
		}
	}
	for (unsigned s = 0; s < 3; s++)
		call->out[s * call->words + word] = out[s];
	return ready;
}

static int64_t look(struct select_call *call, bool is_registering)
{
	int64_t ready = 0;
	for (size_t word = 0; word < call->words; word++) {
		int64_t result = look_at_word(call, word, is_registering && ready == 0);
		if (result < 0)
			return result;
		ready += result;
	}
	return ready;
}

static int64_t wait_ready(struct select_call *call, uint64_t deadline)
{
	bool is_registering = deadline != NO_WAIT;
	for (;;) {
		uint32_t sequence = wait_sequence(call->task);
		int64_t ready = look(call, is_registering);
		if (ready != 0 || deadline == NO_WAIT)
			return ready;
		if (call->wait.has_failed)
			return -ENOMEM;
		is_registering = false;
		int64_t result = wait_sleep(call->task, sequence, deadline);
		if (result == -ETIMEDOUT)
			return look(call, false);
		if (result != 0)
			return -ERESTARTNOHAND;
	}
}

static size_t set_bytes(uint32_t count)
{
	return align_up(count, 64) / 8;
}

static int64_t get_sets(struct select_call *call, const uint64_t u_sets[3])
{
	for (unsigned s = 0; s < 3; s++) {
		uint64_t *set = call->in + s * call->words;
		memset(set, 0, call->words * sizeof(*set));
		if (u_sets[s] &&
		    copy_from_guest(call->task, set, u_sets[s], set_bytes(call->count)) != 0)
			return -EFAULT;
		if (call->count % 64)
			set[call->count / 64] &= BIT(call->count % 64) - 1;
	}
	return 0;
}

static int64_t put_sets(struct select_call *call, const uint64_t u_sets[3])
{
	for (unsigned s = 0; s < 3; s++) {
		uint64_t *set = call->out + s * call->words;
		if (u_sets[s] &&
		    copy_to_guest(call->task, u_sets[s], set, set_bytes(call->count)) != 0)
			return -EFAULT;
	}
	return 0;
}

static int64_t select_until(struct task *task, int32_t count, const uint64_t u_sets[3],
                            uint64_t deadline)
{
	uint64_t fast[6 * SELECT_FAST_WORDS];
	struct select_call call = {.task = task};
	if (count < 0)
		return -EINVAL;
	call.count = MIN((uint32_t)count,
	                 (uint32_t)MIN(task_rlimit(task, RLIMIT_NOFILE), 1ul << 20));
	call.words = align_up(call.count, 64) / 64;
	call.in = call.words > SELECT_FAST_WORDS ? heap_alloc(6 * call.words * sizeof(uint64_t))
	                                         : fast;
	if (!call.in)
		return -ENOMEM;
	call.out = call.in + 3 * call.words;
	int64_t result = get_sets(&call, u_sets);
	if (result == 0) {
		poll_wait_begin(&call.wait, task);
		result = wait_ready(&call, deadline);
		poll_wait_end(&call.wait);
	}
	if (result >= 0 && put_sets(&call, u_sets) != 0)
		result = -EFAULT;
	if (call.in != fast)
		heap_free(call.in);
	return result;
}

static uint64_t deadline_from_ns(uint64_t ns)
{
	return ns == 0 ? NO_WAIT : time_deadline_in(ns);
}

static uint64_t left_of(uint64_t deadline)
{
	uint64_t now = time_monotonic_ns();
	return deadline > now ? deadline - now : 0;
}

SYSCALL5(select, int32_t, count, uint64_t, u_read, uint64_t, u_write, uint64_t, u_except, uint64_t,
         u_timeout)
{
	uint64_t u_sets[3] = {u_read, u_write, u_except}, deadline = 0;
	struct linux_timeval timeout;
	if (u_timeout) {
		uint64_t ns;
		int64_t result = copy_from_guest(task, &timeout, u_timeout, sizeof(timeout));
		if (result != 0)
			return result;
		if (timeout.tv_sec < 0 || timeout.tv_usec < 0)
			return -EINVAL;
		timeout.tv_sec += timeout.tv_usec / 1000000;
		timeout.tv_usec %= 1000000;
		result = time_from_timeval(&timeout, &ns);
		if (result != 0)
			return result;
		deadline = deadline_from_ns(ns);
	}
	int64_t result = select_until(task, count, u_sets, deadline);
	if (deadline > NO_WAIT) {
		timeout = time_to_timeval(left_of(deadline));
		(void)copy_to_guest(task, u_timeout, &timeout, sizeof(timeout));
	}
	return result;
}

/* The sixth argument: a mask and its size. */
static int64_t set_mask(struct task *task, uint64_t u_pair, bool *out_is_set)
{
	uint64_t pair[2], mask;
	*out_is_set = false;
	if (!u_pair)
		return 0;
	int64_t result = copy_from_guest(task, pair, u_pair, sizeof(pair));
	if (result != 0 || pair[0] == 0)
		return result;
	if (pair[1] != sizeof(mask))
		return -EINVAL;
	result = get_guest_u64(task, pair[0], &mask);
	if (result == 0) {
		signal_set_temporary_mask(task, mask);
		*out_is_set = true;
	}
	return result;
}

SYSCALL6(pselect6, int32_t, count, uint64_t, u_read, uint64_t, u_write, uint64_t, u_except,
         uint64_t, u_timeout, uint64_t, u_mask)
{
	uint64_t u_sets[3] = {u_read, u_write, u_except}, deadline = 0, ns;
	struct linux_timespec timeout;
	bool is_masked;
	int64_t result;
	if (u_timeout) {
		result = copy_from_guest(task, &timeout, u_timeout, sizeof(timeout));
		if (result == 0)
			result = time_from_timespec(&timeout, &ns);
		if (result != 0)
			return result;
		deadline = deadline_from_ns(ns);
	}
	result = set_mask(task, u_mask, &is_masked);
	if (result != 0)
		return result;
	result = select_until(task, count, u_sets, deadline);
	if (is_masked && result != -ERESTARTNOHAND)
		signal_restore_mask(task);
	if (deadline > NO_WAIT) {
		timeout = time_to_timespec(left_of(deadline));
		(void)copy_to_guest(task, u_timeout, &timeout, sizeof(timeout));
	}
	return result;
}
