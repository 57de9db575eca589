/*
 * The name cache: the tree of dentries, a hash table to find children by name, and the list of unused
 * dentries of cached file systems, oldest first.
 *
 *   create -> hashed (found by name) -> unhashed (removed, or never added) -> freed at the last put
 *
 * A hashed dentry of a resident file system has one reference of the tree's, so it stays. A child holds a
 * reference to its parent. One lock guards all of it and is held for short, bounded work only; inodes are
 * put after it is released, since their file systems may then do anything. Who has a reference takes and gives
 * back others without the lock, as long as it is not the last.
 */
#include "dcache.h"
#include "file.h"
#include <base/assert.h>
#include <base/hash.h>
#include <base/string.h>
#include <libanon/heap.h>

#define BUCKETS_AT_FIRST 1024u
#define UNUSED_MAX 4096u

struct mutex dcache_lock = MUTEX_RANKED(RANK_DENTRY);
static struct dentry **buckets;
static uint32_t bucket_count, hashed_count;
static struct list unused = LIST_INIT(unused);
static uint32_t unused_count;

struct name name_of(const char *text)
{
	size_t len = strlen(text);
	return (struct name){text, (uint32_t)len, hash_bytes(text, len)};
}

struct name name_component(const char *text)
{
	const char *at = text;
	uint64_t hash = HASH_START;
	for (; *at && *at != '/'; at++)
		hash = hash_byte(hash, (unsigned char)*at);
	return (struct name){text, (uint32_t)(at - text), hash};
}

/* The name's hash is good in its low bits; the parent's address is only different. */
static uint32_t bucket_of(const struct dentry *parent, uint64_t name_hash)
{
	uint64_t place = (uint64_t)(uintptr_t)parent * 0x9e3779b97f4a7c15ull;
	return (uint32_t)(name_hash ^ place >> 32) & (bucket_count - 1);
}

/* A table twice as large; when memory is short the old one just gets slower. False without any. */
static bool grow_table(void)
{
	uint32_t old_count = bucket_count;
	uint32_t count = old_count ? old_count * 2 : BUCKETS_AT_FIRST;
	struct dentry **old = buckets;
	struct dentry **table = heap_zalloc(count * sizeof(*table));
	if (!table)
		return old != NULL;
	buckets = table;
	bucket_count = count;
	for (uint32_t i = 0; i < old_count; i++) {
		struct dentry *next;
		for (struct dentry *d = old[i]; d; d = next) {
			uint32_t to = bucket_of(d->parent, d->name_hash);
			next = d->hash_next;
			d->hash_next = table[to];
			table[to] = d;
		}
	}
	heap_free(old);
	return true;
}

static void hash_locked(struct dentry *dentry)
{
	uint32_t at = bucket_of(dentry->parent, dentry->name_hash);
	dentry->hash_next = buckets[at];
	buckets[at] = dentry;
	dentry->flags |= DENTRY_HASHED;
	dentry->sequence = dentry->parent->next_sequence++;
	dentry->parent->child_count++;
	list_push_back(&dentry->parent->children, &dentry->siblings);
	hashed_count++;
}

static void unhash_locked(struct dentry *dentry)
{
	struct dentry **at = &buckets[bucket_of(dentry->parent, dentry->name_hash)];
	while (*at != dentry)
		at = &(*at)->hash_next;
	*at = dentry->hash_next;
	dentry->flags &= ~DENTRY_HASHED;
	dentry->parent->child_count--;
	list_remove(&dentry->siblings);
	hashed_count--;
}

static bool is_named(const struct dentry *dentry, const struct name *name)
{
	return dentry->name_hash == name->hash && dentry->name_len == name->len &&
	       name_is_at(dentry->name, name);
}

struct dentry *dcache_find_locked(struct dentry *parent, const struct name *name)
{
	if (!buckets)
		return NULL;
	struct dentry *d = buckets[bucket_of(parent, name->hash)];
	while (d && (d->parent != parent || !is_named(d, name)))
		d = d->hash_next;
	return d;
}

static bool has_flag(const struct dentry *dentry, uint32_t super_flag)
{
	return dentry->inode->super->flags & super_flag;
}

void dcache_get_locked(struct dentry *dentry)
{
	if (__atomic_fetch_add(&dentry->references, 1, __ATOMIC_ACQUIRE) == 0 &&
	    list_is_linked(&dentry->unused)) {
		list_remove(&dentry->unused);
		unused_count--;
	}
}

/* Drop a reference; dentries that go are chained through hash_next behind *victims. */
static void put_locked(struct dentry *dentry, struct dentry **victims)
{
	while (dentry) {
		struct dentry *parent = dentry->parent != dentry ? dentry->parent : NULL;
		uint32_t left = __atomic_sub_fetch(&dentry->references, 1, __ATOMIC_ACQ_REL);
		ASSERT(left != UINT32_MAX);
		if (left > 0)
			return;
		if (dentry->flags & DENTRY_HASHED) {
			if (has_flag(dentry, SUPER_CACHED)) {
				list_push_back(&unused, &dentry->unused);
				unused_count++;
				return;
			}
			unhash_locked(dentry);
		}
		dentry->hash_next = *victims;
		*victims = dentry;
		dentry = parent;
	}
}

static void drop_unused_locked(struct dentry *dentry, struct dentry **victims)
{
	list_remove(&dentry->unused);
	unused_count--;
	unhash_locked(dentry);
	dentry->references = 1;
	put_locked(dentry, victims);
}

/* The name if it is a block of its own, to be freed. */
static char *heap_name(struct dentry *dentry)
{
	return dentry->name == dentry->first_name ? NULL : dentry->name;
}

void dcache_free_victims(struct dentry *victims)
{
	while (victims) {
		struct dentry *next = victims->hash_next;
		if (victims->inode)
			inode_put(victims->inode);
		heap_free(heap_name(victims));
		heap_free(victims);
		victims = next;
	}
}

void dentry_put_last(struct dentry *dentry)
{
	struct dentry *victims = NULL;
	mutex_lock(&dcache_lock);
	put_locked(dentry, &victims);
	while (unused_count > UNUSED_MAX)
		drop_unused_locked(list_entry(list_first(&unused), struct dentry, unused),
		                   &victims);
	mutex_unlock(&dcache_lock);
	dcache_free_victims(victims);
}

void dcache_shrink(struct super *super)
{
	struct dentry *victims = NULL;
	struct list *at, *next;
	mutex_lock(&dcache_lock);
	list_for_each_safe (at, next, &unused) {
		struct dentry *dentry = list_entry(at, struct dentry, unused);
		if (dentry->inode->super == super)
			drop_unused_locked(dentry, &victims);
	}
	mutex_unlock(&dcache_lock);
	dcache_free_victims(victims);
}

static void set_name(struct dentry *dentry, char *text)
{
	struct name name = name_of(text);
	dentry->name = text;
	dentry->name_len = name.len;
	dentry->name_hash = name.hash;
}

struct dentry *dentry_create(const char *name, struct inode *inode)
{
	size_t bytes = strlen(name) + 1;
	struct dentry *dentry = heap_zalloc(sizeof(*dentry) + bytes);
	if (!dentry) {
		inode_put(inode);
		return NULL;
	}
	memcpy(dentry->first_name, name, bytes);
	dentry->references = 1;
	set_name(dentry, dentry->first_name);
	dentry->inode = inode;
	dentry->parent = dentry;
	list_init(&dentry->siblings);
	list_init(&dentry->children);
	list_init(&dentry->unused);
	return dentry;
}

struct dentry *dentry_create_root(struct inode *inode)
{
	return dentry_create("", inode);
}

struct dentry *dentry_create_free(struct dentry *parent, const char *name, struct inode *inode)
{
	struct dentry *dentry = dentry_create(name, inode);
	if (dentry && parent)
		dentry->parent = dentry_get(parent);
	return dentry;
}

struct dentry *dcache_find(struct dentry *parent, const char *name)
{
	struct name wanted = name_of(name);
	mutex_lock(&dcache_lock);
	struct dentry *dentry = dcache_find_locked(parent, &wanted);
	if (dentry)
		dcache_get_locked(dentry);
	mutex_unlock(&dcache_lock);
	return dentry;
}

int64_t dcache_add_locked(struct dentry *parent, struct dentry *dentry, struct dentry **out)
{
	struct name name = {dentry->name, dentry->name_len, dentry->name_hash};
	if (parent->flags & DENTRY_DEAD)
		return -ENOENT;
	struct dentry *existing = dcache_find_locked(parent, &name);
	if (existing) {
		dcache_get_locked(existing);
		*out = existing;
		return -EEXIST;
	}
	if (hashed_count >= bucket_count && !grow_table())
		return -ENOMEM;
	dcache_get_locked(parent);
	dentry->parent = parent;
	dentry->references += has_flag(dentry, SUPER_RESIDENT);
	hash_locked(dentry);
	*out = dentry;
	return 0;
}

int64_t dcache_add(struct dentry *parent, const char *name, struct inode *inode,
                   struct dentry **out)
{
	struct dentry *dentry = dentry_create(name, inode);
	*out = NULL;
	if (!dentry)
		return -ENOMEM;
	mutex_lock(&dcache_lock);
	int64_t result = dcache_add_locked(parent, dentry, out);
	mutex_unlock(&dcache_lock);
	if (result != 0)
		dentry_put(dentry);
	return result;
}

void dcache_unhash_locked(struct dentry *dentry, struct dentry **victims)
{
	bool is_unused = list_is_linked(&dentry->unused);
	if (is_unused) {
		drop_unused_locked(dentry, victims);
		return;
	}
	unhash_locked(dentry);
	if (has_flag(dentry, SUPER_RESIDENT))
		put_locked(dentry, victims);
}

/* Takes a hashed dentry that somebody holds out of the tree: the name is no more. */
void dcache_remove_locked(struct dentry *dentry, struct dentry **victims)
{
	if (S_ISDIR(dentry->inode->mode))
		dentry->flags |= DENTRY_DEAD;
	dcache_unhash_locked(dentry, victims);
}

int64_t dcache_remove(struct dentry *dentry, bool must_be_empty)
{
	struct dentry *victims = NULL;
	int64_t result = 0;
	mutex_lock(&dcache_lock);
	if (!(dentry->flags & DENTRY_HASHED))
		result = -ENOENT;
	else if (must_be_empty && dentry->child_count > 0)
		result = -ENOTEMPTY;
	else
		dcache_remove_locked(dentry, &victims);
	mutex_unlock(&dcache_lock);
	dcache_free_victims(victims);
	return result;
}

void dcache_forget(struct dentry *dentry)
{
	struct dentry *victims = NULL;
	mutex_lock(&dcache_lock);
	if (dentry->flags & DENTRY_HASHED)
		dcache_unhash_locked(dentry, &victims);
	mutex_unlock(&dcache_lock);
	dcache_free_victims(victims);
}

static bool is_below_locked(struct dentry *dentry, struct dentry *ancestor)
{
	while (dentry != ancestor && dentry->parent != dentry)
		dentry = dentry->parent;
	return dentry == ancestor;
}

bool dcache_is_below(struct dentry *dentry, struct dentry *ancestor)
{
	mutex_lock(&dcache_lock);
	bool result = is_below_locked(dentry, ancestor);
	mutex_unlock(&dcache_lock);
	return result;
}

/* Under another parent and name; old_parent's reference becomes the caller's to put. */
static struct dentry *place_locked(struct dentry *dentry, struct dentry *dir, char *name)
{
	struct dentry *old_parent = dentry->parent;
	unhash_locked(dentry);
	dcache_get_locked(dir);
	dentry->parent = dir;
	set_name(dentry, name);
	dentry->names_epoch = 0;
	hash_locked(dentry);
	return old_parent;
}

static int64_t may_move_locked(struct dentry *from, struct dentry *dir, const char *name,
                               struct dentry *existing, bool is_exchange)
{
	if (!(from->flags & DENTRY_HASHED) || dir->flags & DENTRY_DEAD)
		return -ENOENT;
	struct name wanted = name_of(name);
	if (dcache_find_locked(dir, &wanted) != existing)
		return existing ? -ENOENT : -EEXIST;
	if (is_below_locked(dir, from))
		return -EINVAL;
	if (existing && is_below_locked(from, existing))
		return is_exchange ? -EINVAL : -ENOTEMPTY;
	if (existing && !is_exchange && has_flag(existing, SUPER_RESIDENT) && existing->child_count)
		return -ENOTEMPTY;
	return 0;
}

/* The names are of the heap, and become theirs. */
static void exchange_locked(struct dentry *a, char *name_a, struct dentry *b, char *name_b,
                            struct dentry *parents[2])
{
	struct dentry *dir_a = a->parent, *dir_b = b->parent;
	unhash_locked(b);
	parents[0] = place_locked(a, dir_b, name_a);
	set_name(b, name_b);
	b->names_epoch = 0;
	parents[1] = b->parent;
	dcache_get_locked(dir_a);
	b->parent = dir_a;
	hash_locked(b);
}

/* names are of the heap: what from is to be called, and room for what existing is; those left over come back. */
static void move_locked(struct dentry *from, struct dentry *dir, struct dentry *existing,
                        bool is_exchange, char *names[2], struct dentry *parents[2],
                        struct dentry **victims)
{
	char *old_name = heap_name(from), *other_name = names[1];
	if (is_exchange) {
		other_name = heap_name(existing);
		string_copy(names[1], from->name, NAME_MAX + 1);
		exchange_locked(from, names[0], existing, names[1], parents);
	} else {
		if (existing)
			dcache_remove_locked(existing, victims);
		parents[0] = place_locked(from, dir, names[0]);
	}
	names[0] = old_name;
	names[1] = other_name;
}

static int64_t try_move_locked(struct dentry *from, struct dentry *dir, const char *name,
                               struct dentry *existing, bool is_exchange, char *names[2],
                               const struct names_stamp stamps[2], struct dentry **victims)
{
	struct dentry *parents[2] = {NULL, NULL}, *exchanged = is_exchange ? existing : NULL;
	int64_t result = may_move_locked(from, dir, name, existing, is_exchange);
	if (result != 0)
		return result;
	bool is_sure = dcache_is_sure_locked(from) &&
	               (!exchanged || dcache_is_sure_locked(exchanged));
	move_locked(from, dir, existing, is_exchange, names, parents, victims);
	struct moved moved = {from, parents[0], exchanged, is_sure};
	if (stamps)
		dcache_note_moved_locked(&moved, stamps);
	for (unsigned i = 0; i < 2; i++) {
		if (parents[i])
			put_locked(parents[i], victims);
	}
	return 0;
}

int64_t dcache_move(struct dentry *from, struct dentry *dir, const char *name,
                    struct dentry *existing, bool is_exchange, const struct names_stamp stamps[2])
{
	struct dentry *victims = NULL;
	char *names[2] = {heap_strdup(name), is_exchange ? heap_alloc(NAME_MAX + 1) : NULL};
	int64_t result = -ENOMEM;
	if (names[0] && (names[1] || !is_exchange)) {
		mutex_lock(&dcache_lock);
		result = try_move_locked(from, dir, name, existing, is_exchange, names, stamps,
		                         &victims);
		mutex_unlock(&dcache_lock);
	}
	dcache_free_victims(victims);
	heap_free(names[0]);
	heap_free(names[1]);
	return result;
}

struct dentry *dentry_parent(struct dentry *dentry)
{
	mutex_lock(&dcache_lock);
	struct dentry *parent = dentry->parent;
	dcache_get_locked(parent);
	mutex_unlock(&dcache_lock);
	return parent;
}

void dentry_name(struct dentry *dentry, char name[NAME_MAX + 1])
{
	mutex_lock(&dcache_lock);
	string_copy(name, dentry->name, NAME_MAX + 1);
	mutex_unlock(&dcache_lock);
}

/* The first child at or behind the cursor, as a reference. */
static struct dentry *child_at(struct dentry *dir, uint64_t cursor)
{
	struct dentry *found = NULL;
	struct list *at;
	mutex_lock(&dcache_lock);
	list_for_each (at, &dir->children) {
		struct dentry *child = list_entry(at, struct dentry, siblings);
		if (child->sequence >= cursor) {
			dcache_get_locked(child);
			found = child;
			break;
		}
	}
	mutex_unlock(&dcache_lock);
	return found;
}

static struct dentry *child_after(struct dentry *dir, struct dentry *child)
{
	struct dentry *next = NULL;
	mutex_lock(&dcache_lock);
	bool is_here = child->flags & DENTRY_HASHED && child->parent == dir;
	if (is_here && child->siblings.next != &dir->children) {
		next = list_entry(child->siblings.next, struct dentry, siblings);
		dcache_get_locked(next);
	}
	mutex_unlock(&dcache_lock);
	return is_here ? next : child_at(dir, child->sequence + 1);
}

int64_t dcache_readdir(struct file *file, struct dentry *dir, uint64_t cursor,
                       struct dir_sink *sink)
{
	struct dentry *child = child_at(dir, cursor);
	(void)file;
	while (child) {
		char name[NAME_MAX + 1];
		struct inode *inode = child->inode;
		dentry_name(child, name);
		if (!sink->emit(sink, name, inode->number, mode_to_dt(inode->mode),
		                child->sequence + 1))
			break;
		struct dentry *next = child_after(dir, child);
		dentry_put(child);
		child = next;
	}
	dentry_put(child);
	return 0;
}

static struct dentry *root_above_locked(struct dentry *dentry)
{
	while (dentry->parent != dentry)
		dentry = dentry->parent;
	return dentry;
}

static struct dentry *first_leaf_locked(struct dentry *root)
{
	struct dentry *dentry = root;
	while (!list_is_empty(&dentry->children))
		dentry = list_entry(list_first(&dentry->children), struct dentry, siblings);
	return dentry == root ? NULL : dentry;
}

void dcache_kill_tree(struct dentry *member)
{
	for (;;) {
		struct dentry *victims = NULL;
		mutex_lock(&dcache_lock);
		struct dentry *leaf = first_leaf_locked(root_above_locked(member));
		if (leaf)
			dcache_remove_locked(leaf, &victims);
		mutex_unlock(&dcache_lock);
		dcache_free_victims(victims);
		if (!leaf)
			return;
	}
}
