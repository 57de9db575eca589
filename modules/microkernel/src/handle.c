/*
 * Handle tables. Slots lie in pages of 64 that are added as needed and given back with the process. A handle
 * holds one reference to its object and is a node of the object's derivation tree.
 *
 *      reserve            fill / move to
 *   FREE -----> RESERVED ---------------> USED
 *     ^------------+  unreserve             |
 *     +-------------------------------------+  close, revoke, move from
 */
#include "handle.h"
#include <base/assert.h>
#include "domain.h"
#include "kobject.h"
#include "page.h"
#include "process.h"
#include "progress.h"
#include <microkernel/errors.h>
#include <microkernel/rights.h>

STATIC_ASSERT(sizeof(struct handle_entry) == PAGE_SIZE / HANDLE_CHUNK);

#define GENERATION_ONE (1u << HANDLE_INDEX_BITS)

STATIC_ASSERT(HANDLES_MAX <= 1u << HANDLE_INDEX_BITS);

/* What a handle to a new object may do (objects.tbl). */
static const uint16_t initial_rights[] = {
	[OBJECT_DOMAIN] = OBJECT_RIGHTS_DOMAIN, [OBJECT_PROCESS] = OBJECT_RIGHTS_PROCESS,
	[OBJECT_THREAD] = OBJECT_RIGHTS_THREAD, [OBJECT_MEMORY] = OBJECT_RIGHTS_MEMORY,
	[OBJECT_SPACE] = OBJECT_RIGHTS_SPACE,   [OBJECT_ENDPOINT] = OBJECT_RIGHTS_ENDPOINT,
	[OBJECT_REPLY] = OBJECT_RIGHTS_REPLY,   [OBJECT_EVENT] = OBJECT_RIGHTS_EVENT,
	[OBJECT_TIMER] = OBJECT_RIGHTS_TIMER,   [OBJECT_INTERRUPT] = OBJECT_RIGHTS_INTERRUPT,
	[OBJECT_IOPORT] = OBJECT_RIGHTS_IOPORT,
};

/* What stands for the chunks that a table does not have yet: nothing there has a number or rights. */
static const struct handle_entry no_chunk[HANDLE_CHUNK];

static void set_absent(struct handle_table *table, uint64_t chunk)
{
	table->chunks[chunk] = (struct handle_entry *)no_chunk;
}

status_t handle_table_init(struct process *process)
{
	struct handle_table *table = &process->handles;
	paddr_t page = page_alloc_zeroed(process->obj.domain);

	if (!page.value)
		return E_NOMEM;
	table->chunks = direct(page);
	for (unsigned i = 0; i < HANDLE_CHUNKS; i++)
		set_absent(table, i);
	return OK;
}

static bool close_in_steps(struct handle_entry *entry, unsigned *budget)
{
	if (entry->node.state != HANDLE_USED)
		return true;
	if (!budget_take(budget) || !derivation_hand_over(entry->object, &entry->node, budget))
		return false;
	handle_close(entry);
	return true;
}

static bool close_chunk(struct handle_entry *chunk, unsigned *budget)
{
	for (uint32_t i = 0; i < HANDLE_CHUNK; i++) {
		if (!close_in_steps(&chunk[i], budget))
			return false;
		ASSERT(chunk[i].node.state == HANDLE_FREE);
	}
	return true;
}

/* The last chunk goes first; free slots of it are still in the list, which nobody uses any more. */
bool handle_table_shrink(struct process *process, unsigned *budget)
{
	struct handle_table *table = &process->handles;

	while (table->chunk_count > 0) {
		if (!close_chunk(table->chunks[table->chunk_count - 1], budget))
			return false;
		page_unref(direct_paddr(table->chunks[--table->chunk_count]));
		set_absent(table, table->chunk_count);
		table->free = NULL;
	}
	if (table->chunks)
		page_unref(direct_paddr(table->chunks));
	table->chunks = NULL;
	return true;
}

status_t handle_get(struct process *process, handle_t handle, uint8_t type, uint32_t rights,
                    struct handle_entry **out)
{
	struct handle_entry *entry = handle_find(process, handle);

	if (!entry)
		return E_HANDLE;
	if (type && entry->object->type != type)
		return E_TYPE;
	if ((entry->node.rights & rights) != rights)
		return E_ACCESS;
	if (entry->object->is_dead)
		return E_GONE;
	*out = entry;
	return OK;
}

static void push_free(struct handle_table *table, struct handle_entry *entry)
{
	entry->object = NULL;
	if (table->free)
		table->free_last->object = (struct kobject *)entry;
	else
		table->free = entry;
	table->free_last = entry;
}

static bool add_chunk(struct process *process)
{
	struct handle_table *table = &process->handles;
	struct handle_entry *chunk;
	paddr_t page;

	if (table->chunk_count == HANDLE_CHUNKS)
		return false;
	page = page_alloc_zeroed(process->obj.domain);
	if (!page.value)
		return false;
	chunk = direct(page);
	for (uint32_t i = 0; i < HANDLE_CHUNK; i++) {
		chunk[i].process = process;
		chunk[i].node.number = GENERATION_ONE | (table->chunk_count * HANDLE_CHUNK + i);
		push_free(table, &chunk[i]);
	}
	table->chunks[table->chunk_count++] = chunk;
	return true;
}

struct handle_entry *handle_reserve(struct process *process)
{
	struct handle_table *table = &process->handles;
	struct handle_entry *entry = NULL;

	if (!domain_charge_handle(process->obj.domain))
		return NULL;
	if (table->free || add_chunk(process)) {
		entry = table->free;
		table->free = (struct handle_entry *)entry->object;
		entry->object = NULL;
		entry->node.state = HANDLE_RESERVED;
		table->used++;
	}
	if (!entry)
		domain_credit_handle(process->obj.domain);
	return entry;
}

/* The slot's next number. No generation is 0, so no number is either. */
static uint32_t number_after(uint32_t number)
{
	uint32_t next = number + GENERATION_ONE;

	return next < GENERATION_ONE ? next + GENERATION_ONE : next;
}

static void slot_free(struct handle_entry *entry)
{
	struct handle_table *table = &entry->process->handles;

	entry->node.state = HANDLE_FREE;
	entry->node.kind = 0;
	entry->node.rights = 0;
	entry->node.number = number_after(entry->node.number);
	push_free(table, entry);
	table->used--;
	domain_credit_handle(entry->process->obj.domain);
}

void handle_unreserve(struct handle_entry *entry)
{
	ASSERT(entry->node.state == HANDLE_RESERVED);
	slot_free(entry);
}

status_t handle_next(struct process *process, uint64_t *at, unsigned *budget,
                     struct handle_entry **out)
{
	struct handle_table *table = &process->handles;

	for (; *at < (uint64_t)table->chunk_count * HANDLE_CHUNK; ++*at) {
		struct handle_entry *entry = &table->chunks[*at / HANDLE_CHUNK][*at % HANDLE_CHUNK];

		if (!budget_take(budget))
			return STATUS_MORE;
		if (entry->node.state == HANDLE_USED) {
			*out = entry;
			return OK;
		}
	}
	return E_NOENT;
}

status_t handle_fill(struct handle_entry *entry, struct kobject *object, struct derivation *parent,
                     uint32_t rights, uint64_t badge)
{
	ASSERT(entry->node.state == HANDLE_RESERVED);
	entry->node.kind = DERIVATION_HANDLE;
	entry->object = object;
	entry->badge = badge;
	if (!derivation_insert(object, parent, &entry->node)) {
		entry->object = NULL;
		return E_GONE;
	}
	entry->node.rights = (uint16_t)rights;
	kobject_ref(object);
	entry->node.state = HANDLE_USED;
	if (object->ops->handle_opened)
		object->ops->handle_opened(object, rights);
	return OK;
}

void handle_move(struct handle_entry *from, struct handle_entry *to)
{
	ASSERT(from->node.state == HANDLE_USED && to->node.state == HANDLE_RESERVED);
	to->node.kind = DERIVATION_HANDLE;
	to->node.rights = from->node.rights;
	to->badge = from->badge;
	to->object = from->object;
	derivation_replace(from->object, &from->node, &to->node);
	to->node.state = HANDLE_USED;
	slot_free(from);
}

void handle_close(struct handle_entry *entry)
{
	struct kobject *object = entry->object;
	uint32_t rights = entry->node.rights;

	derivation_remove(object, &entry->node);
	slot_free(entry);
	if (object->ops->handle_closed && !object->is_dead)
		object->ops->handle_closed(object, entry->process, rights);
	kobject_unref(object);
}

void handle_undo(struct derivation *node)
{
	handle_close(container_of(node, struct handle_entry, node));
}

status_t handle_publish(struct process *process, struct kobject *object, uint32_t rights,
                        handle_t *out)
{
	struct handle_entry *entry = handle_reserve(process);
	status_t status = E_LIMIT;

	if (entry) {
		status = handle_fill(entry, object, NULL, initial_rights[object->type] & rights, 0);
		if (status == OK)
			*out = handle_number(entry);
		else
			handle_unreserve(entry);
	}
	kobject_unref(object);
	return status;
}

status_t handle_derive_into(struct process *process, struct handle_entry *from, uint32_t rights,
                            uint64_t badge, handle_t *out)
{
	struct handle_entry *entry;
	status_t status;

	if (badge && badge != from->badge && (from->badge || !(from->node.rights & RIGHT_BADGE)))
		return E_ACCESS;
	entry = handle_reserve(process);
	if (!entry)
		return E_LIMIT;
	status = handle_fill(entry, from->object, &from->node, rights & from->node.rights,
	                     badge ? badge : from->badge);
	if (status != OK) {
		handle_unreserve(entry);
		return status;
	}
	*out = handle_number(entry);
	return OK;
}
