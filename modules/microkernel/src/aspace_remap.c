/*
 * Moving and resizing mappings with their pages, in steps. The new place is kept by a mapping that allows nothing (the
 * reservation). Tables are made there first, so that a lack of memory is met before anything has changed. Then the front
 * of the old mapping moves, bit by bit: at each pause what has moved is a mapping at the new place, and what
 * has not is one at the old place.
 *
 * Nothing but addresses is kept between steps, and others may have changed what is there, or the arguments: so each step
 * looks at what it finds. When that is not what it needs any more, it ends, and all pages stay where they are.
 */
#include <base/bits.h>
#include <microkernel/errors.h>
#include "aspace_range.h"
#include "memory.h"
#include "progress.h"

#define RESERVED (MAP_PRIVATE | MAP_CLONE_DROP)

/* Between two steps. */
struct move {
	struct aspace *aspace;
	uint64_t moved;     /* so many bytes */
	uint64_t from, end; /* what has not moved */
	uint64_t to;        /* where it goes */
	uint64_t to_end;    /* of the new place, which may be longer */
};

static bool is_reservation(const struct mapping *mapping)
{
	return !mapping->memory && mapping->prot_max == 0 && mapping->flags == RESERVED;
}

static status_t reserve(struct aspace *aspace, uint64_t start, uint64_t bytes)
{
	struct mapping model = {.flags = RESERVED, .start = start, .end = start + bytes};
	struct mapping *mapping = mapping_alloc(aspace, &model);

	if (!mapping)
		return E_NOMEM;
	mapping_link(mapping, NULL);
	return OK;
}

/* What is left of it, or null. */
static struct mapping *reservation(const struct move *move)
{
	struct mapping *mapping = aspace_mapping_from(move->aspace, move->to);

	return mapping && is_reservation(mapping) && mapping->end == move->to_end ? mapping : NULL;
}

/* What has not moved yet, if it is as it was. */
static struct mapping *rest_of(const struct move *move)
{
	struct mapping *mapping = aspace_mapping_at(move->aspace, move->from);

	return mapping && mapping->start == move->from && mapping->end == move->end ? mapping
	                                                                            : NULL;
}

/* The same, if it can still move. */
static struct mapping *source(const struct move *move)
{
	const struct mapping *reserved = reservation(move);

	return reserved && reserved->start == move->to ? rest_of(move) : NULL;
}

/* Whether what comes from one can be shown by the other, which ends where that goes. */
static bool continues(const struct mapping *moved, const struct mapping *from)
{
	return moved->memory == from->memory &&
	       (!moved->memory || moved->offset + (moved->end - moved->start) == from->offset) &&
	       moved->node.parent == from->node.parent && moved->cookie == from->cookie &&
	       !((moved->flags ^ from->flags) & ~MAP_GROWSDOWN) &&
	       moved->prot_max == from->prot_max && moved->is_changing == from->is_changing;
}

/* The mapping that shows what has moved already and can be extended; or a new one, which is not in place yet. */
static struct mapping *find_moved(const struct move *move, const struct mapping *from)
{
	struct mapping *moved = aspace_mapping_at(move->aspace, move->to - PAGE_SIZE);
	struct mapping *made;

	if (move->moved > 0 && moved && moved != from && moved->end == move->to &&
	    continues(moved, from))
		return moved;
	made = mapping_alloc(move->aspace, from);
	if (made)
		made->start = made->end = move->to;
	return made;
}

/* The front of the reservation goes, or all of it. */
static void release(struct mapping *reserved, uint64_t to)
{
	if (to < reserved->end)
		mapping_move(reserved, to, reserved->end);
	else
		mapping_unlink(reserved);
}

static void cut_front(struct mapping *mapping, uint64_t at)
{
	if (at < mapping->end)
		mapping_trim(mapping, at);
	else
		mapping_unlink(mapping);
}

/* The leaves below at have moved; now their mappings do. */
static void follow(struct move *move, struct mapping *from, struct mapping *moved, uint64_t at)
{
	uint64_t end = move->to + (at - move->from);
	bool is_new = moved->start == moved->end;

	if (at == move->end)
		end = move->to_end;
	release(reservation(move), end);
	moved->end = is_new ? end : moved->end;
	if (is_new)
		mapping_link_beside(moved, from);
	else
		mapping_extend(moved, end);
	cut_front(from, at);
	move->moved += at - move->from;
	move->to += at - move->from;
	move->from = at;
}

static status_t move_some(struct move *move, unsigned *budget)
{
	struct mapping *from = source(move);
	struct mapping *moved = from ? find_moved(move, from) : NULL;
	uint64_t at = move->from;
	status_t status;

	if (!moved)
		return from ? E_NOMEM : E_NOENT;
	status = pt_move(&move->aspace->pt, &at, move->end, move->to - move->from, budget);
	if (at > move->from)
		follow(move, from, moved, at);
	else if (moved->start == moved->end)
		mapping_free(moved);
	return status;
}

static status_t prepare_some(struct move *move, unsigned *budget, uint64_t *done)
{
	uint64_t at = move->from + *done;
	status_t status;

	if (!source(move))
		return E_NOENT;
	status = pt_prepare_move(&move->aspace->pt, &at, move->end, move->to - move->from, budget);
	*done = at - move->from;
	return status;
}

/* With the tables that were made for what did not come. */
static status_t give_up(const struct move *move, unsigned *budget)
{
	status_t status = rest_of(move) ? E_NOMEM : E_NOENT;
	struct mapping *reserved = reservation(move);

	return !reserved || mapping_undo(&reserved->node, budget) ? status : STATUS_MORE;
}

/* progress->count: what is prepared, and then what has moved. */
static status_t go_on(struct move *move, struct progress *progress, unsigned *budget)
{
	status_t status = OK;

	if (progress->phase == REMAP_PREPARE) {
		status = prepare_some(move, budget, &progress->count);
		if (status == STATUS_MORE)
			return status;
		progress->phase = REMAP_MOVE;
		progress->count = 0;
	}
	if (progress->phase == REMAP_MOVE && status == OK) {
		status = move_some(move, budget);
		progress->count = move->moved;
		if (status == STATUS_MORE)
			return status;
		progress->phase = REMAP_CUT;
	}
	if (status == OK)
		return OK;
	progress->phase = REMAP_GIVE_UP;
	status = give_up(move, budget);
	if (status != STATUS_MORE && move->moved == 0)
		*progress = (struct progress){
			.call = progress->call}; /* made again it begins anew */
	return status;
}

static bool overlaps(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes)
{
	return a < b + b_bytes && b < a + a_bytes;
}

static status_t clear_place(struct aspace *aspace, const struct remap_args *args, uint64_t bytes,
                            uint64_t new_bytes, unsigned *budget, uint64_t *out)
{
	*out = args->new_address;
	if (range_check(aspace, *out, new_bytes) != OK ||
	    overlaps(*out, new_bytes, args->address, bytes))
		return E_INVAL;
	return aspace_unmap(aspace, *out, new_bytes, budget);
}

/* A new place, and a mapping that covers what goes there. */
static status_t begin_move(struct aspace *aspace, const struct remap_args *args, uint64_t bytes,
                           uint64_t new_bytes, struct progress *progress, unsigned *budget)
{
	uint64_t to;
	status_t status;

	if (args->new_address)
		status = clear_place(aspace, args, bytes, new_bytes, budget, &to);
	else
		status = range_choose(aspace, 0, new_bytes, progress, budget, &to);
	if (status == OK)
		status = range_split_edges(aspace, args->address,
		                           args->address + MIN(bytes, new_bytes));
	if (status == OK)
		status = reserve(aspace, to, new_bytes);
	if (status != OK)
		return status;
	*progress = (struct progress){progress->call, REMAP_PREPARE, to, 0, NULL};
	return OK;
}

static status_t begin(struct aspace *aspace, const struct remap_args *args, uint64_t bytes,
                      uint64_t new_bytes, struct progress *progress, unsigned *budget)
{
	struct mapping *mapping = aspace_mapping_at(aspace, args->address);
	uint64_t end = args->address + bytes;
	status_t status = OK;

	if (!mapping || mapping->end < end)
		return E_NOENT;
	if (!args->new_address && new_bytes > bytes) {
		if (new_bytes > aspace->high - args->address ||
		    !range_is_free(aspace, end, new_bytes - bytes))
			return args->may_move ? begin_move(aspace, args, bytes, new_bytes, progress,
			                                   budget)
			                      : E_NOMEM;
		status = range_split_edges(aspace, args->address, end);
		mapping = aspace_mapping_at(aspace, args->address);
		if (status == OK)
			mapping_move(mapping, args->address, args->address + new_bytes);
	} else if (args->new_address) {
		return begin_move(aspace, args, bytes, new_bytes, progress, budget);
	}
	progress->phase = REMAP_CUT;
	progress->at = args->address;
	return status;
}

status_t aspace_remap(struct aspace *aspace, const struct remap_args *args,
                      struct progress *progress, unsigned *budget, uint64_t *out)
{
	uint64_t bytes = align_up(args->bytes, PAGE_SIZE);
	uint64_t new_bytes = align_up(args->new_bytes, PAGE_SIZE);
	status_t status = OK;

	if (range_check(aspace, args->address, bytes) != OK || new_bytes == 0 ||
	    new_bytes > aspace->high - aspace->low || args->reserved)
		return E_INVAL;
	if (progress->phase < REMAP_PREPARE)
		status = begin(aspace, args, bytes, new_bytes, progress, budget);
	if (status == OK && progress->phase < REMAP_CUT) {
		uint64_t moved = progress->phase == REMAP_PREPARE ? 0 : progress->count;
		struct move move = {aspace,
		                    moved,
		                    args->address + moved,
		                    args->address + MIN(bytes, new_bytes),
		                    progress->at + moved,
		                    progress->at + new_bytes};

		status = go_on(&move, progress, budget);
	}
	if (status != OK)
		return status;
	*out = progress->at;
	return new_bytes < bytes
	               ? aspace_unmap(aspace, args->address + new_bytes, bytes - new_bytes, budget)
	               : OK;
}
