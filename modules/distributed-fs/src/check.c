/*
 * The checker: reads everything that hangs off the newest super-block and compares every
 * statement that the store makes twice.
 *
 *   - every pointer's tag, every node's order and bounds      (check_walk.c)
 *   - every file's blocks, size and number of blocks          (check_contents.c)
 *   - names, link counts, parents, orphans                    (check_inodes.c)
 *   - blocks in use against the space map, both ways; totals  (here)
 *   - both copies of the super-block                          (here)
 *
 * It only reads, and goes on after a finding. It trusts nothing, and needs memory for one
 * bit per block and about a hundred bytes per inode.
 */
#include "check.h"

#include "message.h"
#include "store_private.h"
#include "super.h"
#include "tx.h"

void check_sentence(struct checker *checker, const struct store_message *message)
{
	checker->check->findings++;
	if (checker->check->finding != NULL)
		checker->check->finding(checker->check->context, message->text);
}

void check_finding(struct checker *checker, const char *text, uint64_t first, uint64_t second,
                   uint64_t third)
{
	uint64_t numbers[] = {first, second, third};
	struct store_message message;
	unsigned int n = 0;

	message_set(&message, "");
	for (; *text != '\0'; text++) {
		if (*text == '#' && n < 3)
			message_number(&message, numbers[n++]);
		else
			message_bytes(&message, text, 1);
	}
	check_sentence(checker, &message);
}

/* ---- Space ---- */

static bool is_seen(const struct checker *checker, uint64_t block)
{
	return (checker->seen[block / 64] >> block % 64 & 1) != 0;
}

enum block_state { AGREES, LEAKED, LOST };

static status_t block_state(struct checker *checker, uint64_t block, enum block_state *out)
{
	bool is_used = false;
	status_t status = space_is_used(&checker->store->space, block, &is_used);

	*out = AGREES;
	if (is_used && !is_seen(checker, block))
		*out = LEAKED;
	if (!is_used && is_seen(checker, block))
		*out = LOST;
	return status;
}

static void report_run(struct checker *checker, enum block_state state, uint64_t from, uint64_t to)
{
	if (state == LEAKED && !checker->is_incomplete)
		check_finding(
			checker,
			"space: # blocks from block # on are marked used, but nothing uses them",
			to - from, from, 0);
	if (state == LOST)
		check_finding(checker,
		              "space: # blocks from block # on are in use, but marked free",
		              to - from, from, 0);
}

/* Compares the blocks of one group with its bitmap. */
static status_t check_group(struct checker *checker, uint64_t from, uint64_t to)
{
	enum block_state state = AGREES;
	uint64_t start = from;

	for (uint64_t block = from; block < to; block++) {
		enum block_state here;
		status_t status = block_state(checker, block, &here);

		if (status != OK) {
			check_finding(checker, "space: the bitmap for block # cannot be read",
			              block, 0, 0);
			return status == E_CORRUPT ? OK : status;
		}
		if (here != state) {
			report_run(checker, state, start, block);
			state = here;
			start = block;
		}
	}
	report_run(checker, state, start, to);
	return OK;
}

static status_t check_space(struct checker *checker)
{
	struct space *space = &checker->store->space;
	status_t status = OK;

	for (uint64_t from = space->data_first; from < space->blocks && status == OK;) {
		uint64_t to = min_u64((from / GROUP_BLOCKS + 1) * GROUP_BLOCKS, space->blocks);

		status = check_group(checker, from, to);
		space_trim(space);
		from = to;
	}
	return status;
}

static void check_totals(struct checker *checker)
{
	const struct space *space = &checker->store->space;
	const struct store_check *check = checker->check;
	const struct disk_super *super = &checker->store->super;
	uint64_t used = check->nodes + check->data_blocks;
	uint64_t data = space->blocks - space->data_first;
	uint64_t free = data - min_u64(used, data);

	if (checker->is_incomplete)
		return;
	if (super->free_blocks != free)
		check_finding(checker, "super-block: # blocks free, but # are", super->free_blocks,
		              free, 0);
	if (super->inodes != checker->inode_count)
		check_finding(checker, "super-block: # inodes, but there are #", super->inodes,
		              checker->inode_count, 0);
}

static void count_orphans(struct checker *checker)
{
	for (uint64_t i = 0; i < checker->inode_count; i++)
		checker->check->orphans += checker->inodes[i].has_note;
}

/* ---- Running ---- */

static void *take(struct checker *checker, size_t bytes)
{
	const struct store_ops *ops = &checker->store->ops;
	void *memory = ops->alloc(ops->context, bytes);

	if (memory != NULL)
		memset(memory, 0, bytes);
	return memory;
}

static void give(struct checker *checker, void *memory, size_t bytes)
{
	const struct store_ops *ops = &checker->store->ops;

	if (memory != NULL)
		ops->free(ops->context, memory, bytes);
}

static status_t run(struct checker *checker)
{
	status_t status = check_walk(checker, true, check_contents);

	if (status == OK)
		status = check_walk(checker, false, check_names);
	if (status != OK)
		return status;
	check_inodes(checker);
	count_orphans(checker);
	check_totals(checker);
	return check_space(checker);
}

status_t store_check(struct store *store, struct store_check *check)
{
	struct checker checker = {.store = store, .check = check};
	size_t seen_bytes = (size_t)(store->space.blocks / 64 + 1) * 8;
	status_t status = E_NOMEM;
	unsigned int damaged;

	if (store->is_dirty)
		return E_BUSY;
	check->findings = check->nodes = check->data_blocks = 0;
	check->files = check->dirs = check->orphans = 0;
	checker.seen = take(&checker, seen_bytes);
	checker.nodes = take(&checker, NODE_LEVELS_MAX * sizeof(struct disk_node));
	checker.data = take(&checker, BLOCK_BYTES);
	if (checker.seen != NULL && checker.nodes != NULL && checker.data != NULL) {
		damaged = super_damaged_copies(&store->ops, checker.data);
		if (damaged > 0)
			check_finding(&checker, "super-block: # of its copies are damaged", damaged,
			              0, 0);
		status = run(&checker);
	}
	give(&checker, checker.seen, seen_bytes);
	give(&checker, checker.nodes, NODE_LEVELS_MAX * sizeof(struct disk_node));
	give(&checker, checker.data, BLOCK_BYTES);
	give(&checker, checker.inodes, checker.inode_capacity * sizeof(*checker.inodes));
	return status;
}
