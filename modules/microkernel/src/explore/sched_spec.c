/*
 * Run queues and current threads, compared with the specification.
 */
#include "explore/sched_spec.h"
#include "cpu.h"
#include "explore/explore.h"
#include "explore/machine.h"
#include "explore/scene.h"
#include "kernel_lock.h"

static unsigned places[THREADS]; /* in which each thread was found */

static void note(const struct thread *thread)
{
	for (unsigned i = 0; i < THREADS; i++)
		if (scene.thread[i] == thread && scene_is_alive(i))
			places[i]++;
}

static void check_list(const struct cpu *cpu, unsigned priority)
{
	const struct list *list = &cpu->run_queue.by_priority[priority];
	unsigned count = 0;
	struct list *at;

	EXPECT(list_is_empty(list) == !(cpu->run_queue.ready >> priority & 1),
	       "CPU %u: the bit of priority %u is wrong", cpu->id, priority);
	list_for_each (at, list) {
		const struct thread *thread = list_entry(at, struct thread, queue_link);

		EXPECT(count++ < THREADS, "a run queue is longer than there are threads");
		EXPECT(thread->state == THREAD_READY && thread->cpu == cpu->id &&
		               thread->priority == priority,
		       "CPU %u queues a thread that is not ready there at %u", cpu->id, priority);
		note(thread);
	}
}

static bool is_settled(const struct cpu *cpu)
{
	return !(cpu->pending & PENDING_SCHEDULE) && kernel_mode_of(cpu) == KERNEL_OUT;
}

static void check_cpu(const struct cpu *cpu)
{
	const struct thread *current = cpu->current;

	for (unsigned priority = 0; priority < PRIORITIES; priority++)
		check_list(cpu, priority);
	if (!is_settled(cpu) && (!current || current->state != THREAD_RUNNING))
		return;
	if (current) {
		EXPECT(current->state == THREAD_RUNNING && current->cpu == cpu->id,
		       "CPU %u runs a thread in state %u of CPU %u", cpu->id, current->state,
		       current->cpu);
		EXPECT(machine_has_registers(cpu), "CPU %u has the registers of another thread",
		       cpu->id);
		note(current);
	}
	EXPECT(!is_settled(cpu) ||
	               !(cpu->run_queue.ready >> (current ? current->priority : 0) >> !!current),
	       "CPU %u: somebody more important than who runs is ready", cpu->id);
}

static void check_places(void)
{
	for (unsigned i = 0; i < THREADS; i++) {
		enum thread_state state = scene_is_alive(i) ? scene.thread[i]->state : THREAD_DEAD;
		bool can_run = state == THREAD_READY || state == THREAD_RUNNING;

		EXPECT(places[i] == can_run, "thread %u in state %u is to be run in %u places", i,
		       state, places[i]);
	}
}

/* Nobody waits for a CPU while another has nothing, or less important things, to do. */
static void check_spread(void)
{
	for (unsigned i = 0; i < cpu_count; i++)
		if (!is_settled(&cpus[i]))
			return;
	for (unsigned i = 0; i < cpu_count; i++)
		for (unsigned k = 0; k < cpu_count; k++)
			EXPECT(cpus[i].current || !cpus[k].run_queue.ready,
			       "CPU %u is idle while somebody is ready on CPU %u", i, k);
}

void sched_check(void)
{
	for (unsigned i = 0; i < THREADS; i++)
		places[i] = 0;
	for (unsigned i = 0; i < cpu_count; i++)
		check_cpu(&cpus[i]);
	check_places();
	check_spread();
	for (unsigned i = 0; i < THREADS; i++)
		places[i] = 0;
}
