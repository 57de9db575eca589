/*
 * Page faults: what an access to an address means, and settling what the kernel can settle: demand-zero pages,
 * private copies, pages present in a memory object. The rest goes to the pager, or to whoever owns the thread.
 */
#include <base/assert.h>
#include <base/bits.h>
#include <microkernel/errors.h>
#include "aspace.h"
#include "cpu.h"
#include "memory.h"
#include "page.h"
#include "process.h"
#include "space.h"

#define STACK_BYTES_MAX (8ul << 20) /* how far a MAP_GROWSDOWN mapping grows */
#define FAULT_AROUND 16u            /* pages of a memory object mapped by one read fault, aligned */

/* A stack grows when the access is not far below it and nothing is in the way. */
static struct mapping *grow_stack(struct aspace *aspace, uint64_t va)
{
	struct mapping *mapping = aspace_mapping_from(aspace, va);
	struct mapping *below;

	if (!mapping || !(mapping->flags & MAP_GROWSDOWN) || mapping->end - va > STACK_BYTES_MAX)
		return NULL;
	below = aspace_mapping_at(aspace, va - PAGE_SIZE);
	if (below && below != mapping)
		return NULL;
	mapping_move(mapping, va, mapping->end);
	return mapping;
}

static unsigned flags_for(const struct mapping *mapping, bool is_writable, bool is_private)
{
	unsigned flags = PT_READ | (mapping->memory ? memory_pt_flags(mapping->memory) : 0);

	if (mapping->flags & MAP_EXECUTE)
		flags |= PT_EXECUTE;
	if (is_writable && mapping->flags & MAP_WRITE)
		flags |= PT_WRITE;
	return is_private ? flags | PT_PRIVATE : flags;
}

/* A page of the mapping's own: zeroed, or a copy of from. */
static status_t add_private_page(struct mapping *mapping, uint64_t va, paddr_t from)
{
	struct domain *domain = mapping->aspace->domain;
	paddr_t page = from.value ? page_alloc(domain) : page_alloc_zeroed(domain);
	status_t status;

	if (!page.value)
		return E_NOMEM;
	if (from.value)
		arch_copy_page(direct(page), direct(from));
	status = pt_map(&mapping->aspace->pt, va, page, flags_for(mapping, true, true));
	if (status != OK)
		page_unref(page);
	return status;
}

/* Pages around that are present cost little to map now and save a fault each later. They lie below the same table. */
static void map_around(struct mapping *mapping, uint64_t va)
{
	uint64_t first = MAX(align_down(va, FAULT_AROUND * PAGE_SIZE), mapping->start);
	uint64_t end = MIN(align_down(va, FAULT_AROUND * PAGE_SIZE) + FAULT_AROUND * PAGE_SIZE,
	                   mapping->end);
	unsigned count = (unsigned)((end - first) >> PAGE_SHIFT);
	unsigned flags = flags_for(mapping, !(mapping->flags & MAP_PRIVATE), false);
	struct pt_entry entries[FAULT_AROUND];

	memory_present_pages(mapping->memory, mapping->offset + (first - mapping->start), entries,
	                     count);
	for (unsigned i = 0; i < count; i++)
		entries[i].flags = flags & (entries[i].flags | ~PT_WRITE);
	pt_fill(&mapping->aspace->pt, first, entries, count);
}

/* A write has mostly just made its page, the first of many; where more are there already, they are to be written, too. */
static bool is_next_present(const struct mapping *mapping, uint64_t offset)
{
	bool may_write;

	return memory_present_page(mapping->memory, offset + PAGE_SIZE, &may_write).value;
}

static status_t fault_absent(struct mapping *mapping, uint64_t va, unsigned access,
                             struct page_request *request)
{
	bool is_private = mapping->flags & MAP_PRIVATE;
	uint64_t offset = mapping->offset + (va - mapping->start);
	bool for_write = access & MAP_WRITE;
	bool may_write = false;
	paddr_t page;
	status_t status;

	if (!mapping->memory)
		return add_private_page(mapping, va, PADDR(0));
	*request = (struct page_request){mapping->memory, offset, va, access};
	status = memory_page(mapping->memory, offset, for_write && !is_private, &page, &may_write);
	if (status != OK)
		return status;
	if (for_write && is_private)
		return page_is_ram(page) ? add_private_page(mapping, va, page) : E_FAULT;
	status = pt_map(&mapping->aspace->pt, va, page,
	                flags_for(mapping, may_write && !is_private, false));
	if (status == OK && (!for_write || is_next_present(mapping, offset)))
		map_around(mapping, va);
	return status;
}

/* The entry is there but not writable: a private page that may be shared, or a page of the object's. */
static status_t fault_write(struct mapping *mapping, uint64_t va, struct pt_entry entry,
                            struct page_request *request)
{
	struct pagetable *pt = &mapping->aspace->pt;

	if (entry.flags & PT_PRIVATE && !page_is_shared(entry.page)) {
		pt_protect(pt, va, flags_for(mapping, true, true));
		pt_flush(pt, va, 1);
		return OK;
	}
	if (mapping->flags & MAP_PRIVATE) {
		struct domain *domain = mapping->aspace->domain;
		paddr_t page;

		if (!page_is_ram(entry.page))
			return E_FAULT;
		page = page_alloc(domain);
		if (!page.value)
			return E_NOMEM;
		arch_copy_page(direct(page), direct(entry.page));
		pt_unmap(pt, va);
		pt_flush(pt, va, 1);
		if (entry.flags & PT_PRIVATE)
			page_unref(entry.page);
		return pt_map(pt, va, page, flags_for(mapping, true, true));
	}
	pt_unmap(pt, va);
	pt_flush(pt, va, 1);
	return fault_absent(mapping, va, MAP_WRITE, request);
}

/* The entry is there, but does not allow it, or did not when the CPU saw it last. */
static status_t fault_present(struct mapping *mapping, uint64_t va, unsigned access,
                              struct page_request *request)
{
	struct pagetable *pt = &mapping->aspace->pt;
	status_t status = pt_own(pt, va);
	struct pt_entry entry = pt_lookup(pt, va);

	if (status != OK)
		return status;
	if (access & MAP_WRITE && !(entry.flags & PT_WRITE))
		return fault_write(mapping, va, entry, request);
	pt_protect(pt, va, flags_for(mapping, entry.flags & PT_WRITE, entry.flags & PT_PRIVATE));
	pt_flush(pt, va, 1);
	return OK;
}

static bool is_refused(const struct thread *thread, const struct page_request *request)
{
	return request->memory && thread->refused.memory == request->memory->obj.id &&
	       thread->refused.offset == request->offset;
}

/* Said once: the thread that asked has it made again only to fail. */
static bool was_refused(const struct page_request *request)
{
	struct thread *thread = cpu_current();

	if (!thread || !is_refused(thread, request))
		return false;
	thread->refused.memory = 0;
	return true;
}

status_t aspace_fault(struct aspace *aspace, uint64_t address, unsigned access,
                      struct page_request *request, uint32_t *cause)
{
	uint64_t va = align_down(address, PAGE_SIZE);
	struct mapping *mapping;
	struct pt_entry entry;
	status_t status;

	*cause = FAULT_UNMAPPED;
	if (va < aspace->low || va >= aspace->high)
		return E_FAULT;
	mapping = aspace_mapping_at(aspace, va);
	if (!mapping)
		mapping = grow_stack(aspace, va);
	if (!mapping)
		return E_FAULT;
	*cause = FAULT_PROTECTED;
	if (access & ~mapping->flags & MAP_PROT &&
	    !(access == MAP_READ && mapping->flags & MAP_PROT))
		return E_FAULT;
	*cause = FAULT_BEYOND;
	entry = pt_lookup(&aspace->pt, va);
	status = entry.present ? fault_present(mapping, va, access, request)
	                       : fault_absent(mapping, va, access, request);
	if (status == E_NOMEM)
		*cause = FAULT_NOMEM;
	return status == E_AGAIN && was_refused(request) ? E_FAULT : status;
}

status_t aspace_page(struct aspace *aspace, uint64_t address, unsigned access, paddr_t *out)
{
	struct page_request request;
	struct pt_entry entry = pt_lookup(&aspace->pt, address);
	uint32_t cause;
	status_t status;

	if (!entry.present || !(entry.flags & PT_READ) ||
	    (access & MAP_WRITE && !(entry.flags & PT_WRITE))) {
		status = aspace_fault(aspace, address, access, &request, &cause);
		if (status == E_AGAIN)
			this_cpu()->pending_request = request;
		if (status != OK)
			return status;
		entry = pt_lookup(&aspace->pt, address);
	}
	*out = entry.page;
	return OK;
}

status_t aspace_pin(struct aspace *aspace, uint64_t address, paddr_t *out)
{
	struct mapping *mapping;
	status_t status;

	if (!is_aligned(address, PAGE_SIZE))
		return E_INVAL;
	mapping = aspace_mapping_at(aspace, address);
	if (!mapping || (mapping->memory && mapping->memory->kind != MEMORY_KIND_ANONYMOUS))
		return E_FAULT;
	status = aspace_page(aspace, address, MAP_WRITE, out);
	if (status == OK)
		page_pin(*out);
	return status;
}

static struct aspace *aspace_of(struct thread *thread, uint64_t address)
{
	if (address >= NATIVE_BASE)
		return &thread->process->aspace;
	return thread->space ? &thread->space->aspace : NULL;
}

static void refuse(struct thread *thread, uint64_t address, unsigned access, bool is_guest,
                   uint32_t cause)
{
	if (is_guest) {
		arch_guest_trap(thread, TRAP_FAULT, access, 0, cause, address);
		return;
	}
	/*
	 * The guest's memory, or a page of a file: refused by its pager (a disk is full, or bad), or none is left, or
	 * the mapping went with the domain that made the object.
	 */
	if ((address < NATIVE_BASE || cause != FAULT_PROTECTED) && arch_monitor_fixup(thread))
		return;
	process_fault(thread, 14, address);
}

/* A monitor executes nothing of its guest's, whatever the guest may do. */
static status_t settle(struct thread *thread, uint64_t address, unsigned access, bool is_guest,
                       struct page_request *request, uint32_t *cause)
{
	struct aspace *aspace = aspace_of(thread, address);
	bool is_own = address >= NATIVE_BASE;

	*cause = FAULT_UNMAPPED;
	if (!aspace || (is_guest && is_own) || (!is_guest && !is_own && access == MAP_EXECUTE))
		return E_FAULT;
	return aspace_fault(aspace, address, access, request, cause);
}

/* It went on, and so does not make that access again; but an instruction may read a page before it writes there. */
static void forget_refused(struct thread *thread, unsigned access,
                           const struct page_request *request)
{
	if (access & MAP_WRITE || !is_refused(thread, request))
		thread->refused.memory = 0;
}

void trap_fault(struct thread *thread, uint64_t address, unsigned access, bool is_guest,
                bool is_present)
{
	struct page_request request = {0};
	uint32_t cause;
	status_t status;

	(void)is_present;
	this_cpu()->fault_count++;
	status = settle(thread, address, access, is_guest, &request, &cause);
	if (status == OK)
		forget_refused(thread, access, &request);
	else if (status == E_AGAIN)
		thread_request_page(thread, &request);
	else if (status != STATUS_MORE &&
	         (status != E_NOMEM ||
	          !kobject_has_dying())) /* else made again when they have given back some */
		refuse(thread, address, access, is_guest, cause);
}

status_t trap_fault_kernel(uint64_t address, unsigned access)
{
	struct page_request request = {0};
	uint32_t cause;
	status_t status = aspace_fault(&cpu_current()->process->aspace, address, access, &request,
	                               &cause);

	if (status == E_AGAIN)
		this_cpu()->pending_request = request;
	if (status == E_NOMEM)
		this_cpu()->is_retry_pending = kobject_has_dying();
	return status == E_NOMEM ? E_FAULT : status;
}
