/*
 * Handles and revocation in the running kernel.
 */
#include <microkernel/errors.h>
#include <microkernel/rights.h>
#include "ktest_fixture.h"

static struct handle_entry *derive(struct fixture *f, struct handle_entry *from, uint32_t rights)
{
	handle_t handle = HANDLE_NONE;

	KCHECK(handle_derive_into(f->process, from, rights, 0, &handle) == OK);
	return handle_find(f->process, handle);
}

KTEST(handle_rights_only_shrink)
{
	struct fixture f = fixture_create(100);
	struct handle_entry *root = fixture_publish(&f, &event_create(f.domain)->obj);
	struct handle_entry *child = derive(&f, root, RIGHT_WAIT | RIGHT_DERIVE | RIGHT_PAGER);
	struct handle_entry *grandchild = derive(&f, child, ~0u);

	KCHECK(child->node.rights == (RIGHT_WAIT | RIGHT_DERIVE));
	KCHECK(grandchild->node.rights == child->node.rights);
	fixture_destroy(&f);
}

/* There is no table to look it up in. */
KTEST(a_process_that_ended_finds_no_handle)
{
	struct fixture f = fixture_create(100);
	struct handle_entry *entry = fixture_publish(&f, &event_create(f.domain)->obj);
	handle_t handle = handle_number(entry);

	KCHECK(handle_find(f.process, handle) == entry);
	kobject_kill(&f.process->obj);
	kobject_reap_all();
	KCHECK(!f.process->handles.chunks && !handle_find(f.process, handle));
	fixture_destroy(&f);
}

KTEST(handle_stale_number_is_refused)
{
	struct fixture f = fixture_create(100);
	struct handle_entry *entry = fixture_publish(&f, &event_create(f.domain)->obj);
	handle_t number = handle_number(entry);
	struct handle_entry *again;

	handle_close(entry);
	kobject_reap_all();
	KCHECK(!handle_find(f.process, number));
	again = fixture_publish(&f, &event_create(f.domain)->obj);
	KCHECK(handle_number(again).value != number.value);
	KCHECK(!handle_find(f.process, number));
	KCHECK(handle_get(f.process, handle_number(again), OBJECT_MEMORY, 0, &entry) == E_TYPE);
	KCHECK(handle_get(f.process, handle_number(again), OBJECT_EVENT, RIGHT_PAGER, &entry) ==
	       E_ACCESS);
	fixture_destroy(&f);
}

/* A place in the table is used so often that its generation wraps: 0 is left out, or the number could be no handle. */
KTEST(handle_numbers_are_never_none)
{
	struct fixture f = fixture_create(100);
	struct handle_entry *root = fixture_publish(&f, &event_create(f.domain)->obj);
	handle_t first = HANDLE_NONE;
	handle_t again;
	unsigned count = 0;

	do /* until one place is left */
		first = handle_number(derive(&f, root, ~0u));
	while (f.process->handles.free);
	again = first;
	do {
		handle_close(handle_find(f.process, again));
		KCHECK(handle_derive_into(f.process, root, ~0u, 0, &again) == OK);
		KCHECK(again.value != 0 && !handle_find(f.process, HANDLE_NONE));
	} while (again.value != first.value && ++count < 100000);
	KCHECK(count == 0xffff - 1);
	fixture_destroy(&f);
}

KTEST(revoke_takes_all_descendants_in_steps)
{
	struct fixture f = fixture_create(100);
	struct handle_entry *root = fixture_publish(&f, &event_create(f.domain)->obj);
	struct handle_entry *at = derive(&f, root, ~0u);
	unsigned steps = 1;
	unsigned budget;

	for (unsigned i = 0; i < 100; i++)
		at = derive(&f, i % 3 ? at : root, ~0u);
	for (budget = 7; !derivation_revoke(root->object, &root->node, &budget); budget = 7) {
		handle_t handle;

		KCHECK(handle_derive_into(f.process, root, ~0u, 0, &handle) == E_GONE);
		steps++;
	}
	KCHECK(steps == (101 + 6) / 7 + (101 % 7 == 0));
	KCHECK(f.process->handles.used == 1);
	KCHECK(!root->node.children);
	fixture_destroy(&f);
}

KTEST(closing_hands_children_to_the_parent)
{
	struct fixture f = fixture_create(100);
	struct handle_entry *root = fixture_publish(&f, &event_create(f.domain)->obj);
	struct handle_entry *middle = derive(&f, root, ~0u);
	struct handle_entry *leaf = derive(&f, middle, ~0u);
	unsigned budget = 100;

	handle_close(middle);
	KCHECK(leaf->node.parent == &root->node);
	KCHECK(derivation_revoke(root->object, &root->node, &budget));
	KCHECK(leaf->node.state == HANDLE_FREE);
	fixture_destroy(&f);
}

KTEST(badges_are_chosen_once)
{
	struct fixture f = fixture_create(100);
	struct handle_entry *root = fixture_publish(&f, &event_create(f.domain)->obj);
	handle_t badged;
	handle_t again;

	KCHECK(handle_derive_into(f.process, root, ~0u, 7, &badged) == OK);
	KCHECK(handle_find(f.process, badged)->badge == 7);
	KCHECK(handle_derive_into(f.process, handle_find(f.process, badged), ~0u, 8, &again) ==
	       E_ACCESS);
	KCHECK(handle_derive_into(f.process, handle_find(f.process, badged), ~0u, 0, &again) == OK);
	KCHECK(handle_find(f.process, again)->badge == 7);
	fixture_destroy(&f);
}

KTEST(handle_limit_is_an_error)
{
	struct fixture f = fixture_create(100);
	struct handle_entry *root = fixture_publish(&f, &event_create(f.domain)->obj);
	handle_t handle;
	unsigned count = 1;

	while (handle_derive_into(f.process, root, ~0u, 0, &handle) == OK)
		count++;
	KCHECK(count == 200);
	KCHECK(handle_derive_into(f.process, root, ~0u, 0, &handle) == E_LIMIT);
	fixture_destroy(&f);
}
