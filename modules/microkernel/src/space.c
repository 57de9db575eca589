/*
 * Confined address spaces. Two page-table roots (arch/x86_64/pagetable.c); everything else is aspace.c.
 */
#include "space.h"
#include <base/bits.h>
#include <microkernel/errors.h>
#include "page.h"
#include "printk.h"

static void space_kill(struct kobject *object);
static void space_destroy(struct kobject *object);
static void space_dump(const struct kobject *object);

static const struct kobject_ops space_ops = {
	.name = "space",
	.size = sizeof(struct space),
	.kill = space_kill,
	.destroy = space_destroy,
	.dump = space_dump,
};

status_t space_create(struct domain *domain, struct space **out)
{
	struct space *space = kobject_create(domain, OBJECT_SPACE, &space_ops);
	status_t status;

	if (!space)
		return E_NOMEM;
	status = aspace_init_space(&space->aspace, domain);
	if (status != OK) {
		kobject_unref(&space->obj);
		return status;
	}
	*out = space;
	return OK;
}

status_t space_clone(struct space *from, struct domain *domain, struct space **out)
{
	status_t status = space_create(domain, out);

	if (status != OK)
		return status;
	status = aspace_clone(&from->aspace, &(*out)->aspace);
	if (status != OK)
		kobject_unref(&(*out)->obj);
	return status;
}

status_t space_copy(struct space *space, uint64_t address, uint64_t u_buffer, uint64_t len, bool is_write, uint64_t *out_done)
{
	uint64_t done = 0;
	status_t status = OK;

	while (done < len) {
		uint64_t within = (address + done) & (PAGE_SIZE - 1);
		uint64_t part = MIN(len - done, PAGE_SIZE - within);
		paddr_t page;

		status = aspace_page(&space->aspace, address + done, is_write ? MAP_WRITE : MAP_READ, &pending_request, &page);
		if (status != OK || !page_of(page))
			break;
		status = is_write ? copy_from_user((char *)direct(page) + within, u_buffer + done, part) :
				    copy_to_user(u_buffer + done, (char *)direct(page) + within, part);
		if (status != OK)
			break;
		done += part;
	}
	if (status != E_AGAIN)
		pending_request.memory = NULL;
	*out_done = done;
	return done > 0 && status != E_AGAIN ? OK : status;
}

static void space_kill(struct kobject *object)
{
	aspace_clear(&container_of(object, struct space, obj)->aspace);
}

static void space_destroy(struct kobject *object)
{
	aspace_destroy(&container_of(object, struct space, obj)->aspace);
}

static void space_dump(const struct kobject *object)
{
	const struct space *space = container_of(object, const struct space, obj);

	printk("  %lu bytes mapped, %lu pages\n", space->aspace.mapped, space->aspace.resident);
}
