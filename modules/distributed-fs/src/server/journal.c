/*
 * The journal (journal.h). It begins anew whenever the store has committed what it holds, so that a busy server
 * comes back to the same few pages.
 *
 * A request that was made but not answered: only the last change can be one, since the server answers before it takes
 * the next request. A new instance puts that one aside (`doubtful`), and its client, who was told that the server
 * died, repeats it under the same number. The places aside go round: a client that was kept from repeating over
 * so many deaths would have its change made twice or refused.
 */
#include "journal.h"
#include "clock.h"

#include <base/assert.h>
#include <base/bits.h>
#include <base/string.h>

#define MAGIC 0x3130304c4e524a41ull /* "AJRNL001" */
#define DOUBTFUL_MAX 64u
#define HEAD_BYTES 4096u

struct doubtful {
	uint64_t request;
	uint64_t inode;
	uint64_t kind;
};

struct journal_head {
	uint64_t magic;
	uint8_t uuid[16]; /* of the store */
	uint64_t end;     /* bytes of changes */
	uint32_t attempts;
	uint32_t doubtful_next;
	struct doubtful doubtful[DOUBTFUL_MAX];
};
STATIC_ASSERT(sizeof(struct journal_head) <= HEAD_BYTES);
STATIC_ASSERT(sizeof(struct change) == 128);

static struct journal_head *head;
static uint8_t *records;
static uint64_t capacity;
static uint64_t newest; /* no change in the journal is of a later commit */

void journal_begin(void *memory, size_t bytes)
{
	head = memory;
	records = (uint8_t *)memory + HEAD_BYTES;
	capacity = bytes - HEAD_BYTES;
}

/* Stores before it in the program are made before it: who looks later may be another program. */
static void set_end(uint64_t end)
{
	__atomic_store_n(&head->end, end, __ATOMIC_SEQ_CST);
}

/* --- reading it: nothing in it is believed that would lead out of it --- */

static struct change *change_at(uint64_t at)
{
	struct change *c = (struct change *)(records + at);
	uint64_t end = MIN(head->end, capacity), names;

	if (at > end || end - at < sizeof(*c))
		return NULL;
	names = (uint64_t)c->first_len + c->second_len;
	if (c->bytes % 8 != 0 || c->bytes < sizeof(*c) + names || c->bytes > end - at)
		return NULL;
	return c->kind != 0 && c->kind < CHANGE_KINDS ? c : NULL;
}

static struct change *next_change(uint64_t *at)
{
	struct change *c = change_at(*at);

	if (c != NULL)
		*at += c->bytes;
	return c;
}

static struct change_names names_of(const struct change *c)
{
	const char *first = (const char *)(c + 1);

	return (struct change_names){first, first + c->first_len};
}

/* --- adopting --- */

static void set_aside_last(void)
{
	struct change *c, *last = NULL;
	struct doubtful *place = &head->doubtful[head->doubtful_next % DOUBTFUL_MAX];

	for (uint64_t at = 0; (c = next_change(&at)) != NULL;)
		last = c;
	if (last == NULL || last->request == 0)
		return;
	*place = (struct doubtful){last->request & ~JOURNAL_REPEATED, last->inode, last->kind};
	head->doubtful_next++;
}

bool journal_adopt(const struct store *store)
{
	struct store_statfs space;

	store_statfs(store, &space);
	if (head->magic == MAGIC && memcmp(head->uuid, space.uuid, sizeof(space.uuid)) == 0) {
		head->attempts++;
		set_aside_last();
		newest = CHANGE_PENDING;
		return true;
	}
	set_end(0);
	memset(head, 0, sizeof(*head));
	memcpy(head->uuid, space.uuid, sizeof(space.uuid));
	__atomic_store_n(&head->magic, MAGIC, __ATOMIC_SEQ_CST);
	newest = 0;
	return false;
}

bool journal_is_found(void)
{
	return head->magic == MAGIC;
}

uint32_t journal_attempts(void)
{
	return head->attempts;
}

void journal_settle(void)
{
	set_end(0);
	head->attempts = 0;
	newest = 0;
}

/* What the last commit has is done with; the rest is pending until it is known which commit has it. */
static void mark_pending(const struct store *store)
{
	uint64_t done = store_commits(store);
	struct change *c;

	for (uint64_t at = 0; (c = next_change(&at)) != NULL;)
		c->tx = c->tx > done ? CHANGE_PENDING : CHANGE_VOID;
}

static status_t make_again(struct store *store, const struct change *c)
{
	struct change_names names = names_of(c);
	struct change again = *c;
	status_t status = change_make(store, &again, &names);

	return status == OK && again.inode != c->inode ? E_CORRUPT : status;
}

/* A store that cannot be changed now may be another time. */
static bool is_fatal(status_t status)
{
	return status == E_ROFS || status == E_IO || status == E_NOMEM;
}

/*
 * Commits may come in between, and what they have must not be made again after the next restart, nor may what they
 * lack be taken for theirs: so first nothing is known to be committed, then each change as it is made.
 */
status_t journal_replay(struct store *store,
                        void (*failed)(const struct change *change, status_t status))
{
	struct change *c;

	mark_pending(store);
	for (uint64_t at = 0; (c = next_change(&at)) != NULL;) {
		status_t status;

		if (c->tx == CHANGE_VOID || c->kind == CHANGE_WRITE)
			continue;
		status = make_again(store, c);
		if (is_fatal(status))
			return status;
		if (status != OK)
			failed(c, status);
		c->tx = status == OK ? store_commits(store) + 1 : CHANGE_VOID;
	}
	return OK;
}

struct change *journal_next_write(uint64_t *at)
{
	struct change *c;

	while ((c = next_change(at)) != NULL) {
		if (c->kind == CHANGE_WRITE && c->tx == CHANGE_PENDING)
			return c;
	}
	return NULL;
}

/* --- writing it --- */

static status_t have_room(struct store *store, uint64_t bytes)
{
	status_t status = OK;

	if (head->end > 0 && store_commits(store) >= newest)
		set_end(0);
	if (bytes <= capacity - head->end)
		return OK;
	status = store_commit(store);
	if (status == OK)
		set_end(0);
	return status;
}

static struct change *append(const struct change *c, const struct change_names *names)
{
	struct change *to = (struct change *)(records + head->end);
	char *text = (char *)(to + 1);

	*to = *c;
	memcpy(text, names->first, c->first_len);
	memcpy(text + c->first_len, names->second, c->second_len);
	set_end(head->end + c->bytes);
	return to;
}

bool journal_was_made(uint64_t request, uint32_t kind, uint64_t *out_inode)
{
	if ((request & JOURNAL_REPEATED) == 0)
		return false;
	for (uint32_t i = 0; i < DOUBTFUL_MAX; i++) {
		const struct doubtful *d = &head->doubtful[i];

		if (d->request == (request & ~JOURNAL_REPEATED) && d->kind == kind) {
			*out_inode = d->inode;
			return true;
		}
	}
	return false;
}

status_t journal_make(struct store *store, struct change *change, const struct change_names *names)
{
	status_t status;

	if (journal_was_made(change->request, change->kind, &change->inode))
		return OK;
	if (change->now_ns == 0)
		clock_stamp(&change->now_ns, &change->random);
	change->bytes = (uint32_t)align_up(sizeof(*change) + change->first_len + change->second_len,
	                                   8);
	status = have_room(store, change->bytes);
	if (status == OK)
		status = change_make(store, change, names);
	if (status != OK)
		return status;
	change->tx = store_commits(store) + 1;
	newest = MAX(newest, change->tx);
	(void)append(change, names);
	return OK;
}

struct change *journal_begin_write(struct store *store, uint64_t inode, uint64_t offset,
                                   uint64_t bytes)
{
	static const struct change_names none = {"", ""};
	const struct change change = {.bytes = sizeof(change),
	                              .kind = CHANGE_WRITE,
	                              .tx = CHANGE_PENDING,
	                              .inode = inode,
	                              .offset = offset,
	                              .size = bytes};

	return have_room(store, sizeof(change)) == OK ? append(&change, &none) : NULL;
}

void journal_end_write(const struct store *store, struct change *write, bool is_written)
{
	write->tx = is_written ? store_commits(store) + 1 : CHANGE_VOID;
	if (is_written)
		newest = MAX(newest, write->tx);
}
