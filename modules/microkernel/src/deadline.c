/*
 * The queues of deadlines: a tree by time for each CPU, whose hardware timer is always programmed for the first or for
 * the end of the running slice, whichever comes before. Deadlines at the same nanosecond hang in a ring on the one of them
 * that is in the tree. Expiring is bounded: what is left when a step is done comes with the next interrupt, at once.
 */
#include "deadline.h"
#include "cpu.h"
#include "progress.h"
#include "sched.h"

void deadline_init(struct deadline_queue *queue)
{
	tree_init(&queue->by_time);
	queue->programmed_ns = UINT64_MAX;
}

void deadline_set(struct deadline *deadline, uint64_t ns, void (*expire)(struct deadline *deadline))
{
	struct tree *tree = &this_cpu()->deadlines.by_time;

	deadline_clear(deadline);
	deadline->expire = expire;
	deadline->queue = &this_cpu()->deadlines;
	list_init(&deadline->same);
	deadline->is_in_tree = tree_insert(tree, &deadline->node, ns);
	if (!deadline->is_in_tree)
		list_push_back(&container_of(tree_find(tree, ns), struct deadline, node)->same,
		               &deadline->same);
	if (ns < deadline->queue->programmed_ns)
		deadline_changed();
}

/* Its place in the tree goes to the next at the same time, if there is one. */
static void leave_tree(struct deadline *deadline)
{
	struct list *next = list_first(&deadline->same);
	uint64_t ns = deadline->node.key;

	tree_remove(&deadline->queue->by_time, &deadline->node);
	if (next) {
		struct deadline *heir = container_of(next, struct deadline, same);

		heir->is_in_tree = tree_insert(&deadline->queue->by_time, &heir->node, ns);
	}
}

/* The hardware timer stays as it is: at worst it fires for nothing. */
void deadline_clear(struct deadline *deadline)
{
	if (!deadline_is_set(deadline))
		return;
	if (deadline->is_in_tree)
		leave_tree(deadline);
	list_remove(&deadline->same);
	deadline->queue = NULL;
}

void deadline_changed(void)
{
	cpu_pend(PENDING_TIMER);
}

/* A timer that fires before that stays as it is as well: it is programmed again when it has. */
void deadline_program(void)
{
	struct deadline_queue *queue = &this_cpu()->deadlines;
	struct tree_node *first = tree_first(&queue->by_time);
	uint64_t next = sched_watch_slice();

	if (first && first->key < next)
		next = first->key;
	if (next >= queue->programmed_ns)
		return;
	queue->programmed_ns = next;
	timer_program_ns(next);
}

void timer_handle(void)
{
	struct deadline_queue *queue = &this_cpu()->deadlines;
	uint64_t now = clock_now_ns();
	unsigned budget = STEP_BUDGET;
	struct tree_node *first;

	queue->programmed_ns = UINT64_MAX;
	while ((first = tree_first(&queue->by_time)) != NULL && first->key <= now &&
	       budget_take(&budget)) {
		struct deadline *deadline = container_of(first, struct deadline, node);

		deadline_clear(deadline);
		deadline->expire(deadline);
	}
	sched_slice_over(now);
	deadline_changed();
}
