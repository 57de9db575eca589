/*
 * Pending signals and default actions (signal_queue.h). Called by signal.c under the process's lock and
 * by host tests.
 */
#include "signal_queue.h"
#include <base/bits.h>
#include <libanon/heap.h>

/* Longer queues than any program has; keeps one guest from filling the monitor. */
#define PENDING_MAX 1024

static uint32_t pending_count(const struct pending *pending)
{
	uint32_t count = 0;

	for (struct pending_signal *signal = pending->first; signal; signal = signal->next)
		count++;
	return count;
}

static struct pending_signal *entry_alloc(struct pending *pending)
{
	struct pending_signal *entry = pending->spare;

	pending->spare = 0;
	return entry ? entry : heap_alloc(sizeof(*entry));
}

static void entry_free(struct pending *pending, struct pending_signal *entry)
{
	if (pending->spare)
		heap_free(entry);
	else
		pending->spare = entry;
}

bool pending_add(struct pending *pending, const struct linux_siginfo *info)
{
	bool is_standard = info->si_signo < SIGRTMIN;

	if (is_standard && (pending->set & signal_bit(info->si_signo)))
		return true;
	/* A timer's signal is queued once: there are no more of them than timers. */
	bool is_bounded = !is_standard && info->si_code != SI_TIMER;
	struct pending_signal *entry = 0;

	if (!is_bounded || pending_count(pending) < PENDING_MAX)
		entry = entry_alloc(pending);
	if (!entry) {
		/* Who queues can be told; of what nobody can be told at least one comes, without details. */
		if (!is_standard && info->si_code < 0)
			return false;
		pending->set |= signal_bit(info->si_signo);
		return true;
	}
	*entry = (struct pending_signal){.info = *info};
	if (pending->last)
		pending->last->next = entry;
	else
		pending->first = entry;
	pending->last = entry;
	pending->set |= signal_bit(info->si_signo);
	return true;
}

/* Unlinks the oldest entry of this signal; null when none carries details. `*out_more`: another follows. */
static struct pending_signal *unlink_oldest(struct pending *pending, int signal, bool *out_more)
{
	struct pending_signal *found = 0, *previous = 0;
	struct pending_signal **at = &pending->first;

	*out_more = false;
	while (*at) {
		if ((*at)->info.si_signo != signal || found) {
			*out_more |= (*at)->info.si_signo == signal;
			previous = *at;
			at = &(*at)->next;
			continue;
		}
		found = *at;
		*at = found->next;
	}
	pending->last = previous;
	return found;
}

bool pending_take(struct pending *pending, sigset_t64 set, struct linux_siginfo *out_info)
{
	sigset_t64 ready = pending->set & set;
	bool has_more;

	if (ready == 0)
		return false;
	if (ready & SIGNALS_SYNCHRONOUS)
		ready &= SIGNALS_SYNCHRONOUS;
	int signal = (int)bit_lowest(ready) + 1;
	struct pending_signal *entry = unlink_oldest(pending, signal, &has_more);

	if (entry)
		*out_info = entry->info;
	else
		*out_info = (struct linux_siginfo){.si_signo = signal};
	entry_free(pending, entry);
	if (!has_more)
		pending->set &= ~signal_bit(signal);
	return true;
}

void pending_drop(struct pending *pending, sigset_t64 set)
{
	struct pending_signal *previous = 0;
	struct pending_signal **at = &pending->first;

	while (*at) {
		struct pending_signal *entry = *at;

		if (set & signal_bit(entry->info.si_signo)) {
			*at = entry->next;
			heap_free(entry);
			continue;
		}
		previous = entry;
		at = &entry->next;
	}
	pending->last = previous;
	pending->set &= ~set;
}

void pending_clear(struct pending *pending)
{
	pending_drop(pending, ~0ull);
	heap_free(pending->spare);
	pending->spare = 0;
}

enum signal_default signal_default_of(int signal)
{
	switch (signal) {
	case SIGCHLD:
	case SIGURG:
	case SIGWINCH: return SIGNAL_IGNORED;
	case SIGCONT: return SIGNAL_CONTINUES;
	case SIGSTOP:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU: return SIGNAL_STOPS;
	case SIGQUIT:
	case SIGILL:
	case SIGTRAP:
	case SIGABRT:
	case SIGBUS:
	case SIGFPE:
	case SIGSEGV:
	case SIGXCPU:
	case SIGXFSZ:
	case SIGSYS: return SIGNAL_CORE;
	default: return SIGNAL_TERMINATES;
	}
}

struct sighand *sighand_create(void)
{
	struct sighand *sighand = heap_zalloc(sizeof(*sighand));

	if (sighand)
		sighand->references = 1;
	return sighand;
}

struct sighand *sighand_copy(const struct sighand *from)
{
	struct sighand *sighand = sighand_create();

	for (int i = 0; sighand && i < SIGNAL_COUNT; i++)
		sighand->actions[i] = from->actions[i];
	return sighand;
}

struct sighand *sighand_get(struct sighand *sighand)
{
	__atomic_fetch_add(&sighand->references, 1, __ATOMIC_RELAXED);
	return sighand;
}

void sighand_put(struct sighand *sighand)
{
	if (sighand && __atomic_sub_fetch(&sighand->references, 1, __ATOMIC_ACQ_REL) == 0)
		heap_free(sighand);
}

void sighand_reset(struct sighand *sighand)
{
	for (int i = 0; i < SIGNAL_COUNT; i++) {
		uint64_t kept = sighand->actions[i].handler == SIG_IGN ? SIG_IGN : SIG_DFL;

		sighand->actions[i] = (struct linux_sigaction){.handler = kept};
	}
}
