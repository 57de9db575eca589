/*
 * The kernel objects of the IPC worlds, and how a state of the specification is read off them. Reading checks what the
 * objects themselves demand, that queues and back pointers agree, and that reference counts equal what is reachable.
 */
#include "explore/scene.h"
#include <string.h>
#include <microkernel/errors.h>
#include "domain.h"
#include "endpoint.h"
#include "explore/explore.h"
#include "explore/machine.h"
#include "process.h"
#include "reply.h"

struct scene scene;

static handle_t publish(struct process *process, struct kobject *object)
{
	handle_t handle;

	EXPECT(handle_publish(process, object, ~0u, &handle) == OK, "no handle");
	return handle;
}

static handle_t derive(unsigned from, struct process *to)
{
	struct handle_entry *entry = scene_entry(from, TO_RECEIVE);
	handle_t handle;

	EXPECT(handle_derive_into(to, entry, RIGHT_CALL, 0, &handle) == OK, "no handle");
	return handle;
}

static void build_process(unsigned process)
{
	if (scene.process[process])
		return;
	EXPECT(process_create(domain_root(), "", &scene.process[process]) == OK, "no process");
}

static void build_server(unsigned thread)
{
	unsigned process = scene.cast->process_of[thread];
	unsigned reply = scene.cast->reply_of[thread];

	if (!scene.endpoint) {
		scene.endpoint = endpoint_create(domain_root());
		scene.handle[process][TO_RECEIVE] = publish(scene.process[process],
		                                            &scene.endpoint->obj);
	}
	if (!scene.reply[reply]) {
		scene.reply[reply] = reply_create(domain_root());
		scene.handle[process][TO_REPLY_0 + reply] = publish(scene.process[process],
		                                                    &scene.reply[reply]->obj);
	}
}

static void build_thread(unsigned index)
{
	struct thread_args args = {.priority = scene.cast->priority[index]};
	unsigned process = scene.cast->process_of[index];
	struct thread *thread;

	EXPECT(thread_create(scene.process[process], &args, &thread) == OK, "no thread");
	scene.thread[index] = thread;
	thread_reserve_slots(thread);
	thread->arch.regs.rax = NO_RESULT;
	thread_start(thread);
	kobject_unref(&thread->obj);
}

void scene_build(const struct cast *cast, unsigned cpus_wanted)
{
	unsigned server = 0;

	machine_build(cpus_wanted);
	scene.cast = cast;
	for (unsigned i = 0; i < THREADS; i++)
		build_process(cast->process_of[i]);
	for (unsigned i = 0; i < THREADS; i++) {
		if (!cast->is_server[i])
			continue;
		build_server(i);
		server = cast->process_of[i];
	}
	for (unsigned i = 0; i < THREADS; i++)
		if (!cast->is_server[i])
			scene.handle[cast->process_of[i]][TO_CALL] = derive(
				server, scene.process[cast->process_of[i]]);
	for (unsigned i = 0; i < THREADS; i++)
		build_thread(i);
}

bool scene_is_alive(unsigned thread)
{
	return scene.thread[thread]->obj.magic == KOBJECT_MAGIC &&
	       scene.thread[thread]->state != THREAD_DEAD;
}

struct handle_entry *scene_entry(unsigned process, unsigned kind)
{
	return scene.process[process]
	               ? handle_find(scene.process[process], scene.handle[process][kind])
	               : NULL;
}

static unsigned index_of(const struct thread *thread)
{
	for (unsigned i = 0; i < THREADS; i++)
		if (scene.thread[i] == thread && scene_is_alive(i))
			return i;
	violation("something refers to a thread that is not alive");
}

static uint8_t index_or_nobody(const struct thread *thread)
{
	return (uint8_t)(thread ? index_of(thread) : NOBODY);
}

static uint8_t read_queue(const struct list *queue, uint8_t out[THREADS])
{
	uint8_t count = 0;
	struct list *at;

	list_for_each (at, queue) {
		const struct thread *thread = list_entry(at, struct thread, queue_link);

		EXPECT(count < THREADS, "a queue is longer than there are threads");
		EXPECT(thread->waiting_for == &scene.endpoint->obj, "queued, but waits elsewhere");
		out[count++] = (uint8_t)index_of(thread);
	}
	return count;
}

static bool is_reply_alive(unsigned reply)
{
	return scene.reply[reply] && scene.reply[reply]->obj.magic == KOBJECT_MAGIC;
}

static uint8_t place_of(const struct thread *thread)
{
	switch (thread->state) {
	case THREAD_READY:
	case THREAD_RUNNING: return RUNS;
	case THREAD_CALLING: return CALLING;
	case THREAD_AWAITING: return AWAITING;
	case THREAD_RECEIVING: return RECEIVING;
	default: violation("a thread in state %u", thread->state);
	}
}

/* Words are 100 + sender for a call, 200 + sender for an answer: see ipc_world.c. */
static void read_outcome(struct ipc_state *s, unsigned i)
{
	const struct guest_registers *regs = &scene.thread[i]->arch.regs;
	uint64_t word = regs->rdx;

	if (s->place[i] != RUNS || regs->rax == NO_RESULT) {
		s->outcome[i] = NOTHING;
	} else if (regs->rax == RESTARTED) {
		s->outcome[i] = AGAIN;
	} else if (regs->rax) {
		s->outcome[i] = FAILED;
		s->status[i] = (int8_t)regs->rax;
	} else if (word >= 100) {
		s->outcome[i] = word >= 200 ? ANSWERED : MESSAGE;
		s->peer[i] = (uint8_t)(word % 100);
		EXPECT(ipc_tag_op(regs->rsi) == 1, "a tag that nobody sent");
	} else {
		s->outcome[i] = DONE;
	}
}

static void read_thread(struct ipc_state *s, unsigned i)
{
	struct thread *thread = scene.thread[i];

	s->place[i] = DEAD;
	if (!scene_is_alive(i))
		return;
	kobject_check(&thread->obj);
	EXPECT(thread->obj.refs == 1, "thread %u has %u references, not its own only", i,
	       thread->obj.refs);
	s->place[i] = place_of(thread);
	s->priority[i] = thread->priority;
	s->serves[i] = thread->serves != NULL;
	s->is_timed[i] = deadline_is_set(&thread->deadline);
	EXPECT(!s->is_timed[i] || s->place[i] != RUNS, "thread %u runs with a deadline", i);
	read_outcome(s, i);
}

static void check_references(const struct ipc_state *s)
{
	uint32_t to_endpoint = 0;
	uint32_t may_receive = 0;

	for (unsigned p = 0; p < THREADS; p++) {
		uint32_t threads = 0;

		to_endpoint += s->has[p][TO_CALL] + s->has[p][TO_RECEIVE];
		may_receive += s->has[p][TO_RECEIVE];
		for (unsigned i = 0; i < THREADS; i++)
			threads += scene.cast->process_of[i] == p && s->place[i] != DEAD;
		EXPECT(!scene.process[p] || scene.process[p]->obj.refs == threads + 1,
		       "process %u has %u references and %u threads", p, scene.process[p]->obj.refs,
		       threads);
	}
	if (to_endpoint == 0)
		return;
	EXPECT(scene.endpoint->obj.refs == to_endpoint, "%u references to the endpoint, %u handles",
	       scene.endpoint->obj.refs, to_endpoint);
	EXPECT(scene.endpoint->receive_rights == may_receive, "the endpoint counts %u receivers",
	       scene.endpoint->receive_rights);
}

/* When all threads are dead, nothing is left but the processes, which somebody may still ask for their status. */
static void check_memory(const struct ipc_state *s)
{
	unsigned processes = 0;

	for (unsigned i = 0; i < THREADS; i++) {
		if (s->place[i] != DEAD)
			return;
		processes += scene.process[i] != NULL;
	}
	EXPECT(kobject_has_dying() || machine_blocks() == processes,
	       "%lu blocks of kernel memory are in use, by %u processes", machine_blocks(),
	       processes);
}

struct ipc_state scene_look(void)
{
	struct ipc_state s;

	memset(&s, 0, sizeof(s));
	for (unsigned i = 0; i < THREADS; i++)
		read_thread(&s, i);
	for (unsigned p = 0; p < THREADS; p++)
		for (unsigned kind = 0; kind < HANDLE_KINDS; kind++)
			s.has[p][kind] = scene_entry(p, kind) != NULL;
	if (scene.endpoint->obj.magic == KOBJECT_MAGIC) {
		kobject_check(&scene.endpoint->obj);
		s.caller_count = read_queue(&scene.endpoint->callers, s.callers);
		s.receiver_count = read_queue(&scene.endpoint->receivers, s.receivers);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		s.owed_to[i] = s.held_by[i] = NOBODY;
		if (!is_reply_alive(i))
			continue;
		kobject_check(&scene.reply[i]->obj);
		EXPECT(scene.reply[i]->obj.refs == 1, "a reply object has %u references",
		       scene.reply[i]->obj.refs);
		s.owed_to[i] = index_or_nobody(scene.reply[i]->caller);
		s.held_by[i] = index_or_nobody(scene.reply[i]->receiver);
	}
	check_references(&s);
	check_memory(&s);
	return s;
}

void scene_forget(void)
{
	for (unsigned i = 0; i < THREADS; i++) {
		struct thread *thread = scene.thread[i];

		if (thread->obj.magic != KOBJECT_MAGIC)
			continue;
		thread->cpu_ticks = 0;
		if (thread->state == THREAD_READY || thread->state == THREAD_RUNNING) {
			thread->arch.regs = (struct guest_registers){.rax = NO_RESULT};
			thread->call_badge = 0;
		}
	}
	for (unsigned i = 0; i < cpu_count; i++) {
		cpus[i].switch_count = cpus[i].syscall_count = cpus[i].lock_spins = 0;
		cpus[i].idle_ticks = 0;
	}
}
