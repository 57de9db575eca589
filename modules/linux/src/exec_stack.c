/*
 * Stack of a new program (exec_stack.h), from the top down as on Linux: a null word, the file name, the
 * environment's and the arguments' strings, platform, random bytes, then auxv, envp, argv, argc.
 */
#include "exec_stack.h"
#include <base/assert.h>
#include <base/bits.h>
#include <base/string.h>
#include <libanon/heap.h>
#include "errno.h"

static const char platform[] = "x86_64";

/* Addresses are guest addresses; the image ends at stack->top. */
static uint8_t *at(struct exec_stack *stack, uint64_t address)
{
	DEBUG_ASSERT(address >= stack->sp && address <= stack->top);
	return stack->image + (address - stack->sp);
}

static void put_word(struct exec_stack *stack, uint64_t *cursor, uint64_t value)
{
	memcpy(at(stack, *cursor), &value, sizeof(value));
	*cursor += sizeof(value);
}

/* A pointer to each string, and a null. */
static void put_pointers(struct exec_stack *stack, uint64_t *cursor,
                         const struct exec_strings *strings, uint64_t address)
{
	const char *text = strings->text;

	for (uint32_t i = 0; i < strings->count; i++) {
		size_t bytes = strlen(text) + 1;

		put_word(stack, cursor, address);
		address += bytes;
		text += bytes;
	}
	put_word(stack, cursor, 0);
}

static void add_auxv(struct exec_stack *stack, uint64_t type, uint64_t value)
{
	ASSERT(stack->auxv_count < AUXV_MAX);
	stack->auxv[stack->auxv_count][0] = type;
	stack->auxv[stack->auxv_count][1] = value;
	stack->auxv_count++;
}

struct places {
	uint64_t filename, random, platform;
};

/* Decides all addresses; nothing is written yet. */
static void place(struct exec_stack *stack, struct places *places)
{
	const struct exec_args *args = stack->args;
	uint64_t words = 1 + args->arguments.count + 1 + args->environment.count + 1 +
	                 2 * ((uint64_t)stack->auxv_count + 4);

	places->filename = stack->top - sizeof(uint64_t) - strlen(stack->filename) - 1;
	stack->environment_end = places->filename;
	stack->environment_start = stack->environment_end - args->environment.bytes;
	stack->arguments_end = stack->environment_start;
	stack->arguments_start = stack->arguments_end - args->arguments.bytes;
	places->platform = stack->arguments_start - sizeof(platform);
	places->random = align_down(places->platform - sizeof(stack->random), 16);
	stack->sp = align_down(places->random - words * sizeof(uint64_t), 16);
}

static void fill(struct exec_stack *stack, const struct places *places)
{
	const struct exec_args *args = stack->args;
	uint64_t cursor = stack->sp;

	memcpy(at(stack, places->filename), stack->filename, strlen(stack->filename) + 1);
	if (args->environment.bytes)
		memcpy(at(stack, stack->environment_start), args->environment.text,
		       args->environment.bytes);
	if (args->arguments.bytes)
		memcpy(at(stack, stack->arguments_start), args->arguments.text,
		       args->arguments.bytes);
	memcpy(at(stack, places->platform), platform, sizeof(platform));
	memcpy(at(stack, places->random), stack->random, sizeof(stack->random));
	put_word(stack, &cursor, args->arguments.count);
	put_pointers(stack, &cursor, &args->arguments, stack->arguments_start);
	put_pointers(stack, &cursor, &args->environment, stack->environment_start);
	for (unsigned i = 0; i < stack->auxv_count; i++) {
		put_word(stack, &cursor, stack->auxv[i][0]);
		put_word(stack, &cursor, stack->auxv[i][1]);
	}
}

int64_t exec_stack_build(struct exec_stack *stack, size_t limit)
{
	struct places places;

	place(stack, &places);
	stack->image_bytes = stack->top - stack->sp;
	if (stack->image_bytes > limit)
		return -E2BIG;
	stack->image = heap_zalloc(stack->image_bytes);
	if (!stack->image)
		return -ENOMEM;
	add_auxv(stack, AT_RANDOM, places.random);
	add_auxv(stack, AT_EXECFN, places.filename);
	add_auxv(stack, AT_PLATFORM, places.platform);
	add_auxv(stack, AT_NULL, 0);
	fill(stack, &places);
	return 0;
}
