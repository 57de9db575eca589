/*
 * Interrupts as objects. A line is masked when it fires and unmasked by the driver's acknowledgement, so a driver
 * that is slow or dead can never be drowned in its own interrupts.
 */
#include "interrupt.h"
#include <microkernel/errors.h>
#include "arch/arch.h"
#include "event.h"
#include "handle.h"
#include "printk.h"

static void interrupt_kill(struct kobject *object);
static void interrupt_dump(const struct kobject *object);

static const struct kobject_ops interrupt_ops = {
	.name = "interrupt",
	.size = sizeof(struct interrupt),
	.kill = interrupt_kill,
	.dump = interrupt_dump,
};

static struct interrupt *by_source[IRQ_SOURCES];

static struct interrupt *create_unbound(struct domain *domain)
{
	struct interrupt *interrupt = kobject_create(domain, OBJECT_INTERRUPT, &interrupt_ops);

	if (interrupt)
		interrupt->source = INTERRUPT_NO_SOURCE;
	return interrupt;
}

struct interrupt *interrupt_create_control(struct domain *domain)
{
	struct interrupt *control = create_unbound(domain);

	if (control)
		control->is_control = true;
	return control;
}

static status_t create(struct domain *domain, struct handle_entry *through, uint64_t bits,
                       struct interrupt **out)
{
	struct interrupt *interrupt = create_unbound(domain);

	if (!interrupt)
		return E_NOMEM;
	interrupt->node.kind = DERIVATION_INTERRUPT;
	if (!derivation_insert(through->object, &through->node, &interrupt->node)) {
		kobject_unref(&interrupt->obj);
		return E_GONE;
	}
	kobject_ref(through->object);
	interrupt->event = container_of(through->object, struct event, obj);
	interrupt->bits = handle_signal_bits(through, bits);
	*out = interrupt;
	return OK;
}

static status_t install(struct interrupt *interrupt, status_t bound, unsigned source)
{
	if (bound != OK) {
		kobject_unref(&interrupt->obj);
		return bound;
	}
	interrupt->source = source;
	by_source[source] = interrupt;
	arch_irq_unmask(source);
	return OK;
}

status_t interrupt_create_gsi(struct domain *domain, unsigned gsi, unsigned flags,
                              struct handle_entry *through, uint64_t bits, struct interrupt **out)
{
	unsigned source = 0;
	status_t status = create(domain, through, bits, out);

	if (status != OK)
		return status;
	status = arch_irq_bind_gsi(gsi, flags, &source);
	return install(*out, status, source);
}

status_t interrupt_create_msi(struct domain *domain, struct handle_entry *through, uint64_t bits,
                              struct msi_target *target, struct interrupt **out)
{
	unsigned source = 0;
	status_t status = create(domain, through, bits, out);

	if (status != OK)
		return status;
	(*out)->is_message = true;
	status = arch_irq_bind_msi(target, &source);
	return install(*out, status, source);
}

status_t interrupt_ack(struct interrupt *interrupt)
{
	if (interrupt->source == INTERRUPT_NO_SOURCE)
		return E_INVAL;
	if (!interrupt->is_message)
		arch_irq_unmask(interrupt->source);
	return OK;
}

void interrupt_handle(unsigned source)
{
	struct interrupt *interrupt = source < IRQ_SOURCES ? by_source[source] : NULL;

	if (interrupt && interrupt->event)
		event_signal(interrupt->event, interrupt->bits);
}

static void let_go(struct interrupt *interrupt)
{
	struct event *event = interrupt->event;

	if (interrupt->source != INTERRUPT_NO_SOURCE) {
		arch_irq_mask(interrupt->source);
		by_source[interrupt->source] = NULL;
		arch_irq_unbind(interrupt->source);
		interrupt->source = INTERRUPT_NO_SOURCE;
	}
	if (!event)
		return;
	interrupt->event = NULL;
	derivation_remove(&event->obj, &interrupt->node);
	kobject_unref(&event->obj);
}

void interrupt_undo(struct derivation *node)
{
	let_go(container_of(node, struct interrupt, node));
}

static void interrupt_kill(struct kobject *object)
{
	let_go(container_of(object, struct interrupt, obj));
}

static void interrupt_dump(const struct kobject *object)
{
	const struct interrupt *interrupt = container_of(object, const struct interrupt, obj);

	printk("  source %u, bits %lx\n", interrupt->source, interrupt->bits);
}
