/*
 * Threads and their stacks.
 *
 * One mapping holds a thread: [message page][state page][guard page][stack], with struct anon_thread at the
 * stack's top. Pages that are never touched cost nothing. A detached thread that ends puts itself on a list
 * and leaves without a stack (thread_leave.S); the next spawn takes such a stack over as it is, and
 * thread_reap gives the others back.
 */
#include <base/assert.h>
#include <base/bits.h>
#include <base/string.h>
#include <libanon/mutex.h>
#include <libanon/start.h>
#include <libanon/thread.h>
#include "memory_hint.h"
#include "startup.h"
#include "thread_area.h"

#define THREAD_MAGIC 0x6461657268746e61ull
#define MESSAGE_BELOW (3 * PAGE_SIZE) /* from the stack's lowest byte */
#define STATE_BELOW (2 * PAGE_SIZE)
#define GUARD_BELOW PAGE_SIZE
#define BLOCK_BYTES (START_STACK_BYTES + MESSAGE_BELOW)
#define DEFAULT_PRIORITY 8u

STATIC_ASSERT(sizeof(struct anon_thread) <= THREAD_AREA, "entry.S leaves THREAD_AREA bytes");
STATIC_ASSERT(THREAD_STACK_BYTES == START_STACK_BYTES, "entry.S");
STATIC_ASSERT(SYS_thread_exit == 43 && SYS_word_wake == 131, "thread_leave.S");

void thread_entry(void);
void thread_main(struct anon_thread *self) __attribute__((noreturn));
void thread_leave(uint32_t *is_gone) __attribute__((noreturn));

static struct mutex ended_mutex = MUTEX_INIT;
static struct list ended_threads = LIST_INIT(
	ended_threads); /* [ended_mutex] detached, at their end */
static uint32_t last_number;

static struct anon_thread *thread_at_top(uint64_t stack_top)
{
	return (struct anon_thread *)(stack_top - sizeof(struct anon_thread));
}

static uint64_t stack_of(const struct anon_thread *thread)
{
	return align_down((uint64_t)thread, START_STACK_BYTES);
}

/* Priority as the kernel has it, for the first thread. */
static uint32_t own_priority(handle_t handle)
{
	struct thread_info info;

	return sys_thread_info(handle, &info) == OK ? info.priority : DEFAULT_PRIORITY;
}

void thread_first(const struct start_page *page)
{
	struct anon_thread *self = thread_at_top(page->stack_top);

	ASSERT(self == thread_self());
	*self = (struct anon_thread){
		.magic = THREAD_MAGIC,
		.message = (void *)page->message,
		.state = (struct guest_state *)page->state,
		.handle = start_handle(START_THREAD),
		.name = "main",
	};
	self->priority = own_priority(self->handle);
	list_init(&self->node);
}

/* --- stacks: an address here is a stack's lowest byte --- */

static status_t map_at(uint64_t address, uint64_t bytes, uint64_t *out)
{
	struct map_args args = {
		.flags = MAP_READ | MAP_WRITE | MAP_PRIVATE,
		.address = address,
		.bytes = bytes,
	};

	return sys_map(own_process(), &args, out);
}

static void unmap_between(uint64_t from, uint64_t to)
{
	if (from < to)
		(void)sys_unmap(own_process(), from, to - from);
}

/* Maps enough for an aligned stack wherever the kernel likes and gives back what is too much. */
static status_t map_and_trim(uint64_t *out_stack)
{
	uint64_t bytes = BLOCK_BYTES + START_STACK_BYTES, address;
	status_t status = map_at(0, bytes, &address);

	if (status != OK)
		return status;
	*out_stack = align_up(address + MESSAGE_BELOW, START_STACK_BYTES);
	unmap_between(address, *out_stack - MESSAGE_BELOW);
	unmap_between(*out_stack + START_STACK_BYTES, address + bytes);
	return OK;
}

static void free_stack(uint64_t stack)
{
	unmap_between(stack - MESSAGE_BELOW, stack + START_STACK_BYTES);
}

static status_t map_stack(uint64_t *out_stack)
{
	uint64_t hint = memory_hint(BLOCK_BYTES + START_STACK_BYTES), address;
	uint64_t stack = align_up(hint + MESSAGE_BELOW, START_STACK_BYTES);
	status_t status = hint ? map_at(stack - MESSAGE_BELOW, BLOCK_BYTES, &address) : E_INVAL;

	if (status == OK && address != stack - MESSAGE_BELOW) {
		unmap_between(address, address + BLOCK_BYTES);
		status = E_EXIST;
	}
	if (status != OK)
		status = map_and_trim(&stack);
	if (status != OK)
		return status;
	status = sys_protect(own_process(), stack - GUARD_BELOW, PAGE_SIZE, 0);
	if (status == OK)
		*out_stack = stack;
	else
		free_stack(stack);
	return status;
}

/* --- ended threads --- */

static bool has_left(const struct anon_thread *thread)
{
	return __atomic_load_n(&thread->is_gone, __ATOMIC_ACQUIRE) != 0;
}

/* A detached thread that has left its stack, or null. */
static struct anon_thread *take_ended(void)
{
	struct anon_thread *found = NULL;
	struct list *pos;

	mutex_lock(&ended_mutex);
	list_for_each (pos, &ended_threads) {
		found = list_entry(pos, struct anon_thread, node);
		if (has_left(found))
			break;
		found = NULL;
	}
	if (found)
		list_remove(&found->node);
	mutex_unlock(&ended_mutex);
	return found;
}

void thread_reap(void)
{
	struct anon_thread *thread;

	while ((thread = take_ended()) != NULL) {
		(void)sys_handle_close(thread->handle);
		free_stack(stack_of(thread));
	}
}

static status_t get_stack(uint64_t *out_stack)
{
	struct anon_thread *ended = take_ended();

	if (!ended)
		return map_stack(out_stack);
	(void)sys_handle_close(ended->handle);
	*out_stack = stack_of(ended);
	return OK;
}

/* --- life --- */

static struct anon_thread *prepare(uint64_t stack, const struct thread_options *options)
{
	struct anon_thread *thread = thread_at_top(stack + START_STACK_BYTES);

	*thread = (struct anon_thread){
		.magic = THREAD_MAGIC,
		.message = (void *)(stack - MESSAGE_BELOW),
		.state = options->with_state ? (void *)(stack - STATE_BELOW) : NULL,
		.number = __atomic_add_fetch(&last_number, 1, __ATOMIC_RELAXED),
		.priority = options->priority ? options->priority : thread_self()->priority,
	};
	list_init(&thread->node);
	string_copy(thread->name, options->name ? options->name : "", sizeof(thread->name));
	return thread;
}

static status_t create(struct anon_thread *thread, bool with_fpu)
{
	struct thread_args args = {
		.entry = (uint64_t)thread_entry,
		.stack = stack_of(thread) + START_STACK_BYTES - THREAD_AREA,
		.argument = (uint64_t)thread,
		.message = (uint64_t)thread->message,
		.state = (uint64_t)thread->state,
		.priority = thread->priority,
		.flags = with_fpu ? THREAD_FPU : 0,
	};

	return sys_thread_create(own_process(), &args, &thread->handle);
}

/* A detached thread may be gone, and its stack with it, once it runs: nothing of it is read afterwards. */
static status_t start(struct anon_thread *thread, struct anon_thread **out)
{
	handle_t handle = thread->handle;
	status_t status;

	if (out)
		*out = thread;
	status = sys_thread_start(handle);
	if (status != OK) {
		(void)sys_thread_kill(handle);
		(void)sys_handle_close(handle);
	}
	return status;
}

status_t thread_spawn(void (*fn)(void *), void *argument, const struct thread_options *options,
                      struct anon_thread **out)
{
	static const struct thread_options no_options;
	struct anon_thread *thread;
	uint64_t stack;
	status_t status = get_stack(&stack);

	if (status != OK)
		return status;
	options = options ? options : &no_options;
	thread = prepare(stack, options);
	thread->run = fn;
	thread->argument = argument;
	thread->is_detached = out == NULL;
	status = create(thread, options->with_fpu);
	if (status == OK)
		status = start(thread, out);
	if (status != OK)
		free_stack(stack);
	return status;
}

void thread_main(struct anon_thread *self)
{
	ASSERT(self == thread_self());
	self->run(self->argument);
	thread_exit();
}

void thread_exit(void)
{
	struct anon_thread *self = thread_self();

	if (self->is_detached) {
		mutex_lock(&ended_mutex);
		list_push_back(&ended_threads, &self->node);
		mutex_unlock(&ended_mutex);
	}
	thread_leave(&self->is_gone);
}

status_t thread_join(struct anon_thread *thread)
{
	ASSERT(thread->magic == THREAD_MAGIC && !thread->is_detached && thread != thread_self());
	while (!has_left(thread))
		(void)sys_word_wait(HANDLE_NONE, (uint64_t)&thread->is_gone, 0, 0, 0xffffffffu);
	(void)sys_handle_close(thread->handle);
	thread->magic = 0;
	free_stack(stack_of(thread));
	return OK;
}
