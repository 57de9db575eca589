/*
 * I/O port ranges. They have no state: all there is to check is the range.
 */
#include "ioport.h"
#include "printk.h"

static void ioport_dump(const struct kobject *object);

static const struct kobject_ops ioport_ops = {
	.name = "ioport",
	.size = sizeof(struct ioport),
	.dump = ioport_dump,
};

struct ioport *ioport_create(struct domain *domain, uint32_t first, uint32_t count)
{
	struct ioport *ports = kobject_create(domain, OBJECT_IOPORT, &ioport_ops);

	if (!ports)
		return NULL;
	ports->first = first;
	ports->count = count;
	return ports;
}

bool ioport_covers(const struct ioport *ports, uint64_t port, uint64_t width)
{
	return port >= ports->first && width <= ports->count &&
	       port - ports->first <= ports->count - width;
}

static void ioport_dump(const struct kobject *object)
{
	const struct ioport *ports = container_of(object, const struct ioport, obj);

	printk("  %x, %u ports\n", ports->first, ports->count);
}
