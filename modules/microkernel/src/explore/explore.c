/*
 * The explorer. A state is the content of the program's own variables (data and bss); its identity is a hash of where
 * they differ from the first state. A state is not stored but reached again by making the steps that led to it, which
 * also shows that steps depend on nothing else. What the explorer itself remembers lies outside the variables.
 *
 * Only pages that were ever written are looked at: the variables are read-only at first, and the fault that the first
 * write to a page makes adds it to the list.
 */
#include "explore.h"
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096ul
#define PAGES_MAX 1024
#define DEPTH_MAX 2048
#define STATES_MAX (1u << 24)
#define TABLE_SIZE (STATES_MAX * 2)
#define HANG_SECONDS 20 /* no single step takes that long */
#define NONE 0xffffffffu
#define STORED_EVERY 16u /* steps */
#define BLOCK 64u        /* bytes that are compared, hashed and stored at once */

extern char __data_start[];
extern char _end[];

/* A block that differs from the first state. */
struct difference {
	uint32_t at;
	char bytes[BLOCK];
};

struct stored {
	unsigned count;
	struct difference differences[];
};

struct node {
	uint32_t parent;
	uint16_t step;
	uint16_t depth;
	struct stored *stored; /* or null */
};

struct explorer {
	const struct world *world;
	char *first;               /* where the variables begin */
	char *initial;             /* their content in the first state */
	char *saved;               /* in the state that is being expanded */
	uint32_t pages[PAGES_MAX]; /* that are ever written */
	unsigned page_count;
	uint32_t path[DEPTH_MAX]; /* steps from the first state to the present one */
	unsigned path_length;
	bool is_armed; /* faults are writes to be noted */
	uint32_t count;
	uint32_t expanded; /* the node of the state whose steps are made */
	uint64_t steps;
	struct node *nodes;
	uint64_t *seen;           /* hashes; 0: none */
	struct difference *found; /* while a state is being stored */
	uint32_t oldest_stored;   /* no node before it has its state stored */
};

static struct explorer *self;

static void *memory(size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED) {
		perror("mmap");
		exit(2);
	}
	return at;
}

static void print_trace(void)
{
	unsigned count;

	for (uint32_t at = self->expanded; self->nodes[at].parent != NONE;
	     at = self->nodes[at].parent)
		self->path[self->nodes[at].depth - 1] = self->nodes[at].step;
	printf("trace (%u steps):\n", self->path_length);
	for (unsigned i = 0; i < self->path_length; i += count) {
		for (count = 1; i + count < self->path_length; count++)
			if (self->path[i + count] != self->path[i])
				break;
		printf("  %3u. ", i + 1);
		self->world->describe(self->path[i]);
		printf(count > 1 ? " (%u times)\n" : "\n", count);
	}
	printf("0 passed, 1 failed\n");
	fflush(stdout);
	_exit(1);
}

void violation(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("%s: VIOLATION: ", self->world->name);
	vprintf(format, args);
	printf("\n");
	va_end(args);
	print_trace();
	abort(); /* not reached */
}

static void on_signal(int number)
{
	fflush(stderr);
	violation("%s", number == SIGALRM   ? "a step does not end"
	                : number == SIGABRT ? "an assertion of the kernel's failed"
	                                    : "a bad memory access");
}

/* The first write to a page of variables, or a real fault. */
static void on_fault(int number, siginfo_t *info, void *context)
{
	char *at = info->si_addr;
	uint32_t page = (uint32_t)((uint64_t)(at - self->first) / PAGE);

	(void)context;
	if (!self->is_armed || at < self->first || at >= _end || self->page_count == PAGES_MAX)
		on_signal(number);
	self->pages[self->page_count++] = page;
	mprotect(self->first + page * PAGE, PAGE, PROT_READ | PROT_WRITE);
}

static void catch_signals(void)
{
	struct sigaction fault = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	stack_t stack = {.ss_sp = memory(64 * PAGE), .ss_size = 64 * PAGE};

	sigaltstack(&stack, NULL);
	sigaction(SIGSEGV, &fault, NULL);
	signal(SIGABRT, on_signal);
	signal(SIGALRM, on_signal);
}

static void begin(const struct world *world)
{
	char *first = (char *)((uint64_t)__data_start & ~(PAGE - 1));
	size_t bytes = (size_t)(_end - first + (long)PAGE - 1) & ~(PAGE - 1);

	self = memory(sizeof(*self));
	self->world = world;
	self->first = first;
	self->initial = memory(bytes);
	self->saved = memory(bytes);
	self->nodes = memory(STATES_MAX * sizeof(struct node));
	self->seen = memory(TABLE_SIZE * sizeof(uint64_t));
	self->found = memory(PAGES_MAX * (PAGE / BLOCK) * sizeof(*self->found));
	catch_signals();
	world->build();
	memcpy(self->initial, first, bytes);
	self->is_armed = true;
	mprotect(first, bytes, PROT_READ);
}

static void copy_pages(char *to, const char *from)
{
	for (unsigned i = 0; i < self->page_count; i++)
		memcpy(to + self->pages[i] * PAGE, from + self->pages[i] * PAGE, PAGE);
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 29;
}

static bool is_equal(const uint64_t *a, const uint64_t *b)
{
	uint64_t difference = 0;

	for (unsigned i = 0; i < BLOCK / sizeof(*a); i++)
		difference |= a[i] ^ b[i];
	return !difference;
}

static uint64_t hash_page(uint32_t page)
{
	const char *now = self->first + page * PAGE;
	const char *then = self->initial + page * PAGE;
	uint64_t sum = 0;

	for (unsigned at = 0; at < PAGE; at += BLOCK) {
		const uint64_t *words = (const uint64_t *)(now + at);
		uint64_t hash = page * PAGE + at + 1;

		if (is_equal(words, (const uint64_t *)(then + at)))
			continue;
		for (unsigned i = 0; i < BLOCK / sizeof(*words); i++)
			hash = mix(hash, words[i]);
		sum += mix(hash, hash >> 7);
	}
	return sum;
}

/* A sum over pages, so that the order in which they were first written does not matter. */
static uint64_t hash_state(void)
{
	uint64_t hash = 1;

	for (unsigned i = 0; i < self->page_count; i++)
		hash += hash_page(self->pages[i]);
	return hash ? hash : 1;
}

/* False: it was there already. */
static bool add_seen(uint64_t hash)
{
	uint64_t at = hash % TABLE_SIZE;

	while (self->seen[at] && self->seen[at] != hash)
		at = (at + 1) % TABLE_SIZE;
	if (self->seen[at])
		return false;
	self->seen[at] = hash;
	return true;
}

static void add_node(uint32_t parent, unsigned step, unsigned depth)
{
	if (self->count == STATES_MAX) {
		printf("%s: more than %u states\n", self->world->name, STATES_MAX);
		exit(2);
	}
	self->nodes[self->count++] = (struct node){parent, (uint16_t)step, (uint16_t)depth, NULL};
}

static bool is_first(uint32_t page, unsigned at)
{
	return is_equal((const uint64_t *)(self->first + page * PAGE + at),
	                (const uint64_t *)(self->initial + page * PAGE + at));
}

static void store(struct node *node)
{
	unsigned count = 0;

	for (unsigned i = 0; i < self->page_count; i++) {
		for (unsigned at = 0; at < PAGE; at += BLOCK) {
			struct difference *difference = &self->found[count];

			if (is_first(self->pages[i], at))
				continue;
			difference->at = (uint32_t)(self->pages[i] * PAGE + at);
			memcpy(difference->bytes, self->first + difference->at, BLOCK);
			count++;
		}
	}
	node->stored = malloc(sizeof(*node->stored) + count * sizeof(struct difference));
	node->stored->count = count;
	memcpy(node->stored->differences, self->found, count * sizeof(struct difference));
}

/* Nodes that are expanded from now on lie below the last depth before them that is stored. */
static void drop_stored(unsigned depth)
{
	uint32_t at = self->oldest_stored;

	for (; self->nodes[at].depth + STORED_EVERY < depth; at++) {
		free(self->nodes[at].stored);
		self->nodes[at].stored = NULL;
	}
	self->oldest_stored = at;
}

/* The state of the nearest stored node on the way, or the first; returns its depth. */
static unsigned load_stored(uint32_t index)
{
	const struct stored *stored;

	copy_pages(self->first, self->initial);
	while (self->nodes[index].parent != NONE && !self->nodes[index].stored)
		index = self->nodes[index].parent;
	stored = self->nodes[index].stored;
	for (unsigned i = 0; stored && i < stored->count; i++)
		memcpy(self->first + stored->differences[i].at, stored->differences[i].bytes,
		       BLOCK);
	return self->nodes[index].depth;
}

/* Makes the steps that lead to the node. */
static void go_to(uint32_t index)
{
	struct node *node = &self->nodes[index];

	self->path_length = load_stored(index);
	for (uint32_t at = index; self->nodes[at].depth > self->path_length;
	     at = self->nodes[at].parent)
		self->path[self->nodes[at].depth - 1] = self->nodes[at].step;
	while (self->path_length < node->depth) {
		unsigned step = self->path[self->path_length++];

		if (!self->world->step(step))
			violation("a step that was possible is not when it is made again");
	}
	if (node->depth % STORED_EVERY == 0 && node->depth > 0)
		store(node);
	drop_stored(node->depth);
}

/* All steps from one state. */
static void expand(uint32_t index)
{
	unsigned depth = self->nodes[index].depth;
	unsigned known;

	alarm(HANG_SECONDS);
	self->expanded = index;
	go_to(index);
	copy_pages(self->saved, self->first);
	known = self->page_count;
	for (unsigned step = 0; step < self->world->step_count; step++) {
		self->path[depth] = step;
		self->path_length = depth + 1;
		if (self->world->step(step)) {
			self->steps++;
			if (add_seen(hash_state()))
				add_node(index, step, depth + 1);
		}
		for (; known < self->page_count; known++) /* as before the step */
			memcpy(self->saved + self->pages[known] * PAGE,
			       self->initial + self->pages[known] * PAGE, PAGE);
		copy_pages(self->first, self->saved);
	}
}

int explore(const struct world *world, unsigned depth)
{
	uint32_t at;

	begin(world);
	add_seen(hash_state());
	add_node(NONE, 0, 0);
	for (at = 0; at < self->count && self->nodes[at].depth < depth; at++)
		expand(at);
	printf("%s: %u states of %u pages, %lu steps, to depth %u%s\n", world->name, self->count,
	       self->page_count, self->steps, self->nodes[self->count - 1].depth,
	       at == self->count ? " (all there are)" : "");
	printf("1 passed, 0 failed\n");
	return 0;
}
