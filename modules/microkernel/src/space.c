/*
 * Confined address spaces. Two page-table roots, or one (arch/x86_64/pagetable.c); everything else is aspace.c.
 */
#include "space.h"
#include <base/assert.h>
#include <base/bits.h>
#include <microkernel/errors.h>
#include "page.h"
#include "printk.h"
#include "progress.h"

static bool space_shrink(struct kobject *object, unsigned *budget);
static void space_destroy(struct kobject *object);
static void space_dump(const struct kobject *object);
static void space_check(const struct kobject *object);

static const struct kobject_ops space_ops = {
	.name = "space",
	.size = sizeof(struct space),
	.shrink = space_shrink,
	.destroy = space_destroy,
	.dump = space_dump,
	.check = space_check,
};

status_t space_create(struct domain *domain, uint32_t flags, struct space **out)
{
	struct space *space = kobject_create(domain, OBJECT_SPACE, &space_ops);
	status_t status;

	if (!space)
		return E_NOMEM;
	status = aspace_init_space(&space->aspace, &space->obj, flags & SPACE_SHARED_ROOT);
	if (status != OK) {
		kobject_unref(&space->obj);
		return status;
	}
	space->flags = flags;
	space->word_call.number = WORD_CALL_NONE;
	*out = space;
	return OK;
}

status_t space_clone(struct space *from, struct domain *domain, struct progress *progress,
                     unsigned *budget)
{
	struct space *clone;
	status_t status;

	if (!progress->object) {
		status = space_create(domain, from->flags, &clone);
		if (status != OK)
			return status;
		clone->word_call = from->word_call;
		progress->object = &clone->obj;
	}
	if (progress->object->is_dead)
		return E_GONE;
	clone = container_of(progress->object, struct space, obj);
	return aspace_clone(&from->aspace, &clone->aspace, progress, budget);
}

static status_t copy_part(struct space *space, uint64_t address, uint64_t u_buffer, uint64_t part,
                          bool is_write)
{
	unsigned access = is_write ? MAP_WRITE : MAP_READ;
	paddr_t page;
	status_t status = aspace_page(&space->aspace, address, access, &page);
	char *at;

	if (status != OK)
		return status;
	if (!page_is_ram(page))
		return E_FAULT;
	at = (char *)direct(page) + (address & (PAGE_SIZE - 1));
	return is_write ? copy_from_user(at, u_buffer, part) : copy_to_user(u_buffer, at, part);
}

status_t space_copy(struct space *space, uint64_t address, uint64_t u_buffer, uint64_t len,
                    bool is_write, uint64_t *done, unsigned *budget)
{
	while (*done < len) {
		uint64_t within = (address + *done) & (PAGE_SIZE - 1);
		uint64_t part = MIN(len - *done, PAGE_SIZE - within);
		status_t status;

		if (!budget_spend(budget, COPY_COST))
			return STATUS_MORE;
		status = copy_part(space, address + *done, u_buffer + *done, part, is_write);
		if (status != OK)
			return *done > 0 && status < 0 && status != E_AGAIN ? OK : status;
		*done += part;
	}
	return OK;
}

static bool space_shrink(struct kobject *object, unsigned *budget)
{
	return aspace_clear(&container_of(object, struct space, obj)->aspace, budget);
}

static void space_destroy(struct kobject *object)
{
	aspace_destroy(&container_of(object, struct space, obj)->aspace);
}

static void space_dump(const struct kobject *object)
{
	const struct space *space = container_of(object, const struct space, obj);

	printk("  %lu bytes mapped, %lu pages\n", aspace_bytes(&space->aspace),
	       space->aspace.pt.resident);
}

static void space_check(const struct kobject *object)
{
	const struct space *space = container_of(object, const struct space, obj);

	ASSERT(!space->monitor == !space->bound);
	aspace_check(&space->aspace);
}
