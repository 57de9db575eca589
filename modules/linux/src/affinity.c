/*
 * CPU affinity: sched_setaffinity ties the kernel thread that runs a task. The task keeps the mask, so that its children
 * inherit it and a task that has no thread yet can be tied, too. Whoever sets it and the thread that begins each write
 * first and then look at what the other has written.
 */
#include "affinity.h"
#include <base/bits.h>
#include <libanon/syscall.h>
#include "cpu.h"
#include "guest.h"
#include "syscall.h"
#include "task_table.h"
#include "text.h"

static uint64_t all_cpus(void)
{
	return cpu_count() >= 64 ? ~0ull : BIT(cpu_count()) - 1;
}

uint64_t affinity_of(const struct task *task)
{
	uint64_t cpus = __atomic_load_n(&task->cpus, __ATOMIC_SEQ_CST);

	return cpus ? cpus : all_cpus();
}

static void add_range(struct text *text, unsigned first, unsigned last, bool is_first)
{
	text_add(text, first == last ? "%s%u" : "%s%u-%u", is_first ? "" : ",", first, last);
}

void affinity_show(uint64_t cpus, struct text *text)
{
	bool is_first = true;

	text_add(text, "Cpus_allowed:\t%llx\nCpus_allowed_list:\t", (unsigned long long)cpus);
	for (unsigned first = 0; first < 64; first++) {
		unsigned last = first;

		if (!(cpus & BIT(first)))
			continue;
		while (last < 63 && cpus & BIT(last + 1))
			last++;
		add_range(text, first, last, is_first);
		is_first = false;
		first = last;
	}
	text_add(text, "\n");
}

/* tasks_lock keeps the thread's number from being another's, and an older mask from being set over a newer one. */
static void apply_locked(struct task *task)
{
	uint64_t cpus = __atomic_load_n(&task->cpus, __ATOMIC_SEQ_CST);

	if (cpus && task->thread.value != 0)
		(void)sys_thread_set_cpus(task->thread,
		                          cpus); /* they run: it was checked when set */
}

void affinity_start(struct task *task)
{
	if (__atomic_load_n(&task->cpus, __ATOMIC_SEQ_CST) == 0)
		return; /* who sets one from now on finds the thread */
	mutex_lock(&tasks_lock);
	apply_locked(task);
	mutex_unlock(&tasks_lock);
}

static void tie(struct task *target, uint64_t cpus)
{
	mutex_lock(&tasks_lock);
	__atomic_store_n(&target->cpus, cpus, __ATOMIC_SEQ_CST);
	apply_locked(target);
	mutex_unlock(&tasks_lock);
}

/* With a reference; null when there is none. */
static struct task *find(struct task *task, int32_t tid)
{
	if (tid != 0)
		return task_find(tid);
	task_get(task);
	return task;
}

SYSCALL3(sched_getaffinity, int32_t, tid, uint32_t, bytes, uint64_t, u_mask)
{
	uint64_t mask = all_cpus();
	struct task *target = find(task, tid);

	if (target) {
		mask = affinity_of(target);
		task_put(target);
	} else if (tid != 1) { /* pid 1 may be a process without threads */
		return -ESRCH;
	}
	if (bytes < sizeof(mask) || bytes % sizeof(mask))
		return -EINVAL;
	return copy_to_guest(task, u_mask, &mask, sizeof(mask)) == 0 ? (int64_t)sizeof(mask)
	                                                             : -EFAULT;
}

SYSCALL3(sched_setaffinity, int32_t, tid, uint32_t, bytes, uint64_t, u_mask)
{
	struct task *target;
	uint64_t mask = 0;
	int64_t result = 0;

	if (copy_from_guest(task, &mask, u_mask, MIN((size_t)bytes, sizeof(mask))) != 0)
		return -EFAULT;
	target = find(task, tid);
	if (!target)
		return tid == 1 ? -EINVAL : -ESRCH;
	mask &= all_cpus();
	if (!may_schedule(task, target))
		result = -EPERM;
	else if (!mask)
		result = -EINVAL;
	else
		tie(target, mask);
	task_put(target);
	return result;
}
