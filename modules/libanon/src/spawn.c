/*
 * Starts programs (spawn.h). The start page is built in the own heap and becomes a memory object of the
 * child when it is started. Behind the image lie, each in its place relative to the stack:
 * [start page][message page][state page][hole][stack].
 */
#include <base/bits.h>
#include <base/string.h>
#include <libanon/heap.h>
#include <libanon/start.h>
#include <libanon/time.h>
#include "spawn_image.h"

#define START_BELOW (4 * PAGE_SIZE)
#define MESSAGE_BELOW (3 * PAGE_SIZE)
#define STATE_BELOW (2 * PAGE_SIZE)

/* What a process may do with itself, and with the domain it runs in: it must not raise its own limits. */
#define SELF_RIGHTS \
	(RIGHT_READ | RIGHT_WRITE | RIGHT_MAP | RIGHT_DERIVE | RIGHT_MANAGE | RIGHT_WAIT)
#define THREAD_RIGHTS (RIGHT_READ | RIGHT_WRITE | RIGHT_DERIVE | RIGHT_MANAGE)
#define DOMAIN_RIGHTS (RIGHT_READ | RIGHT_LOG)

static void note(struct spawn *spawn, status_t status)
{
	if (spawn->status == OK)
		spawn->status = status;
}

void spawn_begin(struct spawn *spawn, handle_t domain, const char *name, struct spawn_image image,
                 uint64_t seed)
{
	*spawn = (struct spawn){.domain = domain};
	spawn->page = heap_zalloc(sizeof(*spawn->page));
	if (!spawn->page) {
		spawn->status = E_NOMEM;
		return;
	}
	spawn->page->magic = START_MAGIC;
	spawn->status = sys_process_create(domain, name, strlen(name), &spawn->process);
	if (spawn->status != OK)
		return;
	note(spawn, spawn_load(spawn, image, seed));
	spawn_arg(spawn, name);
}

static bool has_name(const struct spawn *spawn, const char *name)
{
	for (uint32_t i = 0; i < spawn->page->handle_count; i++) {
		if (strcmp(spawn->page->handles[i].name, name) == 0)
			return true;
	}
	return false;
}

static status_t give(struct spawn *spawn, const char *name, handle_t handle, uint32_t rights,
                     uint64_t badge)
{
	struct start_page *page = spawn->page;
	struct start_handle *entry = &page->handles[page->handle_count];

	if (handle_is_none(handle))
		return E_HANDLE;
	if (page->handle_count == START_HANDLES_MAX)
		return E_LIMIT;
	if (has_name(spawn, name))
		return E_EXIST;
	if (!string_copy(entry->name, name, sizeof(entry->name)))
		return E_NAMETOOLONG;
	status_t status = sys_handle_install(spawn->process, handle, rights, badge, &entry->handle);

	if (status == OK)
		page->handle_count++;
	return status;
}

void spawn_give(struct spawn *spawn, const char *name, handle_t handle, uint32_t rights,
                uint64_t badge)
{
	if (spawn->status == OK)
		note(spawn, give(spawn, name, handle, rights, badge));
}

void spawn_arg(struct spawn *spawn, const char *text)
{
	size_t len = strlen(text) + 1;

	if (spawn->status != OK)
		return;
	if (len > sizeof(spawn->page->args) - spawn->args_used) {
		spawn->status = E_LIMIT;
		return;
	}
	memcpy(spawn->page->args + spawn->args_used, text, len);
	spawn->args_used += (uint32_t)len;
	spawn->page->argc++;
}

/* Stack, message page and state page of the first thread: demand-zero. */
static status_t map_thread_pages(struct spawn *spawn, uint32_t flags)
{
	uint64_t stack = align_up(spawn->next_address + START_BELOW, START_STACK_BYTES);
	uint64_t pages = flags & SPAWN_STATE ? 2 * PAGE_SIZE : PAGE_SIZE;
	uint32_t prot = MAP_READ | MAP_WRITE | MAP_PRIVATE;
	status_t status = spawn_map(spawn, HANDLE_NONE, 0, stack - MESSAGE_BELOW, pages, prot);

	if (status == OK)
		status = spawn_map(spawn, HANDLE_NONE, 0, stack, START_STACK_BYTES, prot);
	spawn->page->stack_top = stack + START_STACK_BYTES;
	spawn->page->message = stack - MESSAGE_BELOW;
	spawn->page->state = flags & SPAWN_STATE ? stack - STATE_BELOW : 0;
	return status;
}

static uint64_t start_page_address(const struct spawn *spawn)
{
	return spawn->page->stack_top - START_STACK_BYTES - START_BELOW;
}

static status_t create_thread(const struct spawn *spawn, uint32_t priority, uint32_t flags,
                              handle_t *out)
{
	struct thread_args args = {
		.entry = spawn->entry,
		.stack = spawn->page->stack_top,
		.argument = start_page_address(spawn),
		.message = spawn->page->message,
		.state = spawn->page->state,
		.priority = priority,
		.flags = flags & SPAWN_FPU ? THREAD_FPU : 0,
	};

	return sys_thread_create(spawn->process, &args, out);
}

/* The page as it is now goes to the child. */
static status_t hand_over_page(const struct spawn *spawn)
{
	handle_t memory;
	status_t status = sys_memory_create(spawn->domain, PAGE_SIZE, 0, &memory);

	if (status != OK)
		return status;
	status = sys_memory_write(memory, 0, spawn->page, sizeof(*spawn->page));
	if (status == OK)
		status = spawn_map(spawn, memory, 0, start_page_address(spawn), PAGE_SIZE,
		                   MAP_READ | MAP_WRITE);
	(void)sys_handle_close(memory);
	return status;
}

static status_t finish(struct spawn *spawn, handle_t thread)
{
	status_t status;

	spawn_give(spawn, START_THREAD, thread, THREAD_RIGHTS, 0);
	spawn_give(spawn, START_PROCESS, spawn->process, SELF_RIGHTS, 0);
	if (!has_name(spawn, START_DOMAIN))
		spawn_give(spawn, START_DOMAIN, spawn->domain, DOMAIN_RIGHTS, 0);
	spawn->page->clock_boot_ns = clock_ns();
	status = spawn->status;
	if (status == OK)
		status = hand_over_page(spawn);
	return status == OK ? sys_thread_start(thread) : status;
}

status_t spawn_start(struct spawn *spawn, uint32_t priority, uint32_t flags, handle_t *out_process)
{
	handle_t thread = HANDLE_NONE;

	if (spawn->status == OK)
		note(spawn, map_thread_pages(spawn, flags));
	if (spawn->status == OK)
		note(spawn, create_thread(spawn, priority, flags, &thread));
	if (spawn->status == OK)
		note(spawn, finish(spawn, thread));
	if (!handle_is_none(thread))
		(void)sys_handle_close(thread);
	if (spawn->status != OK) {
		spawn_abandon(spawn);
		return spawn->status;
	}
	heap_free(spawn->page);
	spawn->page = NULL;
	*out_process = spawn->process;
	return OK;
}

void spawn_abandon(struct spawn *spawn)
{
	if (!handle_is_none(spawn->process)) {
		(void)sys_process_kill(spawn->process, PROCESS_STATUS_KILLED);
		(void)sys_handle_close(spawn->process);
		spawn->process = HANDLE_NONE;
	}
	heap_free(spawn->page);
	spawn->page = NULL;
}
