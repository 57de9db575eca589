/*
 * Tests of exec_stack.c and exec_args.c: what a program finds at its stack pointer is where Linux puts it,
 * and the strings are the ones that were gathered.
 */
#include <base/test.h>
#include "exec_stack.h"

#include <libanon/heap.h>

#define TOP 0x7fff0000ul

static struct exec_args args_of(const char *const *arguments, const char *const *environment)
{
	struct exec_args args = {0};

	for (; *arguments; arguments++)
		CHECK_EQ(exec_strings_add(&args.arguments, *arguments), 0);
	for (; *environment; environment++)
		CHECK_EQ(exec_strings_add(&args.environment, *environment), 0);
	return args;
}

static const void *at(const struct exec_stack *stack, uint64_t address)
{
	CHECK(address >= stack->sp && address < stack->top);
	return stack->image + (address - stack->sp);
}

static uint64_t word(const struct exec_stack *stack, unsigned i)
{
	uint64_t value;

	memcpy(&value, at(stack, stack->sp + i * 8), sizeof(value));
	return value;
}

static uint64_t auxv(const struct exec_stack *stack, unsigned first, uint64_t type)
{
	for (unsigned i = first; word(stack, i) != AT_NULL; i += 2) {
		if (word(stack, i) == type)
			return word(stack, i + 1);
	}
	return 0;
}

static void check_layout(const char *const *arguments, unsigned argc,
                         const char *const *environment, unsigned envc)
{
	struct exec_args args = args_of(arguments, environment);
	struct exec_stack stack = {.args = &args,
	                           .filename = "/bin/prog",
	                           .top = TOP,
	                           .auxv = {{6, 4096}},
	                           .auxv_count = 1};

	memset(stack.random, 0x5a, sizeof(stack.random));
	CHECK_EQ(exec_stack_build(&stack, 1 << 20), 0);
	CHECK_EQ(stack.sp % 16, 0);
	CHECK_EQ(stack.sp + stack.image_bytes, TOP);
	CHECK_EQ(word(&stack, 0), argc);
	for (unsigned i = 0; i < argc; i++)
		CHECK_STR_EQ(at(&stack, word(&stack, 1 + i)), arguments[i]);
	CHECK_EQ(word(&stack, 1 + argc), 0);
	for (unsigned i = 0; i < envc; i++)
		CHECK_STR_EQ(at(&stack, word(&stack, 2 + argc + i)), environment[i]);
	CHECK_EQ(word(&stack, 2 + argc + envc), 0);
	unsigned first = 3 + argc + envc;

	CHECK_EQ(auxv(&stack, first, AT_PAGESZ), 4096);
	CHECK_STR_EQ(at(&stack, auxv(&stack, first, AT_EXECFN)), "/bin/prog");
	CHECK_STR_EQ(at(&stack, auxv(&stack, first, AT_PLATFORM)), "x86_64");
	CHECK_MEM_EQ(at(&stack, auxv(&stack, first, AT_RANDOM)), stack.random, 16);
	CHECK_EQ(stack.arguments_end, stack.environment_start);
	CHECK_EQ(stack.arguments_end - stack.arguments_start, args.arguments.bytes);
	heap_free(stack.image);
	exec_strings_free(&args.arguments);
	exec_strings_free(&args.environment);
}

TEST(layouts)
{
	static const char *const none[] = {NULL};
	static const char *const one[] = {"prog", NULL};
	static const char *const some[] = {"prog", "", "a longer argument", "x", NULL};

	check_layout(one, 1, none, 0);
	check_layout(some, 4, one, 1);
	check_layout(some, 4, some, 4);
	check_layout(none, 0, some, 4);
}

TEST(limit)
{
	static const char *const one[] = {"prog", NULL};
	struct exec_args args = args_of(one, one);
	struct exec_stack stack = {.args = &args, .filename = "x", .top = TOP};

	CHECK_EQ(exec_stack_build(&stack, 64), -7 /* E2BIG */);
	exec_strings_free(&args.arguments);
	exec_strings_free(&args.environment);
}

TEST(strings)
{
	struct exec_strings strings = {0};
	char number[16];

	for (int i = 0; i < 1000; i++) {
		snprintf(number, sizeof(number), "%d", i);
		CHECK_EQ(exec_strings_add(&strings, number), 0);
	}
	CHECK_EQ(strings.count, 1000);
	exec_strings_drop_first(&strings);
	CHECK_STR_EQ(strings.text, "1");
	CHECK_EQ(exec_strings_prepend(&strings, "first"), 0);
	CHECK_STR_EQ(strings.text, "first");
	CHECK_STR_EQ(strings.text + 6, "1");
	CHECK_EQ(strings.count, 1000);
	exec_strings_free(&strings);
	exec_strings_drop_first(&strings);
	CHECK_EQ(strings.count, 0);
}

/* Guest memory is not reached from here. */
int64_t get_guest_u64(void *task, uint64_t u_from, uint64_t *out_value);
int64_t get_guest_u64(void *task, uint64_t u_from, uint64_t *out_value)
{
	(void)task, (void)u_from, (void)out_value;
	return -14;
}
int64_t strncpy_from_guest(void *task, char *to, uint64_t u_from, size_t size);
int64_t strncpy_from_guest(void *task, char *to, uint64_t u_from, size_t size)
{
	(void)task, (void)to, (void)u_from, (void)size;
	return -14;
}

TEST_MAIN();
