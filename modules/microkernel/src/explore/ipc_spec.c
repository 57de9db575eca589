/*
 * The specification of IPC in plain C: arrays of thread numbers, and each operation as a function on them.
 */
#include "explore/ipc_spec.h"
#include <stdio.h>
#include <string.h>
#include <microkernel/errors.h>
#include "explore/scene.h"

static void runs(struct ipc_state *s, unsigned thread, enum outcome outcome)
{
	s->place[thread] = RUNS;
	s->is_timed[thread] = false;
	s->outcome[thread] = outcome;
}

static void fails(struct ipc_state *s, unsigned thread, status_t status)
{
	runs(s, thread, FAILED);
	s->status[thread] = (int8_t)status;
}

static void take_out(uint8_t *queue, uint8_t *count, unsigned thread)
{
	for (unsigned i = 0; i < *count; i++) {
		if (queue[i] != thread)
			continue;
		memmove(&queue[i], &queue[i + 1], *count - i - 1u);
		queue[--*count] = 0;
		return;
	}
}

static void put_in(uint8_t *queue, uint8_t *count, unsigned at, unsigned thread)
{
	memmove(&queue[at + 1], &queue[at], *count - at);
	queue[at] = (uint8_t)thread;
	++*count;
}

/* Out of wherever it waits; nothing and nobody refers to it any more. */
static void leave(struct ipc_state *s, unsigned thread)
{
	take_out(s->callers, &s->caller_count, thread);
	take_out(s->receivers, &s->receiver_count, thread);
	for (unsigned i = 0; i < THREADS; i++)
		if (s->owed_to[i] == thread)
			s->owed_to[i] = NOBODY;
}

static void serves_no_more(struct ipc_state *s, unsigned thread)
{
	s->serves[thread] = false;
	for (unsigned i = 0; i < THREADS; i++)
		if (s->held_by[i] == thread)
			s->held_by[i] = NOBODY;
}

/* Its holder waits for a request. */
static bool is_armed(const struct ipc_state *s, unsigned reply)
{
	return s->held_by[reply] != NOBODY && s->place[s->held_by[reply]] == RECEIVING;
}

static bool is_served(const struct ipc_state *s)
{
	for (unsigned i = 0; i < THREADS; i++)
		if (s->has[i][TO_RECEIVE])
			return true;
	return false;
}

static void deliver(struct ipc_state *s, const struct cast *cast, unsigned caller, unsigned server)
{
	s->owed_to[cast->reply_of[server]] = (uint8_t)caller;
	s->place[caller] = AWAITING;
	runs(s, server, MESSAGE);
	s->peer[server] = (uint8_t)caller;
}

void spec_call(struct ipc_state *s, const struct cast *cast, unsigned thread, bool is_timed)
{
	unsigned at = 0;

	if (!s->has[cast->process_of[thread]][TO_CALL]) {
		fails(s, thread, E_HANDLE);
		return;
	}
	if (!is_served(s)) {
		fails(s, thread, E_GONE);
		return;
	}
	s->is_timed[thread] = is_timed;
	if (s->receiver_count > 0) {
		unsigned server = s->receivers[0];

		leave(s, server);
		deliver(s, cast, thread, server);
		return;
	}
	while (at < s->caller_count && s->priority[s->callers[at]] >= s->priority[thread])
		at++;
	put_in(s->callers, &s->caller_count, at, thread);
	s->place[thread] = CALLING;
}

static status_t may_receive(const struct ipc_state *s, const struct cast *cast, unsigned thread)
{
	const bool *has = s->has[cast->process_of[thread]];

	return has[TO_RECEIVE] && has[TO_REPLY_0 + cast->reply_of[thread]] ? OK : E_HANDLE;
}

static void receive(struct ipc_state *s, const struct cast *cast, unsigned thread, bool is_timed)
{
	s->serves[thread] = true;
	s->held_by[cast->reply_of[thread]] = (uint8_t)thread;
	if (s->caller_count > 0) {
		unsigned caller = s->callers[0];

		leave(s, caller);
		deliver(s, cast, caller, thread);
		return;
	}
	s->place[thread] = RECEIVING;
	s->is_timed[thread] = is_timed;
	put_in(s->receivers, &s->receiver_count, 0, thread);
}

void spec_receive(struct ipc_state *s, const struct cast *cast, unsigned thread, bool is_timed)
{
	unsigned reply = cast->reply_of[thread];
	status_t status = may_receive(s, cast, thread);

	if (status == OK && (s->owed_to[reply] != NOBODY || is_armed(s, reply)))
		status = E_BUSY;
	if (status == OK)
		receive(s, cast, thread, is_timed);
	else
		fails(s, thread, status);
}

/* To exactly the one who is owed it; false when nobody is. */
static bool answer(struct ipc_state *s, const struct cast *cast, unsigned thread)
{
	unsigned caller = s->owed_to[cast->reply_of[thread]];

	if (caller == NOBODY)
		return false;
	leave(s, caller);
	runs(s, caller, ANSWERED);
	s->peer[caller] = (uint8_t)thread;
	return true;
}

void spec_reply(struct ipc_state *s, const struct cast *cast, unsigned thread)
{
	if (!s->has[cast->process_of[thread]][TO_REPLY_0 + cast->reply_of[thread]])
		fails(s, thread, E_HANDLE);
	else if (answer(s, cast, thread))
		runs(s, thread, DONE);
	else
		fails(s, thread, E_GONE);
}

void spec_reply_receive(struct ipc_state *s, const struct cast *cast, unsigned thread)
{
	status_t status = may_receive(s, cast, thread);

	if (status == OK && is_armed(s, cast->reply_of[thread]))
		status = E_BUSY;
	if (status != OK) {
		fails(s, thread, status);
		return;
	}
	answer(s, cast, thread);
	receive(s, cast, thread, false);
}

void spec_time_out(struct ipc_state *s, unsigned thread)
{
	leave(s, thread);
	fails(s, thread, E_TIMEOUT);
}

/* Those of the process in the queue make their calls again. */
static void restart(struct ipc_state *s, const struct cast *cast, unsigned process,
                    enum place place)
{
	for (unsigned i = 0; i < THREADS; i++) {
		if (s->place[i] != place || cast->process_of[i] != process)
			continue;
		leave(s, i);
		runs(s, i, AGAIN);
	}
}

static bool has_threads(const struct ipc_state *s, const struct cast *cast, unsigned process)
{
	for (unsigned i = 0; i < THREADS; i++)
		if (cast->process_of[i] == process && s->place[i] != DEAD)
			return true;
	return false;
}

void spec_close(struct ipc_state *s, const struct cast *cast, unsigned process, unsigned kind)
{
	s->has[process][kind] = false;
	if (kind == TO_CALL)
		restart(s, cast, process, CALLING);
	if (kind == TO_RECEIVE)
		restart(s, cast, process, RECEIVING);
	for (unsigned i = 0; i < THREADS && kind == TO_RECEIVE; i++)
		if (cast->process_of[i] == process)
			s->serves[i] = false;
	for (unsigned i = 0; i < THREADS && kind == TO_RECEIVE; i++) {
		if (s->place[i] != CALLING || is_served(s))
			continue;
		leave(s, i);
		fails(s, i, E_GONE);
	}
	for (unsigned i = 0; i < THREADS && kind >= TO_REPLY_0; i++) {
		bool is_held = s->held_by[kind - TO_REPLY_0] == i;

		if (s->owed_to[kind - TO_REPLY_0] != i && !(is_held && s->place[i] == RECEIVING))
			continue;
		leave(s, i);
		fails(s, i, E_GONE);
	}
	if (kind >= TO_REPLY_0)
		s->held_by[kind - TO_REPLY_0] = NOBODY;
}

void spec_kill(struct ipc_state *s, const struct cast *cast, unsigned thread)
{
	unsigned process = cast->process_of[thread];

	leave(s, thread);
	serves_no_more(s, thread);
	s->place[thread] = DEAD;
	s->is_timed[thread] = false;
	s->outcome[thread] = NOTHING;
	for (unsigned kind = 0; kind < HANDLE_KINDS && !has_threads(s, cast, process); kind++)
		if (s->has[process][kind])
			spec_close(s, cast, process, kind);
}

/* Callers serve nobody here, so theirs are their own. */
static uint8_t due_priority(const struct ipc_state *s, const struct cast *cast, unsigned thread)
{
	uint8_t due = cast->priority[thread];

	for (unsigned i = 0; i < s->caller_count && s->serves[thread]; i++)
		if (due < cast->priority[s->callers[i]])
			due = cast->priority[s->callers[i]];
	for (unsigned i = 0; i < THREADS; i++)
		if (s->held_by[i] == thread && s->owed_to[i] != NOBODY &&
		    due < cast->priority[s->owed_to[i]])
			due = cast->priority[s->owed_to[i]];
	return due;
}

void spec_priorities(struct ipc_state *s, const struct cast *cast)
{
	for (unsigned i = 0; i < THREADS; i++)
		s->priority[i] = s->place[i] == DEAD ? 0 : due_priority(s, cast, i);
}

const char *spec_difference(const struct ipc_state *expected, const struct ipc_state *real)
{
	static const char *const names[] = {"runs", "calls", "awaits a reply", "receives",
	                                    "is dead"};
	static char text[200];

	for (unsigned i = 0; i < THREADS; i++) {
		if (expected->place[i] != real->place[i])
			snprintf(text, sizeof(text), "thread %u %s; it should be one that %s", i,
			         names[real->place[i]], names[expected->place[i]]);
		else if (expected->outcome[i] != real->outcome[i] ||
		         expected->peer[i] != real->peer[i] ||
		         expected->status[i] != real->status[i])
			snprintf(
				text, sizeof(text),
				"thread %u: outcome %u, peer %u, status %d; it should be %u, %u, %d",
				i, real->outcome[i], real->peer[i], real->status[i],
				expected->outcome[i], expected->peer[i], expected->status[i]);
		else if (expected->priority[i] != real->priority[i])
			snprintf(text, sizeof(text), "thread %u has priority %u; it should be %u",
			         i, real->priority[i], expected->priority[i]);
		else
			continue;
		return text;
	}
	return memcmp(expected, real, sizeof(*real))
	               ? "a queue, a reply object, a deadline or a handle"
	               : NULL;
}
