/*
 * The table of the store's inodes, and their fids. An inode is one however many names lead to it, so that all
 * share its size and its pages. After the file server was restarted, an inode's fid means nothing until it has
 * been walked to again, by the names that led to it.
 */
#include "store_inode.h"
#include <base/hash.h>
#include <base/string.h>
#include <libanon/heap.h>

#define BUCKETS 1024u
#define WALK_PATH_MAX 1023

static struct mutex inodes_lock = MUTEX_RANKED(RANK_LEAF);
static struct store_inode *buckets[BUCKETS];

/* The path from the root to the inode, by parents; false when it is too long. */
static bool print_path(struct store_inode *s, char path[WALK_PATH_MAX + 1])
{
	char *at = path + WALK_PATH_MAX;
	bool is_ok = true;
	*at = 0;
	mutex_lock(&inodes_lock);
	for (; s->parent && is_ok; s = s->parent) {
		size_t len = strlen(s->name);
		is_ok = (size_t)(at - path) > len;
		if (is_ok) {
			if (*at)
				*--at = '/';
			at -= len;
			memcpy(at, s->name, len);
		}
	}
	mutex_unlock(&inodes_lock);
	memmove(path, at, strlen(at) + 1);
	return is_ok;
}

static bool is_same(const struct store_inode *s, const struct store_attr *a)
{
	return a->inode == s->paged.inode.number && a->generation == s->generation;
}

int64_t store_fid(struct store_inode *s, uint32_t *out_fid, uint32_t *out_epoch)
{
	char path[WALK_PATH_MAX + 1];
	struct store_attr attr;
	uint32_t used, now = store_epoch();
	mutex_lock(&inodes_lock);
	*out_fid = s->fid;
	*out_epoch = now;
	bool is_ready = s->fid == 0 || s->epoch == now;
	mutex_unlock(&inodes_lock);
	if (is_ready)
		return 0;
	if (!print_path(s, path))
		return -ESTALE;
	used = (uint32_t)strlen(path);
	int64_t result = store_walk(0, *out_fid, path, &used, &attr);
	if (result == -EEXIST) /* another task walked there meanwhile */
		result = store_getattr(*out_fid, &attr);
	if (result == 0 && !is_same(s, &attr)) {
		(void)store_clunk_only(*out_fid);
		result = -ESTALE;
	}
	if (result == 0) {
		mutex_lock(&inodes_lock);
		s->epoch = now;
		mutex_unlock(&inodes_lock);
	}
	return result == -ENOENT ? -ESTALE : result;
}

/* --- the table --- */

void store_take_attr(struct inode *inode, const struct store_attr *a, uint64_t generation)
{
	mutex_lock(&inode->lock);
	inode->attr_generation = inode->is_write_busy ? 0 : generation;
	inode->mode = (inode->mode & S_IFMT) | (a->mode & S_IALLUGO);
	inode->uid = a->uid;
	inode->gid = a->gid;
	inode->links = a->links;
	if (!inode->is_write_busy) /* else the writer knows better */
		inode->size = a->size;
	inode->allocated = a->allocated;
	inode->atime = a->atime;
	inode->mtime = a->mtime;
	inode->ctime = a->ctime;
	mutex_unlock(&inode->lock);
}

void store_take_changed_attr(struct inode *inode, const struct store_attr *a, uint64_t before)
{
	uint64_t now = inode_generation(inode);
	store_take_attr(inode, a, before != 0 && now == before + 1 ? now : 0);
}

static struct store_inode **bucket_of(uint64_t number)
{
	return &buckets[hash_mix(number) % BUCKETS];
}

static bool get_unless_dying(struct inode *inode)
{
	uint32_t seen = __atomic_load_n(&inode->references, __ATOMIC_RELAXED);
	while (seen > 0) {
		if (__atomic_compare_exchange_n(&inode->references, &seen, seen + 1, false,
		                                __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return true;
	}
	return false;
}

static struct store_inode *find_locked(const struct store_attr *a)
{
	for (struct store_inode *s = *bucket_of(a->inode); s; s = s->hash_next) {
		if (s->paged.inode.number == a->inode && s->generation == a->generation &&
		    get_unless_dying(&s->paged.inode))
			return s;
	}
	return NULL;
}

static struct store_inode *alloc_inode(struct super *super, const struct store_attr *a,
                                       uint32_t fid, uint32_t epoch)
{
	struct store_inode *s = heap_zalloc(sizeof(*s));
	struct inode *inode = &s->paged.inode;
	if (!s)
		return NULL;
	inode_init(inode, super, a->mode, &store_inode_ops);
	pages_init(&s->paged.pages, HANDLE_NONE, true);
	s->paged.paged_ops = &store_paged_ops;
	inode->number = a->inode;
	inode->rdev = a->rdev;
	inode->file_ops = store_file_ops_of(a->mode);
	s->generation = a->generation;
	s->fid = fid;
	s->epoch = epoch;
	return s;
}

struct store_inode *store_inode_for(struct super *super, const struct store_attr *a, uint32_t fid,
                                    uint32_t epoch)
{
	struct store_inode *fresh = alloc_inode(super, a, fid, epoch);
	if (!fresh) {
		store_clunk(fid, epoch);
		return NULL;
	}
	mutex_lock(&inodes_lock);
	struct store_inode *known = find_locked(a);
	if (!known) {
		fresh->hash_next = *bucket_of(a->inode);
		*bucket_of(a->inode) = fresh;
	}
	mutex_unlock(&inodes_lock);
	if (known)
		inode_put(&fresh->paged.inode); /* clunks the fid */
	struct store_inode *s = known ? known : fresh;
	store_take_attr(&s->paged.inode, a, 0);
	return s;
}

void store_set_place(struct store_inode *s, struct store_inode *parent, const char *name)
{
	char *copy = heap_strdup(name), *old_name = NULL;
	struct store_inode *old_parent = NULL;
	if (!copy || s == parent) {
		heap_free(copy);
		return;
	}
	inode_get(&parent->paged.inode);
	mutex_lock(&inodes_lock);
	old_parent = s->parent;
	old_name = s->name;
	s->parent = parent;
	s->name = copy;
	mutex_unlock(&inodes_lock);
	heap_free(old_name);
	if (old_parent)
		inode_put(&old_parent->paged.inode);
}

void store_inode_free(struct inode *inode)
{
	struct store_inode *s = store_of(inode);
	mutex_lock(&inodes_lock);
	struct store_inode **at = bucket_of(inode->number);
	while (*at && *at != s)
		at = &(*at)->hash_next;
	if (*at)
		*at = s->hash_next;
	mutex_unlock(&inodes_lock);
	if (s->fid)
		store_clunk(s->fid, s->epoch);
	pages_destroy(&s->paged.pages);
	heap_free(s->name);
	if (s->parent)
		inode_put(&s->parent->paged.inode);
}
