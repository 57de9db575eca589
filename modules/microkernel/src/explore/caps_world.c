/*
 * Capabilities: three processes, one object, four handles to it at the most. Handles are derived, copied, moved, closed and
 * revoked, the object is killed, and revocation and death go in steps of one handle with everything else in between.
 *
 * The specification: a set of capabilities, each with a process, rights, and the one it was derived from. Deriving adds one
 * below another, with no more rights, unless that or one above it is being revoked. Moving changes the process only. Closing
 * takes one out, and those derived from it become its parent's. A step of revocation takes out one that others were not
 * derived from, below the revoked one; it is done when none is left there. The object has one reference for each.
 *
 * usage: explore_caps DEPTH
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <microkernel/errors.h>
#include "domain.h"
#include "explore/explore.h"
#include "explore/machine.h"
#include "kernel_lock.h"
#include "process.h"

#define PROCESSES 3
#define CAPS 4
#define NONE CAPS
#define ALL_RIGHTS 0x7fu
#define FEW_RIGHTS 0x11u

/* Each with a capability, in the order of processes and slots; those up to MOVE also with a process. */
enum operation { DERIVE, COPY, MOVE, CLOSE, REVOKE, KILL, REAP, OPERATIONS };

struct cap {
	struct handle_entry *entry; /* its identity */
	unsigned process;
	unsigned parent; /* index, or NONE */
	uint32_t rights;
	bool is_revoking;
};

struct caps {
	unsigned count;
	struct cap cap[CAPS];
};

static struct process *processes[PROCESSES];
static struct kobject *object;
static const struct kobject_ops ops = {.name = "thing", .size = sizeof(struct kobject)};

/* --- the abstract state that the kernel's has --- */
static unsigned find_entry(const struct caps *caps, const struct handle_entry *entry)
{
	for (unsigned i = 0; i < caps->count; i++)
		if (caps->cap[i].entry == entry)
			return i;
	return NONE;
}

static void collect(struct caps *caps)
{
	for (unsigned p = 0; p < PROCESSES; p++) {
		struct handle_entry *chunk = processes[p]->handles.chunk_count
		                                     ? processes[p]->handles.chunks[0]
		                                     : NULL;
		uint32_t used = 0;

		for (unsigned i = 0; chunk && i < HANDLE_CHUNK; i++) {
			if (chunk[i].node.state != HANDLE_USED)
				continue;
			EXPECT(caps->count < CAPS, "more capabilities than were made");
			EXPECT(chunk[i].object == object && chunk[i].process == processes[p],
			       "a capability to something else");
			used++;
			caps->cap[caps->count++] = (struct cap){&chunk[i], p, NONE,
			                                        chunk[i].node.rights,
			                                        chunk[i].node.is_revoking};
		}
		EXPECT(used == processes[p]->handles.used, "process %u counts %u handles of %u", p,
		       processes[p]->handles.used, used);
	}
}

/* Children of node (null: of the object) must say so. Returns how many there are below it. */
static unsigned read_children(struct caps *caps, struct derivation *node)
{
	struct derivation *prev = NULL;
	unsigned count = 0;

	for (struct derivation *at = node ? node->children : object->roots; at; at = at->next) {
		unsigned child = find_entry(caps, container_of(at, struct handle_entry, node));

		EXPECT(child != NONE, "the tree has a node that is no handle");
		EXPECT(at->parent == node && at->prev == prev, "links of the tree disagree");
		caps->cap[child].parent = node ? find_entry(caps,
		                                            container_of(node, struct handle_entry,
		                                                         node))
		                               : NONE;
		count += 1 + read_children(caps, at);
		EXPECT(count <= caps->count, "the tree is a circle");
		prev = at;
	}
	return count;
}

static struct caps look(void)
{
	struct caps caps;
	unsigned revokes = 0;

	memset(&caps, 0, sizeof(caps));
	collect(&caps);
	EXPECT(read_children(&caps, NULL) == caps.count, "a handle is not in the tree");
	for (unsigned i = 0; i < caps.count; i++)
		revokes += caps.cap[i].is_revoking;
	EXPECT(object->revokes == revokes, "%u revocations are counted, %u go on", object->revokes,
	       revokes);
	EXPECT(object->refs == caps.count + 1, "%u references, %u handles", object->refs,
	       caps.count);
	EXPECT(domain_root()->handles == caps.count, "%u handles are charged, %u exist",
	       domain_root()->handles, caps.count);
	return caps;
}

/* --- the specification --- */
static bool descends(const struct caps *caps, unsigned cap, unsigned from)
{
	for (cap = caps->cap[cap].parent; cap != NONE; cap = caps->cap[cap].parent)
		if (cap == from)
			return true;
	return false;
}

static bool may_grow(const struct caps *caps, unsigned cap)
{
	for (; cap != NONE; cap = caps->cap[cap].parent)
		if (caps->cap[cap].is_revoking)
			return false;
	return !object->is_dead;
}

static bool has_children(const struct caps *caps, unsigned cap)
{
	for (unsigned i = 0; i < caps->count; i++)
		if (caps->cap[i].parent == cap)
			return true;
	return false;
}

/* Without that one, whose children are its parent's. */
static void take_out(struct caps *caps, unsigned cap)
{
	unsigned parent = caps->cap[cap].parent;

	for (unsigned i = 0; i < caps->count; i++)
		if (caps->cap[i].parent == cap)
			caps->cap[i].parent = parent;
	caps->count--;
	memmove(&caps->cap[cap], &caps->cap[cap + 1], (caps->count - cap) * sizeof(struct cap));
	for (unsigned i = 0; i < caps->count; i++)
		if (caps->cap[i].parent != NONE && caps->cap[i].parent > cap)
			caps->cap[i].parent--;
}

static void expect_same(const struct caps *expected, const struct caps *real)
{
	EXPECT(expected->count == real->count, "%u capabilities; there should be %u", real->count,
	       expected->count);
	for (unsigned i = 0; i < expected->count; i++) {
		const struct cap *want = &expected->cap[i];
		unsigned found = find_entry(real, want->entry);
		const struct cap *have = &real->cap[found % CAPS];

		EXPECT(found != NONE, "a capability of process %u is gone", want->process);
		EXPECT(have->process == want->process && have->rights == want->rights &&
		               have->is_revoking == want->is_revoking,
		       "a capability changed: process %u, rights %x, revoking %d; it should be "
		       "%u, %x, %d",
		       have->process, have->rights, have->is_revoking, want->process, want->rights,
		       want->is_revoking);
		EXPECT((want->parent == NONE) == (have->parent == NONE) &&
		               (want->parent == NONE ||
		                expected->cap[want->parent].entry == real->cap[have->parent].entry),
		       "a capability of process %u has another parent", want->process);
	}
}

/* What a step in which one leaf may go has taken: below `below`, or anywhere (NONE). */
static void expect_leaf_gone(struct caps *expected, const struct caps *real, unsigned below)
{
	for (unsigned i = 0; i < expected->count; i++) {
		if (find_entry(real, expected->cap[i].entry) != NONE)
			continue;
		EXPECT(below == NONE || descends(expected, i, below),
		       "revoking took what was not derived from it");
		EXPECT(!has_children(expected, i), "one that others were derived from went first");
		take_out(expected, i);
		break;
	}
	expect_same(expected, real);
}

/* --- operations --- */
static bool derive(struct caps *caps, unsigned cap, unsigned process, uint32_t rights)
{
	struct handle_entry *from = caps->cap[cap].entry;
	bool is_allowed = may_grow(caps, cap);
	struct caps real;
	handle_t number;
	status_t status;

	if (caps->count == CAPS)
		return false;
	status = handle_derive_into(processes[process], from, rights, 0, &number);
	EXPECT((status == OK) == is_allowed, "deriving gave %d", status);
	real = look();
	if (status == OK)
		caps->cap[caps->count++] = (struct cap){handle_find(processes[process], number),
		                                        process, cap,
		                                        rights & caps->cap[cap].rights, false};
	expect_same(caps, &real);
	return true;
}

static bool move(struct caps *caps, unsigned cap, unsigned process)
{
	handle_t old = handle_number(caps->cap[cap].entry);
	unsigned from = caps->cap[cap].process;
	struct handle_entry *slot = handle_reserve(processes[process]);
	struct caps real;

	handle_move(caps->cap[cap].entry, slot);
	EXPECT(!handle_find(processes[from], old), "the old number still names it");
	real = look();
	caps->cap[cap].entry = slot;
	caps->cap[cap].process = process;
	expect_same(caps, &real);
	return true;
}

static bool close_one(struct caps *caps, unsigned cap)
{
	handle_t old = handle_number(caps->cap[cap].entry);
	unsigned from = caps->cap[cap].process;
	struct caps real;

	handle_close(caps->cap[cap].entry);
	EXPECT(!handle_find(processes[from], old), "a closed number still names something");
	real = look();
	take_out(caps, cap);
	expect_same(caps, &real);
	return true;
}

static bool revoke(struct caps *caps, unsigned cap)
{
	struct handle_entry *entry = caps->cap[cap].entry;
	unsigned budget = 1;
	bool is_done = derivation_revoke(object, &entry->node, &budget);
	struct caps real = look();

	caps->cap[cap].is_revoking = !is_done;
	EXPECT(!is_done || !has_children(&real, find_entry(&real, entry)),
	       "revoking is done, and something is left");
	expect_leaf_gone(caps, &real, cap);
	return true;
}

static bool kill(struct caps *caps)
{
	struct caps real;

	if (object->is_killed)
		return false;
	kobject_kill(object);
	real = look();
	expect_same(caps, &real);
	return true;
}

static bool reap(struct caps *caps)
{
	struct caps real;

	if (!kobject_has_dying())
		return false;
	kobject_reap(2); /* one handle */
	real = look();
	EXPECT(kobject_has_dying() || !object->is_killed || real.count == 0,
	       "death is done, and %u handles are left", real.count);
	expect_leaf_gone(caps, &real, NONE);
	return true;
}

/* Which slot is used next, and its generation, have no influence on what capabilities mean. */
static void forget(struct process *process)
{
	struct handle_table *table = &process->handles;
	struct handle_entry *chunk = table->chunk_count ? table->chunks[0] : NULL;

	table->free = NULL;
	for (unsigned i = 0; chunk && i < HANDLE_CHUNK; i++) {
		struct handle_entry *entry = &chunk[i];
		uint32_t number = i | 1u << HANDLE_INDEX_BITS;

		entry->node.number = number;
		if (entry->node.state != HANDLE_FREE)
			continue;
		*entry = (struct handle_entry){.node.number = number, .process = process};
		if (table->free)
			table->free_last->object = (struct kobject *)entry;
		else
			table->free = entry;
		table->free_last = entry;
	}
}

static bool act(struct caps *caps, enum operation operation, unsigned cap, unsigned process)
{
	if (operation >= KILL)
		return cap == 0 && process == 0 && (operation == KILL ? kill(caps) : reap(caps));
	if (cap >= caps->count || (operation > MOVE && process > 0))
		return false;
	switch (operation) {
	case DERIVE: return derive(caps, cap, process, FEW_RIGHTS);
	case COPY: return derive(caps, cap, process, ALL_RIGHTS);
	case MOVE: return move(caps, cap, process);
	case CLOSE: return close_one(caps, cap);
	default: return revoke(caps, cap);
	}
}

static bool step(unsigned number)
{
	struct caps caps = look();

	if (!act(&caps, number / CAPS / PROCESSES, number / PROCESSES % CAPS, number % PROCESSES))
		return false;
	for (unsigned i = 0; i < PROCESSES; i++)
		forget(processes[i]);
	this_cpu()->pending = 0;
	return true;
}

static void describe(unsigned number)
{
	static const char *const names[] = {"derive with few rights from", "copy", "move", "close",
	                                    "revoke, one step, below"};
	unsigned operation = number / CAPS / PROCESSES;

	if (operation == KILL)
		printf("kill the object");
	else if (operation == REAP)
		printf("a step of its death");
	else
		printf("%s capability %u", names[operation], number / PROCESSES % CAPS);
	if (operation <= MOVE)
		printf(" to process %u", number % PROCESSES);
}

static void build(void)
{
	handle_t number;

	machine_build(1);
	for (unsigned i = 0; i < PROCESSES; i++)
		EXPECT(process_create(domain_root(), "", &processes[i]) == OK, "no process");
	object = kobject_create(domain_root(), OBJECT_EVENT, &ops);
	kobject_ref(object);
	EXPECT(handle_publish(processes[0], object, ALL_RIGHTS, &number) == OK, "no handle");
	for (unsigned i = 0; i < PROCESSES; i++)
		handle_unreserve(handle_reserve(processes[i])); /* each has its slots */
	for (unsigned i = 0; i < PROCESSES; i++)
		forget(processes[i]);
}

static const struct world world = {
	.name = "capabilities of three processes",
	.build = build,
	.step_count = OPERATIONS * CAPS * PROCESSES,
	.step = step,
	.describe = describe,
};

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: explore_caps DEPTH\n");
		return 2;
	}
	return explore(&world, (unsigned)atoi(argv[1]));
}
