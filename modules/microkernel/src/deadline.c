/*
 * The queue of deadlines: a tree by time, the hardware timer always programmed for the first or for the end of
 * the running slice, whichever comes before. Deadlines at the same nanosecond hang in a ring on the one of them that is
 * in the tree. Expiring is bounded: what is left when a step is done comes with the next interrupt, at once.
 */
#include "deadline.h"
#include "cpu.h"
#include "lock.h"
#include "progress.h"
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
	list_init(&deadline->same);
	spin_lock(&queue_lock);
	deadline->is_in_tree = tree_insert(&queue, &deadline->node, ns);
	if (!deadline->is_in_tree)
		list_push_back(&container_of(tree_find(&queue, ns), struct deadline, node)->same,
		               &deadline->same);
	spin_unlock(&queue_lock);
	deadline_changed();
}

/* Its place in the tree goes to the next at the same time, if there is one. */
static void leave_tree(struct deadline *deadline)
{
	struct list *next = list_first(&deadline->same);
	uint64_t ns = deadline->node.key;

	tree_remove(&queue, &deadline->node);
	if (next) {
		struct deadline *heir = container_of(next, struct deadline, same);

		heir->is_in_tree = tree_insert(&queue, &heir->node, ns);
	}
}

void deadline_clear(struct deadline *deadline)
{
	if (!deadline->is_set)
		return;
	spin_lock(&queue_lock);
	if (deadline->is_in_tree)
		leave_tree(deadline);
	list_remove(&deadline->same);
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
	unsigned budget = STEP_BUDGET;
	struct tree_node *first;

	programmed_ns = UINT64_MAX;
	while ((first = tree_first(&queue)) != NULL && first->key <= now && budget_take(&budget)) {
		struct deadline *deadline = container_of(first, struct deadline, node);

		deadline_clear(deadline);
		deadline->expire(deadline);
	}
	sched_slice_over(now);
	deadline_changed();
}
