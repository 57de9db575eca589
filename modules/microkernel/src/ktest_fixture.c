/*
 * Making and taking down what tests use.
 */
#include "ktest_fixture.h"
#include <base/assert.h>
#include <microkernel/errors.h>

struct fixture fixture_create(uint64_t pages)
{
	struct domain_limits limits = {
		.pages = pages, .handles = 200, .threads = 256, .share = 256};
	struct fixture fixture = {.domain = domain_create(domain_root(), &limits)};
	status_t status;

	ASSERT(fixture.domain);
	status = process_create(fixture.domain, "test", &fixture.process);
	ASSERT(status == OK);
	return fixture;
}

void fixture_destroy(struct fixture *fixture)
{
	kobject_kill(&fixture->domain->obj);
	kobject_unref(&fixture->process->obj);
	kobject_unref(&fixture->domain->obj);
	kobject_reap_all();
}

uint64_t fixture_map(struct aspace *aspace, struct handle_entry *memory, uint64_t address,
                     uint64_t bytes, uint32_t flags)
{
	struct map_args args = {.flags = flags | MAP_FIXED, .address = address, .bytes = bytes};
	struct progress progress = {0};
	unsigned budget = STEP_BUDGET;
	uint64_t out = 0;

	return aspace_map(aspace, &args, memory, &progress, &budget, &out) == OK ? out : 0;
}

uint8_t *fixture_touch(struct aspace *aspace, uint64_t address, unsigned access)
{
	paddr_t page;

	if (aspace_page(aspace, address, access, &page) != OK)
		return NULL;
	return (uint8_t *)direct(page) + (address & (PAGE_SIZE - 1));
}

struct handle_entry *fixture_publish(struct fixture *fixture, struct kobject *object)
{
	handle_t handle;
	status_t status = handle_publish(fixture->process, object, ~0u, &handle);

	ASSERT(status == OK);
	return handle_find(fixture->process, handle);
}

struct thread *fixture_running(struct fixture *fixture, uint64_t message)
{
	struct thread_args args = {.entry = NATIVE_BASE + PAGE_SIZE, .message = message};
	struct thread *thread = NULL;
	status_t status;

	message = fixture_map(&fixture->process->aspace, NULL, message, PAGE_SIZE,
	                      MAP_READ | MAP_WRITE);
	ASSERT(message);
	status = thread_create(fixture->process, &args, &thread);
	ASSERT(status == OK);
	kobject_ref(&thread->obj); /* a thread that can run holds itself */
	thread->state = THREAD_RUNNING;
	return thread;
}
