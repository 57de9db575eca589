/*
 * Timers. A periodic timer that is late skips what it missed: signals coalesce anyway.
 */
#include "timer.h"
#include <microkernel/errors.h>
#include "arch/arch.h"
#include "event.h"
#include "handle.h"
#include "printk.h"

#define PERIOD_MIN_NS 10000u
#define PERIOD_MAX_NS (1ull << 62) /* 146 years: sums of times do not wrap */

static void timer_kill(struct kobject *object);
static void timer_dump(const struct kobject *object);

static const struct kobject_ops timer_ops = {
	.name = "timer",
	.size = sizeof(struct timer),
	.kill = timer_kill,
	.dump = timer_dump,
};

status_t timer_create(struct domain *domain, struct handle_entry *through, uint64_t bits,
                      struct timer **out)
{
	struct timer *timer = kobject_create(domain, OBJECT_TIMER, &timer_ops);

	if (!timer)
		return E_NOMEM;
	timer->node.kind = DERIVATION_TIMER;
	if (!derivation_insert(through->object, &through->node, &timer->node)) {
		kobject_unref(&timer->obj);
		return E_GONE;
	}
	kobject_ref(through->object);
	timer->event = container_of(through->object, struct event, obj);
	timer->bits = handle_signal_bits(through, bits);
	*out = timer;
	return OK;
}

static void timer_expire(struct deadline *deadline)
{
	struct timer *timer = container_of(deadline, struct timer, deadline);
	uint64_t now = clock_now_ns();

	if (timer->period_ns) {
		timer->due_ns += timer->period_ns;
		if (timer->due_ns <= now)
			timer->due_ns = now + timer->period_ns -
			                (now - timer->due_ns) % timer->period_ns;
		deadline_set(&timer->deadline, timer->due_ns, timer_expire);
	}
	event_signal(timer->event, timer->bits);
}

status_t timer_set(struct timer *timer, uint64_t deadline_ns, uint64_t period_ns)
{
	if (!timer->event)
		return E_GONE;
	if (period_ns > PERIOD_MAX_NS || (period_ns && period_ns < PERIOD_MIN_NS))
		return E_INVAL;
	timer->period_ns = period_ns;
	timer->due_ns = deadline_ns;
	if (deadline_ns)
		deadline_set(&timer->deadline, deadline_ns, timer_expire);
	else
		deadline_clear(&timer->deadline);
	return OK;
}

static void let_go(struct timer *timer)
{
	struct event *event = timer->event;

	deadline_clear(&timer->deadline);
	if (!event)
		return;
	timer->event = NULL;
	derivation_remove(&event->obj, &timer->node);
	kobject_unref(&event->obj);
}

void timer_undo(struct derivation *node)
{
	let_go(container_of(node, struct timer, node));
}

static void timer_kill(struct kobject *object)
{
	let_go(container_of(object, struct timer, obj));
}

static void timer_dump(const struct kobject *object)
{
	const struct timer *timer = container_of(object, const struct timer, obj);

	printk("  due %lu, period %lu, bits %lx\n",
	       deadline_is_set(&timer->deadline) ? timer->due_ns : 0, timer->period_ns,
	       timer->bits);
}
