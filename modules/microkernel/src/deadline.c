/*
 * The queue of deadlines: a tree by time, the hardware timer always programmed for the first or for the end of
 * the running slice, whichever comes before. Two deadlines at the same nanosecond are kept one apart.
 */
#include "deadline.h"
#include "cpu.h"
#include "lock.h"
#include "sched.h"

static struct tree queue;
static struct spinlock queue_lock;
static uint64_t programmed_ns = UINT64_MAX;

void deadline_init(void)
{
	tree_init(&queue);
	spin_init(&queue_lock, LOCK_RANK_TIMER);
}

void deadline_set(struct deadline *deadline, uint64_t ns, void (*expire)(struct deadline *deadline))
{
	deadline_clear(deadline);
	deadline->expire = expire;
	deadline->is_set = true;
	spin_lock(&queue_lock);
	while (!tree_insert(&queue, &deadline->node, ns))
		ns++;
	spin_unlock(&queue_lock);
	deadline_changed();
}

void deadline_clear(struct deadline *deadline)
{
	if (!deadline->is_set)
		return;
	spin_lock(&queue_lock);
	tree_remove(&queue, &deadline->node);
	spin_unlock(&queue_lock);
	deadline->is_set = false;
}

void deadline_changed(void)
{
	cpu_pend(PENDING_TIMER);
}

void deadline_program(void)
{
	struct tree_node *first;
	uint64_t next;

	first = tree_first(&queue);
	next = sched_next_deadline();
	if (first && first->key < next)
		next = first->key;
	if (next == programmed_ns)
		return;
	programmed_ns = next;
	timer_program_ns(next);
}

void timer_handle(void)
{
	uint64_t now = clock_now_ns();
	struct tree_node *first;

	programmed_ns = UINT64_MAX;
	while ((first = tree_first(&queue)) != NULL && first->key <= now) {
		struct deadline *deadline = container_of(first, struct deadline, node);

		deadline_clear(deadline);
		deadline->expire(deadline);
	}
	sched_slice_over(now);
	deadline_changed();
}
