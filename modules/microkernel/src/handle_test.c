/*
 * Handle tables and derivation trees against a model: long seeded sequences of derive, close, move and revoke, with
 * every link of every tree checked after each step, and nothing left at the end.
 */
#include <stdlib.h>
#include <string.h>
#include <base/random.h>
#include <base/test.h>
#include <microkernel/errors.h>
#include <microkernel/rights.h>
#include "domain.h"
#include "handle.h"
#include "process.h"
#include "test/fakes.h"

#define PROCESSES 3
#define HANDLES 400

struct thing {
	struct kobject obj;
};
static const struct kobject_ops thing_ops = {.name = "thing", .size = sizeof(struct thing)};

struct model_handle {
	bool is_live;
	unsigned process;
	handle_t number;
	int parent; /* index of the model handle, -1: a root */
	uint32_t rights;
};

static struct domain *domain;
static struct process *processes[PROCESSES];
static struct model_handle model[HANDLES];
static unsigned live;

static struct process *make_process(void)
{
	struct process *process = calloc(1, sizeof(*process));

	process->obj.domain = domain;
	CHECK_EQ(handle_table_init(process), OK);
	return process;
}

static void begin(uint32_t handle_limit)
{
	struct domain_limits limits = {UINT64_MAX, handle_limit, 10, 256, 0};

	fakes_begin();
	memset(model, 0, sizeof(model));
	live = 0;
	domain = domain_create(domain_root(), &limits);
	for (unsigned i = 0; i < PROCESSES; i++)
		processes[i] = make_process();
}

static void end(void)
{
	for (unsigned i = 0; i < PROCESSES; i++) {
		for (unsigned budget = 3; !handle_table_shrink(processes[i], &budget); budget = 3)
			;
		free(processes[i]);
	}
	kobject_reap_all();
	kobject_unref(&domain->obj);
	kobject_reap_all();
	CHECK_EQ(fakes_pages(), 0);
	CHECK_EQ(fakes_blocks(), 0);
	CHECK_EQ(kobject_count(), 0);
	CHECK_EQ(domain_root()->handles, 0);
}

static struct handle_entry *entry_of(const struct model_handle *handle)
{
	return handle_find(processes[handle->process], handle->number);
}

static int free_index(void)
{
	for (int i = 0; i < HANDLES; i++)
		if (!model[i].is_live)
			return i;
	return -1;
}

static int random_live(struct random *random)
{
	unsigned n = (unsigned)(random_next(random) % live);

	for (int i = 0; i < HANDLES; i++)
		if (model[i].is_live && n-- == 0)
			return i;
	return -1;
}

static void note(int index, unsigned process, handle_t number, int parent, uint32_t rights)
{
	model[index] = (struct model_handle){true, process, number, parent, rights};
	live++;
}

static void add_root(struct random *random)
{
	unsigned process = (unsigned)(random_next(random) % PROCESSES);
	struct thing *thing = kobject_create(domain, OBJECT_EVENT, &thing_ops);
	int index = free_index();
	handle_t number;

	CHECK_EQ(handle_publish(processes[process], &thing->obj, ~0u, &number), OK);
	note(index, process, number, -1, OBJECT_RIGHTS_EVENT);
}

static void derive(struct random *random)
{
	int from = random_live(random);
	unsigned process = (unsigned)(random_next(random) % PROCESSES);
	uint32_t rights = (uint32_t)random_next(random);
	int index = free_index();
	handle_t number;

	CHECK_EQ(handle_derive_into(processes[process], entry_of(&model[from]), rights, 0, &number),
	         OK);
	note(index, process, number, from, rights & model[from].rights);
}

static void forget(int index)
{
	model[index].is_live = false;
	live--;
}

static void close_one(struct random *random)
{
	int index = random_live(random);

	handle_close(entry_of(&model[index]));
	for (int i = 0; i < HANDLES; i++)
		if (model[i].is_live && model[i].parent == index)
			model[i].parent = model[index].parent;
	forget(index);
}

static void move_one(struct random *random)
{
	int index = random_live(random);
	unsigned to = (unsigned)(random_next(random) % PROCESSES);
	struct handle_entry *slot = handle_reserve(processes[to]);

	handle_move(entry_of(&model[index]), slot);
	CHECK(!entry_of(&model[index]));
	model[index].process = to;
	model[index].number = handle_number(slot);
}

static bool descends(int index, int from)
{
	for (; index >= 0; index = model[index].parent)
		if (model[index].parent == from)
			return true;
	return false;
}

static void revoke_one(struct random *random)
{
	int index = random_live(random);
	struct handle_entry *entry = entry_of(&model[index]);
	bool is_gone[HANDLES];

	unsigned budget;

	do
		budget = 1 + (unsigned)(random_next(random) % 5);
	while (!derivation_revoke(entry->object, &entry->node, &budget));
	for (int i = 0; i < HANDLES; i++)
		is_gone[i] = model[i].is_live && descends(i, index);
	for (int i = 0; i < HANDLES; i++)
		if (is_gone[i])
			forget(i);
}

/* Every model handle is there with its rights and parent; parents list their children. */
static bool agrees(void)
{
	unsigned used = 0;

	for (int i = 0; i < HANDLES; i++) {
		struct handle_entry *entry;
		bool is_listed = false;

		if (!model[i].is_live)
			continue;
		used++;
		entry = entry_of(&model[i]);
		if (!entry || entry->node.rights != (uint16_t)model[i].rights)
			return false;
		if (entry->node.parent !=
		    (model[i].parent < 0 ? NULL : &entry_of(&model[model[i].parent])->node))
			return false;
		for (struct derivation *d = entry->node.parent ? entry->node.parent->children
		                                               : entry->object->roots;
		     d; d = d->next) {
			is_listed |= d == &entry->node;
			if (d->next && d->next->prev != d)
				return false;
		}
		if (!is_listed)
			return false;
	}
	return used == live && domain->handles == live;
}

TEST(random_operations_agree_with_a_model)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct random random;

		random_seed(&random, seed);
		begin(UINT32_MAX);
		for (unsigned step = 0; step < 2000; step++) {
			unsigned what = (unsigned)(random_next(&random) % 16);

			if (live == 0 || (what == 0 && live < HANDLES - 1))
				add_root(&random);
			else if (what < 10 && live < HANDLES - 1)
				derive(&random);
			else if (what < 13)
				close_one(&random);
			else if (what < 15)
				move_one(&random);
			else
				revoke_one(&random);
			kobject_reap_all();
			if (!agrees()) {
				CHECK(!"the model agrees");
				break;
			}
		}
		end();
	}
}

TEST(every_failed_allocation_is_an_error_and_leaks_nothing)
{
	for (uint64_t allowed = 0; allowed < 12; allowed++) {
		handle_t number;
		unsigned made = 0;

		begin(UINT32_MAX);
		fakes_fail_after(allowed);
		for (unsigned i = 0; i < 200; i++) {
			struct thing *thing = kobject_create(domain, OBJECT_EVENT, &thing_ops);

			if (!thing)
				continue;
			made += handle_publish(processes[0], &thing->obj, ~0u, &number) == OK;
			kobject_reap_all();
		}
		CHECK(made <= allowed);
		fakes_fail_after(UINT64_MAX);
		end();
	}
}

TEST(a_table_can_be_filled_to_its_last_slot)
{
	struct thing *thing;
	handle_t first;
	handle_t number;
	unsigned count = 1;

	begin(UINT32_MAX);
	thing = kobject_create(domain, OBJECT_EVENT, &thing_ops);
	CHECK_EQ(handle_publish(processes[0], &thing->obj, ~0u, &first), OK);
	while (handle_derive_into(processes[0], handle_find(processes[0], first), ~0u, 0,
	                          &number) == OK)
		count++;
	CHECK_EQ(count, HANDLES_MAX);
	CHECK_EQ(handle_derive_into(processes[0], handle_find(processes[0], first), ~0u, 0,
	                            &number),
	         E_LIMIT);
	for (unsigned budget = 1000;
	     !derivation_revoke(&thing->obj, &handle_find(processes[0], first)->node, &budget);)
		budget = 1000;
	CHECK_EQ(processes[0]->handles.used, 1);
	end();
}

TEST(numbers_that_name_nothing_are_refused)
{
	begin(UINT32_MAX);
	CHECK(!handle_find(processes[0], HANDLE_NONE));
	for (uint32_t value = 1; value; value <<= 1)
		CHECK(!handle_find(processes[0], (handle_t){value}));
	CHECK(!handle_find(processes[0], (handle_t){UINT32_MAX}));
	end();
}

/* A number that was closed names nothing, however often its slot is used again in a program's life. */
TEST(numbers_come_again_late)
{
	struct thing *thing;
	handle_t first;
	handle_t stale;
	handle_t number;
	bool came_again = false;

	begin(UINT32_MAX);
	thing = kobject_create(domain, OBJECT_EVENT, &thing_ops);
	CHECK_EQ(handle_publish(processes[0], &thing->obj, ~0u, &first), OK);
	CHECK_EQ(handle_derive_into(processes[0], handle_find(processes[0], first), ~0u, 0, &stale),
	         OK);
	handle_close(handle_find(processes[0], stale));
	for (unsigned i = 0; i < 1000000 && !came_again; i++) {
		CHECK_EQ(handle_derive_into(processes[0], handle_find(processes[0], first), ~0u, 0,
		                            &number),
		         OK);
		came_again = handle_find(processes[0], stale) != NULL;
		handle_close(handle_find(processes[0], number));
	}
	CHECK(!came_again);
	end();
}

/* What is being revoked in steps does not grow meanwhile, at any depth. */
TEST(nothing_is_derived_below_a_handle_being_revoked)
{
	struct thing *thing;
	struct handle_entry *top;
	handle_t first;
	handle_t child;
	handle_t number;
	unsigned budget = 2;

	begin(UINT32_MAX);
	thing = kobject_create(domain, OBJECT_EVENT, &thing_ops);
	CHECK_EQ(handle_publish(processes[0], &thing->obj, ~0u, &first), OK);
	top = handle_find(processes[0], first);
	CHECK_EQ(handle_derive_into(processes[1], top, ~0u, 0, &child), OK);
	for (unsigned i = 0; i < 10; i++)
		CHECK_EQ(handle_derive_into(processes[1], handle_find(processes[1], child), ~0u, 0,
		                            &number),
		         OK);
	CHECK(!derivation_revoke(&thing->obj, &top->node, &budget));
	CHECK_EQ(handle_derive_into(processes[1], handle_find(processes[1], child), ~0u, 0,
	                            &number),
	         E_GONE);
	for (budget = 1; !derivation_revoke(&thing->obj, &top->node, &budget);)
		budget = 1;
	CHECK_EQ(handle_derive_into(processes[1], top, ~0u, 0, &number), OK);
	end();
}

/* The node goes away while it is being revoked: its revocation must not outlive it. */
TEST(a_closed_handle_revokes_no_longer)
{
	struct thing *thing;
	handle_t first;
	handle_t middle;
	handle_t number;
	unsigned budget = 1;

	begin(UINT32_MAX);
	thing = kobject_create(domain, OBJECT_EVENT, &thing_ops);
	CHECK_EQ(handle_publish(processes[0], &thing->obj, ~0u, &first), OK);
	CHECK_EQ(handle_derive_into(processes[0], handle_find(processes[0], first), ~0u, 0,
	                            &middle),
	         OK);
	for (unsigned i = 0; i < 3; i++)
		CHECK_EQ(handle_derive_into(processes[0], handle_find(processes[0], middle), ~0u, 0,
		                            &number),
		         OK);
	CHECK(!derivation_revoke(&thing->obj, &handle_find(processes[0], middle)->node, &budget));
	handle_close(handle_find(processes[0], middle));
	CHECK_EQ(thing->obj.revokes, 0);
	CHECK_EQ(handle_derive_into(processes[0], handle_find(processes[0], first), ~0u, 0,
	                            &number),
	         OK);
	end();
}

TEST_MAIN();
