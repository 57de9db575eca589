/*
 * Moving mappings, finding room among many and protecting what is large: in steps, with changes made between them.
 */
#include <base/bits.h>
#include <microkernel/errors.h>
#include "ktest_fixture.h"
#include "page.h"
#include "space.h"

#define AT (NATIVE_BASE + (1ul << 30) + 300 * PAGE_SIZE)
#define TO (AT + (1ul << 25) + 151 * PAGE_SIZE)
#define RW (MAP_READ | MAP_WRITE)
#define PAGES 700u
#define STEP 60u

struct mover {
	struct fixture f;
	struct aspace *aspace;
	struct remap_args args;
	struct progress progress;
	unsigned steps;
};

static void write_page(struct aspace *aspace, uint64_t at, unsigned page)
{
	uint16_t *there = (uint16_t *)fixture_touch(aspace, at + page * PAGE_SIZE, MAP_WRITE);

	KCHECK(there);
	if (there)
		*there = (uint16_t)(page + 1);
}

/* What is seen of the page there: its number and 1, or 0. */
static unsigned read_page(struct aspace *aspace, uint64_t at, unsigned page)
{
	struct pt_entry entry = pt_lookup(&aspace->pt, at + page * PAGE_SIZE);

	return entry.present ? *(uint16_t *)direct(entry.page) : 0;
}

/* A mapping of PAGES pages, every second of which is there. */
static struct mover make_mover(struct memory *memory_of(struct domain *))
{
	struct mover m = {.f = fixture_create(3000)};
	struct memory *memory = memory_of ? memory_of(m.f.domain) : NULL;
	struct handle_entry *entry = memory ? fixture_publish(&m.f, &memory->obj) : NULL;

	m.aspace = &m.f.process->aspace;
	m.args = (struct remap_args){AT, PAGES * PAGE_SIZE, TO, (PAGES + 5) * PAGE_SIZE, 1, 0};
	KCHECK(fixture_map(m.aspace, entry, AT, PAGES * PAGE_SIZE, RW) == AT);
	for (unsigned i = 0; i < PAGES; i += 2)
		write_page(m.aspace, AT, i);
	return m;
}

static struct memory *object_of(struct domain *domain)
{
	return memory_create(domain, (PAGES + 5) * PAGE_SIZE, 0);
}

static status_t step(struct mover *m, uint64_t *out)
{
	unsigned budget = STEP;
	status_t status = aspace_remap(m->aspace, &m->args, &m->progress, &budget, out);

	m->steps++;
	aspace_check(m->aspace);
	return status;
}

/* Steps until some pages have moved, and not all. */
static void go_to_the_middle(struct mover *m)
{
	uint64_t out;

	while (!read_page(m->aspace, TO, PAGES / 2))
		KCHECK(step(m, &out) == STATUS_MORE);
	KCHECK(!read_page(m->aspace, TO, PAGES - 2) && read_page(m->aspace, AT, PAGES - 2));
}

static status_t finish(struct mover *m)
{
	uint64_t out = 0;
	status_t status;

	while ((status = step(m, &out)) == STATUS_MORE)
		;
	return status;
}

/* Each page that was there is at one of the two places. */
static void check_pages(struct mover *m)
{
	for (unsigned i = 0; i < PAGES; i += 2)
		KCHECK(read_page(m->aspace, AT, i) + read_page(m->aspace, TO, i) == i + 1);
}

static void check_moved(struct mover *m)
{
	unsigned budget = STEP_BUDGET;

	for (unsigned i = 0; i < PAGES; i += 2)
		KCHECK(read_page(m->aspace, TO, i) == i + 1);
	KCHECK(aspace_bytes(m->aspace) == m->args.new_bytes && m->aspace->mappings.count == 1);
	KCHECK(fixture_touch(m->aspace, TO + (PAGES + 4) * PAGE_SIZE, MAP_WRITE));
	KCHECK(!fixture_touch(m->aspace, AT, MAP_READ));
	while (aspace_unmap(m->aspace, TO, m->args.new_bytes, &budget) == STATUS_MORE)
		budget = STEP_BUDGET;
	KCHECK(m->aspace->pt.resident == 0);
	fixture_destroy(&m->f);
}

KTEST(moving_goes_in_steps)
{
	struct memory *(*kinds[])(struct domain *) = {NULL, object_of};

	for (unsigned i = 0; i < 2; i++) {
		struct mover m = make_mover(kinds[i]);
		uint64_t out;

		while (step(&m, &out) == STATUS_MORE)
			check_pages(&m);
		KCHECK(m.steps > PAGES / 2 / STEP && out == TO);
		check_moved(&m);
	}
}

/* What touches it at either end stays another mapping. */
KTEST(a_mapping_moves_right_beside_itself)
{
	uint64_t bytes = PAGES * PAGE_SIZE;
	uint64_t places[] = {AT + bytes, AT - bytes};

	for (unsigned i = 0; i < 2; i++) {
		struct mover m = make_mover(NULL);

		m.args.new_address = places[i];
		m.args.new_bytes = bytes;
		if (i)
			KCHECK(fixture_map(m.aspace, NULL, places[i] - PAGE_SIZE, PAGE_SIZE, RW));
		KCHECK(finish(&m) == OK && m.aspace->mappings.count == 1 + i);
		for (unsigned page = 0; page < PAGES; page += 2)
			KCHECK(read_page(m.aspace, places[i], page) == page + 1);
		fixture_destroy(&m.f);
	}
}

/* The kernel's choice of a place is nobody else's, though most of it shows nothing yet. */
KTEST(the_new_place_is_kept)
{
	struct mover m = make_mover(NULL);
	struct map_args other = {.flags = RW, .bytes = PAGE_SIZE};
	struct progress progress = {0};
	unsigned budget = STEP_BUDGET;
	uint64_t place, out = 0;

	m.args.new_address = 0;
	KCHECK(fixture_map(m.aspace, NULL, AT + PAGES * PAGE_SIZE, PAGE_SIZE, RW));
	KCHECK(step(&m, &out) == STATUS_MORE);
	KCHECK(aspace_map(m.aspace, &other, NULL, &progress, &budget, &place) == OK);
	write_page(m.aspace, place, 0);
	while (step(&m, &out) == STATUS_MORE)
		KCHECK(!fixture_touch(m.aspace, place + PAGES * PAGE_SIZE, MAP_READ));
	KCHECK(out > place && read_page(m.aspace, place, 0) == 1);
	for (unsigned i = 0; i < PAGES; i += 2)
		KCHECK(read_page(m.aspace, out, i) == i + 1);
	fixture_destroy(&m.f);
}

/* Pages that are touched and rights that change go along; what has moved is not at the old place. */
KTEST(what_changes_between_the_steps_of_a_move_is_kept)
{
	struct mover m = make_mover(NULL);
	struct progress protecting = {0};
	unsigned budget = STEP_BUDGET;

	go_to_the_middle(&m);
	KCHECK(!fixture_touch(m.aspace, AT, MAP_READ));
	KCHECK(!fixture_touch(m.aspace, TO + (PAGES - 1) * PAGE_SIZE, MAP_WRITE));
	write_page(m.aspace, AT, PAGES - 1);
	write_page(m.aspace, TO, 1);
	KCHECK(aspace_protect(m.aspace, AT + (PAGES - 50) * PAGE_SIZE, 50 * PAGE_SIZE, MAP_READ,
	                      &protecting, &budget) == OK);
	KCHECK(finish(&m) == E_NOENT); /* that made two mappings of one, as before the call */
	check_pages(&m);
	KCHECK(read_page(m.aspace, AT, PAGES - 1) == PAGES && read_page(m.aspace, TO, 1) == 2);
	KCHECK(!fixture_touch(m.aspace, AT + (PAGES - 1) * PAGE_SIZE, MAP_WRITE));
	KCHECK(m.aspace->mappings.count == 3);
	fixture_destroy(&m.f);
}

/* What moves after all of it has lost a right does not get that back. */
KTEST(a_move_goes_on_with_fewer_rights)
{
	struct mover m = make_mover(NULL);
	struct progress protecting = {0};
	unsigned budget = STEP_BUDGET;
	uint64_t rest;

	go_to_the_middle(&m);
	rest = AT + m.progress.count;
	while (aspace_protect(m.aspace, rest, AT + PAGES * PAGE_SIZE - rest, MAP_READ, &protecting,
	                      &budget) == STATUS_MORE)
		budget = STEP_BUDGET;
	KCHECK(finish(&m) == OK);
	KCHECK(fixture_touch(m.aspace, TO, MAP_WRITE));
	KCHECK(!fixture_touch(m.aspace, TO + (PAGES - 2) * PAGE_SIZE, MAP_WRITE));
	for (unsigned i = 0; i < PAGES; i += 2)
		KCHECK(read_page(m.aspace, TO, i) == i + 1);
	fixture_destroy(&m.f);
}

/* Pages of a space that are to be moved. */
static struct space *make_moving_space(struct mover *m, uint64_t from, uint64_t to)
{
	struct space *space;

	KCHECK(space_create(m->f.domain, 0, &space) == OK);
	m->aspace = &space->aspace;
	m->args = (struct remap_args){from, PAGES * PAGE_SIZE, to, PAGES * PAGE_SIZE, 1, 0};
	KCHECK(fixture_map(m->aspace, NULL, from, PAGES * PAGE_SIZE, RW) == from);
	for (unsigned i = 0; i < PAGES; i++)
		write_page(m->aspace, from, i);
	return space;
}

/* The tables are shared with the clone then, on both sides of the move. */
KTEST(a_clone_in_the_middle_of_a_move_is_whole)
{
	struct fixture f = fixture_create(3000);
	struct mover m = {.f = f};
	uint64_t at = AT - NATIVE_BASE, to = TO - NATIVE_BASE, out;
	struct progress cloning = {0};
	struct space *parent, *clone;
	unsigned budget = STEP_BUDGET;
	unsigned found = 0;

	parent = make_moving_space(&m, at, to);
	while (!read_page(m.aspace, to, PAGES / 2))
		KCHECK(step(&m, &out) == STATUS_MORE);
	while (space_clone(parent, f.domain, &cloning, &budget) == STATUS_MORE)
		budget = STEP_BUDGET;
	clone = container_of(cloning.object, struct space, obj);
	KCHECK(finish(&m) == OK);
	aspace_check(&clone->aspace);
	for (unsigned i = 0; i < PAGES; i++) {
		KCHECK(read_page(m.aspace, to, i) == i + 1);
		found += (read_page(&clone->aspace, at, i) + read_page(&clone->aspace, to, i)) ==
		         i + 1;
	}
	KCHECK(found == PAGES);
	kobject_unref(&clone->obj);
	kobject_unref(&parent->obj);
	fixture_destroy(&f);
}

/* The table that comes next is shared since, and there is no page for one of its own. */
KTEST(a_move_that_cannot_have_its_own_tables_stops_where_it_is)
{
	struct fixture f = fixture_create(3000);
	struct mover m = {.f = f};
	uint64_t at = AT - NATIVE_BASE, to = TO - NATIVE_BASE, out;
	struct domain_limits limits = f.domain->limits;
	struct progress cloning = {0};
	struct space *parent;
	unsigned budget = STEP_BUDGET;

	parent = make_moving_space(&m, at, to);
	while (!read_page(m.aspace, to, 0))
		KCHECK(step(&m, &out) == STATUS_MORE);
	while (space_clone(parent, f.domain, &cloning, &budget) == STATUS_MORE)
		budget = STEP_BUDGET;
	limits.pages = f.domain->pages;
	domain_set_limits(f.domain, &limits);
	KCHECK(finish(&m) == E_NOMEM);
	for (unsigned i = 0; i < PAGES; i++)
		KCHECK(read_page(m.aspace, at, i) + read_page(m.aspace, to, i) == i + 1);
	kobject_unref(cloning.object);
	kobject_unref(&parent->obj);
	fixture_destroy(&f);
}

/* All that was mapped still is, at one place or the other, and can be unmapped. */
KTEST(a_move_can_be_given_up)
{
	struct mover m = make_mover(object_of);
	unsigned budget = STEP_BUDGET;

	go_to_the_middle(&m);
	check_pages(&m);
	while (aspace_unmap(m.aspace, AT, PAGES * PAGE_SIZE, &budget) == STATUS_MORE)
		budget = STEP_BUDGET;
	while (aspace_unmap(m.aspace, TO, m.args.new_bytes, &budget) == STATUS_MORE)
		budget = STEP_BUDGET;
	aspace_check(m.aspace);
	KCHECK(aspace_bytes(m.aspace) == 0 && m.aspace->pt.resident == 0);
	fixture_destroy(&m.f);
}

/* Its source or its new place goes: it ends and keeps nothing of the place. */
KTEST(a_move_ends_when_others_take_its_ends_away)
{
	uint64_t ends[] = {AT + (PAGES - 1) * PAGE_SIZE, TO + (PAGES + 4) * PAGE_SIZE};

	for (unsigned i = 0; i < 2; i++) {
		struct mover m = make_mover(NULL);
		unsigned budget = STEP_BUDGET;

		go_to_the_middle(&m);
		KCHECK(aspace_unmap(m.aspace, ends[i], PAGE_SIZE, &budget) == OK);
		KCHECK(finish(&m) < 0);
		check_pages(&m);
		fixture_destroy(&m.f);
	}
}

/* Its handle is revoked in the middle: both parts go. */
KTEST(revoking_takes_both_ends_of_a_move)
{
	struct mover m = make_mover(object_of);
	struct memory *memory = aspace_mapping_at(m.aspace, AT)->memory;
	unsigned budget = STEP_BUDGET;

	go_to_the_middle(&m);
	KCHECK(memory->mapping_count == 2);
	while (!derivation_remove_all(&memory->obj, &budget))
		budget = STEP_BUDGET;
	KCHECK(m.aspace->pt.resident == 0);
	KCHECK(finish(&m) == E_NOENT);
	KCHECK(aspace_bytes(m.aspace) == 0);
	fixture_destroy(&m.f);
}

/* A table that was made for it went with a neighbour, and no page is left: it stops, and loses nothing. */
KTEST(a_move_that_lacks_memory_stops_where_it_is)
{
	struct mover m = make_mover(NULL);
	uint64_t neighbour = TO + (PAGES + 5) * PAGE_SIZE;
	struct domain_limits limits = m.f.domain->limits;
	unsigned budget = STEP_BUDGET;

	KCHECK(fixture_map(m.aspace, NULL, neighbour, PAGE_SIZE, RW) == neighbour);
	write_page(m.aspace, neighbour, 0);
	go_to_the_middle(&m);
	KCHECK(aspace_unmap(m.aspace, neighbour, PAGE_SIZE, &budget) == OK);
	limits.pages = m.f.domain->pages;
	domain_set_limits(m.f.domain, &limits);
	KCHECK(finish(&m) == E_NOMEM);
	check_pages(&m);
	KCHECK(m.aspace->mappings.count == 2);
	fixture_destroy(&m.f);
}

/* Neither the mapping that keeps the new place nor the tables there can be paid for: nothing has changed. */
KTEST(a_move_that_cannot_be_paid_for_does_not_begin)
{
	struct mover m = make_mover(NULL);
	struct domain_limits limits = m.f.domain->limits;
	struct domain_info info;
	unsigned mappings = 0;
	uint64_t out;

	domain_get_info(m.f.domain, &info);
	limits.pages = info.pages_used; /* what is left of the last one is enough for a mapping */
	domain_set_limits(m.f.domain, &limits);
	m.args.new_address = TO + (1ul << 40); /* all its tables are to be made */
	KCHECK(finish(&m) == E_NOMEM && m.aspace->mappings.count == 1);
	while (fixture_map(m.aspace, NULL, AT - (2 + 2 * mappings) * PAGE_SIZE, PAGE_SIZE, RW))
		mappings++;
	KCHECK(step(&m, &out) == E_NOMEM && m.aspace->mappings.count == mappings + 1);
	for (unsigned i = 0; i < PAGES; i += 2)
		KCHECK(read_page(m.aspace, AT, i) == i + 1);
	fixture_destroy(&m.f);
}

/* While its tables are made. */
KTEST(a_move_whose_pages_go_before_it_begins_ends)
{
	struct mover m = make_mover(NULL);
	unsigned budget = STEP_BUDGET;
	uint64_t out;

	KCHECK(step(&m, &out) == STATUS_MORE && !read_page(m.aspace, TO, 0));
	while (aspace_unmap(m.aspace, AT, PAGES * PAGE_SIZE, &budget) == STATUS_MORE)
		budget = STEP_BUDGET;
	KCHECK(finish(&m) == E_NOENT);
	KCHECK(aspace_bytes(m.aspace) == 0 && m.aspace->pt.resident == 0);
	fixture_destroy(&m.f);
}

/* Own tables for a range of more tables than a step looks at. */
KTEST(protecting_many_tables_ends)
{
	struct fixture f = fixture_create(400);
	struct aspace *aspace = &f.process->aspace;
	struct progress progress = {0};
	unsigned budget = STEP;
	unsigned steps = 1;

	fixture_map(aspace, NULL, AT, 100 * PT_TABLE_SPAN, RW);
	for (unsigned i = 0; i < 100; i++)
		write_page(aspace, AT + i * PT_TABLE_SPAN, 0);
	for (; aspace_protect(aspace, AT, 100 * PT_TABLE_SPAN, MAP_READ, &progress, &budget) ==
	               STATUS_MORE &&
	       steps < 100;
	     budget = STEP, steps++)
		aspace_check(aspace);
	KCHECK(steps > 3 && steps < 100);
	for (unsigned i = 0; i < 100; i++)
		KCHECK(!fixture_touch(aspace, AT + i * PT_TABLE_SPAN, MAP_WRITE));
	fixture_destroy(&f);
}

/* --- room among many mappings --- */

#define CROWD 400u

struct search {
	struct fixture f;
	struct aspace *aspace;
	struct progress progress;
	uint64_t bytes; /* of the large mapping on top; below the others there is less room */
	unsigned steps;
};

static struct search make_search(void)
{
	struct search s = {.f = fixture_create(1000)};
	uint64_t at;

	s.aspace = &s.f.process->aspace;
	s.bytes = align_down((s.aspace->high - s.aspace->low) / 3 * 2, PAGE_SIZE);
	at = s.aspace->high - s.bytes;
	KCHECK(fixture_map(s.aspace, NULL, at, s.bytes, RW) == at);
	for (unsigned i = 1; i <= CROWD; i++)
		KCHECK(fixture_map(s.aspace, NULL, at - i * PAGE_SIZE, PAGE_SIZE, RW));
	return s;
}

static status_t look(struct search *s, uint64_t hint, uint64_t bytes, uint64_t *out)
{
	struct map_args args = {.flags = RW, .address = hint, .bytes = bytes};
	unsigned budget = STEP;

	s->steps++;
	return aspace_map(s->aspace, &args, NULL, &s->progress, &budget, out);
}

static status_t look_on(struct search *s, uint64_t hint, uint64_t bytes, uint64_t *out)
{
	status_t status;

	while ((status = look(s, hint, bytes, out)) == STATUS_MORE)
		KCHECK(s->steps < 1000);
	return status;
}

KTEST(looking_for_room_goes_in_steps)
{
	struct search s = make_search();
	uint64_t lowest = s.aspace->high - s.bytes - CROWD * PAGE_SIZE;
	uint64_t out = 0;

	KCHECK(look_on(&s, 0, PAGE_SIZE, &out) == OK && out == lowest - PAGE_SIZE);
	KCHECK(s.steps > CROWD / STEP);
	s.progress = (struct progress){0};
	KCHECK(look_on(&s, 0, s.bytes, &out) == E_NOMEM);
	fixture_destroy(&s.f);
}

/* It has passed by already; it is found before anybody is told that there is none. */
KTEST(room_that_appears_behind_a_search_is_found)
{
	struct search s = make_search();
	uint64_t top = s.aspace->high - s.bytes;
	unsigned budget = STEP_BUDGET;
	uint64_t out = 0;

	KCHECK(look(&s, 0, s.bytes, &out) == STATUS_MORE);
	KCHECK(look(&s, 0, s.bytes, &out) == STATUS_MORE);
	KCHECK(aspace_unmap(s.aspace, top, s.bytes, &budget) == OK);
	KCHECK(look_on(&s, 0, s.bytes, &out) == OK && out == top);
	fixture_destroy(&s.f);
}

/* Below the hint first, then everywhere. */
KTEST(a_search_from_a_hint_begins_again_at_the_top)
{
	struct search s = make_search();
	uint64_t hint = s.aspace->high - s.bytes;
	unsigned budget = STEP_BUDGET;
	uint64_t out = 0;

	KCHECK(aspace_unmap(s.aspace, hint + PAGE_SIZE, s.bytes - PAGE_SIZE, &budget) == OK);
	KCHECK(look_on(&s, hint, s.bytes - 2 * PAGE_SIZE, &out) == OK &&
	       out == hint + 2 * PAGE_SIZE);
	s.progress = (struct progress){0};
	KCHECK(look_on(&s, hint, PAGE_SIZE, &out) == OK);
	KCHECK(out == hint - (CROWD + 1) * PAGE_SIZE);
	s.progress = (struct progress){0};
	KCHECK(look_on(&s, hint, s.bytes - 2 * PAGE_SIZE, &out) == E_NOMEM);
	fixture_destroy(&s.f);
}
