/*
 * A child of kernelfuzz: a process whose image is a copy of the supervisor's, without anything else of it. It runs
 * until its own calls end it or the supervisor does. Nothing here may use libanon beyond system calls: there is no start
 * page, no heap, no thread structure.
 */
#include <libanon/ipc.h>
#include "kernelfuzz.h"

uint32_t fuzz_known[FUZZ_TYPES][FUZZ_KNOWN];

void fuzz_remember(struct fuzz_thread *self, unsigned type, handle_t handle)
{
	fuzz_known[type][random_below(&self->random, FUZZ_KNOWN)] = handle.value;
}

/* Of the type wanted, mostly; or any other; or one whose slot has another generation; or nonsense. */
handle_t fuzz_pick(struct fuzz_thread *self, unsigned type)
{
	uint64_t how = random_below(&self->random, 40);
	uint32_t value;

	if (how == 0)
		return (handle_t){(uint32_t)random_next(&self->random)};
	if (how < 3)
		type = (unsigned)random_below(&self->random, FUZZ_TYPES);
	value = 0;
	for (unsigned i = 0; i < 6 && value == 0; i++)
		value = fuzz_known[type][random_below(&self->random, FUZZ_KNOWN)];
	if (how == 3)
		value += 1u << 16;
	return (handle_t){value};
}

/* Little programs for guests; elsewhere in their memory random bytes run. */
static const uint8_t guest_code[][8] = {
	{0x0f, 0x05, 0xeb, 0xfc},                   /* system calls for ever */
	{0x48, 0x8b, 0x07, 0x0f, 0x05, 0xeb, 0xf9}, /* load by rdi */
	{0x48, 0x89, 0x07, 0x0f, 0x05, 0xeb, 0xf9}, /* store by rdi */
	{0xcc, 0x0f, 0x0b},                         /* exceptions */
	{0xff, 0xe7},                               /* jump by rdi */
	{0x48, 0xff, 0xc0, 0x75, 0xfb, 0xf4},       /* a long loop, then hlt */
	{0x0f, 0x28, 0xc1, 0x0f, 0x05, 0xeb, 0xf9}, /* FPU */
	{0xf3, 0x48, 0xab, 0x0f, 0x05},             /* store rcx words by rdi */
};
#define GUEST_CODES (sizeof(guest_code) / sizeof(guest_code[0]))

static void write_guest_code(struct fuzz_thread *self, handle_t memory)
{
	for (unsigned page = 0; page < 8; page++)
		(void)sys_memory_write(memory, page * PAGE_SIZE,
		                       guest_code[random_below(&self->random, GUEST_CODES)],
		                       sizeof(guest_code[0]));
}

/* A first object of each kind, so that calls have something to work with. */
static void make_things(struct fuzz_thread *self)
{
	struct map_args args = {
		.flags = MAP_PROT | MAP_FIXED, .address = 0x400000, .bytes = 16 * PAGE_SIZE};
	handle_t handle;
	uint64_t at;

	for (unsigned i = 0; i < 4; i++) {
		if (sys_event_create(&handle) == OK)
			fuzz_remember(self, OBJECT_EVENT, handle);
		if (sys_reply_create(&handle) == OK)
			fuzz_remember(self, OBJECT_REPLY, handle);
		if (sys_endpoint_create(&handle) == OK)
			fuzz_remember(self, OBJECT_ENDPOINT, handle);
		if (sys_memory_create(HANDLE_NONE, 16 * PAGE_SIZE, 0, &args.memory) == OK) {
			write_guest_code(self, args.memory);
			fuzz_remember(self, OBJECT_MEMORY, args.memory);
		}
		if (sys_space_create(HANDLE_NONE, i % 2 ? SPACE_SHARED_ROOT : 0, &handle) == OK) {
			(void)sys_map(handle, &args, &at);
			fuzz_remember(self, OBJECT_SPACE, handle);
			(void)sys_space_bind(handle);
		}
	}
}

void fuzz_child(uint64_t argument)
{
	struct fuzz_thread self = {.number = argument & 0xff};

	random_seed(&self.random, argument);
	if (self.number == 1)
		make_things(&self);
	for (;;) { /* until it is ended, or the process */
		if (self.number == 0)
			fuzz_pager_turn(&self);
		fuzz_one_call(&self);
	}
}
