/*
 * What the name cache knows of names that others can change, too: other containers, services, the file server
 * after a restart. namei.c asks here first.
 *
 * A file system whose names others change has a generation for each directory, which its server raises before it
 * acknowledges a change. names_seen is the generation up to which the cache of a directory accounts for all changes.
 * While it is the current one, what was learnt in this epoch of the directory holds: children whose names_epoch
 * is the directory's, and absent names, which are kept in a table by epoch. When it moved, others have
 * changed something: a new epoch begins, and each name is asked for once more when it is needed.
 *
 * What we change ourselves moves the generation by exactly one: if nothing else moved it, names_seen follows
 * and the epoch stays. An answer is kept only if names_seen is still what it was before the question. Both are
 * decided under the lock, together with the change of the cache, so no answer outlives the change that it missed.
 */
#include "dcache.h"
#include "file.h"
#include "hot.h"
#include <base/bits.h>
#include <base/hash.h>
#include <base/string.h>

#define ABSENT_SETS 512u /* a power of two */
#define ABSENT_NAME_MAX 40u

struct absent {
	uint64_t epoch; /* of the directory; 0: unused */
	uint64_t hash;
	uint32_t len;
	char name[ABSENT_NAME_MAX];
};

static struct absent absent_names[ABSENT_SETS][2]; /* [d] of each set the newer one first */
static uint64_t last_epoch;                        /* [d] */

/* --- absent names --- */

static struct absent *find_absent_locked(uint64_t epoch, const struct name *name)
{
	struct absent *set = absent_names[hash_mix(name->hash ^ epoch) % ABSENT_SETS];
	for (struct absent *slot = set; slot < set + 2; slot++) {
		if (slot->epoch == epoch && slot->hash == name->hash && slot->len == name->len &&
		    name_is_at(slot->name, name))
			return slot;
	}
	return NULL;
}

static void note_absent_locked(uint64_t epoch, const struct name *name)
{
	struct absent *set = absent_names[hash_mix(name->hash ^ epoch) % ABSENT_SETS];
	if (name->len > ABSENT_NAME_MAX || find_absent_locked(epoch, name))
		return;
	if (set[0].epoch != 0)
		set[1] = set[0];
	set[0] = (struct absent){.epoch = epoch, .hash = name->hash, .len = name->len};
	memcpy(set[0].name, name->text, name->len);
}

static void forget_absent_locked(uint64_t epoch, const struct name *name)
{
	struct absent *slot = find_absent_locked(epoch, name);
	if (slot)
		slot->epoch = 0;
}

/* --- epochs --- */

/* The epoch of what may be believed in this directory now; 0: nothing. */
static uint64_t epoch_locked(struct inode *dir, uint64_t generation)
{
	if (generation == 0)
		return 0;
	if (dir->names_seen != generation) {
		dir->names_seen = generation;
		dir->names_epoch = ++last_epoch;
	}
	return dir->names_epoch;
}

struct names_stamp dcache_stamp(struct dentry *dir)
{
	struct inode *inode = dir->inode;
	struct names_stamp stamp = {.generation = inode_generation(inode)};
	mutex_lock(&dcache_lock);
	(void)epoch_locked(inode, stamp.generation);
	mutex_unlock(&dcache_lock);
	return stamp;
}

bool dcache_is_behind(const struct dentry *dir)
{
	const struct inode *inode = dir->inode;
	uint64_t seen = __atomic_load_n(&inode->names_seen, __ATOMIC_RELAXED);
	return inode->super->flags & SUPER_CACHED && inode_generation(inode) != seen;
}

/* The epoch that an answer belongs to whose question began at the stamp; 0: none. */
static uint64_t epoch_of_answer_locked(const struct inode *dir, struct names_stamp stamp)
{
	bool is_current = stamp.generation != 0 && dir->names_seen == stamp.generation;
	return is_current ? dir->names_epoch : 0;
}

/* We changed the directory once since the stamp. If others did so too, what is known of it is in doubt. */
static void account_for_own_locked(struct inode *dir, struct names_stamp stamp)
{
	uint64_t now = inode_generation(dir);
	bool is_ours_alone = stamp.generation != 0 && now == stamp.generation + 1 &&
	                     dir->names_seen == stamp.generation;
	dir->names_seen = is_ours_alone ? now : 0;
}

/* --- asking the cache --- */

static enum dcache_answer ask_locked(struct dentry *dir, const struct name *name,
                                     struct dentry **out)
{
	struct inode *inode = dir->inode;
	uint32_t flags = inode->super->flags;
	struct dentry *dentry = dcache_find_locked(dir, name);
	*out = dentry;
	if (flags & SUPER_RESIDENT)
		return dentry ? DCACHE_FOUND : DCACHE_ABSENT;
	uint64_t epoch = flags & SUPER_CACHED ? epoch_locked(inode, inode_generation(inode)) : 0;
	if (epoch == 0)
		return DCACHE_UNSURE;
	if (dentry)
		return dentry->names_epoch == epoch ? DCACHE_FOUND : DCACHE_UNSURE;
	return find_absent_locked(epoch, name) ? DCACHE_ABSENT : DCACHE_UNSURE;
}

enum dcache_answer dcache_ask(struct dentry *dir, const struct name *name, struct dentry **out)
{
	struct dentry *found;
	mutex_lock(&dcache_lock);
	enum dcache_answer answer = ask_locked(dir, name, &found);
	if (answer == DCACHE_FOUND) {
		dcache_get_locked(found);
		*out = found;
	}
	mutex_unlock(&dcache_lock);
	return answer;
}

/* The directory's own names first, then those of the union mounts on it. */
static enum dcache_answer ask_layers_locked(const struct path *dir, const struct name *name,
                                            struct path *out)
{
	enum dcache_answer answer = ask_locked(dir->dentry, name, &out->dentry);
	out->mount = dir->mount;
	if (!(dir->dentry->flags & DENTRY_UNION))
		return answer;
	for (unsigned i = 0; answer == DCACHE_ABSENT; i++) {
		struct mount *layer = mount_in_union(dir, i);
		if (!layer)
			break;
		answer = ask_locked(layer->root, name, &out->dentry);
		out->mount = layer;
	}
	return answer;
}

static void follow_mounts_locked(struct path *path)
{
	struct mount *covering;
	while ((covering = mount_covering(path)))
		*path = (struct path){covering, covering->root};
}

static void get_path_locked(const struct path *path)
{
	dcache_get_locked(path->dentry);
	mount_get(path->mount);
}

/* What was found, or the mount on it, becomes the caller's. */
static void give_out_locked(struct path found, struct path *out)
{
	follow_mounts_locked(&found);
	get_path_locked(&found);
	*out = found;
}

HOT enum dcache_answer dcache_ask_layers(const struct path *dir, const struct name *name,
                                         struct path *out)
{
	struct path found;
	mutex_lock(&dcache_lock);
	enum dcache_answer answer = ask_layers_locked(dir, name, &found);
	if (answer == DCACHE_FOUND)
		give_out_locked(found, out);
	mutex_unlock(&dcache_lock);
	return answer;
}

static bool is_dots(const struct name *name)
{
	return name->text[0] == '.' && (name->len == 1 || (name->len == 2 && name->text[1] == '.'));
}

/* What the task finds below a directory; unsure also where an error must be told. */
static enum dcache_answer search_locked(struct task *task, const struct path *dir,
                                        const struct name *name, struct path *out)
{
	struct inode *inode = dir->dentry->inode;
	if (name->len == 0 || name->len > NAME_MAX || is_dots(name) || !S_ISDIR(inode->mode) ||
	    inode_permission(task, inode, MAY_EXEC) != 0)
		return DCACHE_UNSURE;
	return ask_layers_locked(dir, name, out);
}

/*
 * Goes down from *at by the directories that `rest` begins with, short of the last component and as far as the
 * cache is sure. Returns the component it stopped at.
 */
static struct name go_down_locked(struct task *task, struct path *at, const char *rest)
{
	for (;;) {
		struct name name = name_component(rest);
		struct path found;
		rest = name.text + name.len;
		while (*rest == '/')
			rest++;
		if (*rest == 0 || search_locked(task, at, &name, &found) != DCACHE_FOUND ||
		    !S_ISDIR(found.dentry->inode->mode))
			return name;
		follow_mounts_locked(&found);
		*at = found;
	}
}

HOT struct name dcache_walk(struct task *task, struct path *path, const char *rest)
{
	struct path at = *path;
	mutex_lock(&dcache_lock);
	struct name name = go_down_locked(task, &at, rest);
	bool has_moved = at.dentry != path->dentry || at.mount != path->mount;
	if (has_moved)
		get_path_locked(&at);
	mutex_unlock(&dcache_lock);
	if (has_moved) {
		path_put(path);
		*path = at;
	}
	return name;
}

HOT enum dcache_answer dcache_lookup(struct task *task, const struct path *start, const char *path,
                                     bool is_followed, struct path *out)
{
	struct path at = *start, found;
	mutex_lock(&dcache_lock);
	struct name name = go_down_locked(task, &at, path);
	bool is_last = name.text[name.len] == 0;
	enum dcache_answer answer = is_last ? search_locked(task, &at, &name, &found)
	                                    : DCACHE_UNSURE;
	if (answer == DCACHE_FOUND && is_followed && S_ISLNK(found.dentry->inode->mode))
		answer = DCACHE_UNSURE;
	if (answer == DCACHE_FOUND)
		give_out_locked(found, out);
	mutex_unlock(&dcache_lock);
	return answer;
}

/* --- what the file system says --- */

/* What the cache has under a name that now means something else. */
static void drop_other_locked(struct dentry *dir, struct dentry *dentry, struct dentry **victims)
{
	struct name name = {dentry->name, dentry->name_len, dentry->name_hash};
	struct dentry *other = dcache_find_locked(dir, &name);
	if (other && other->inode != dentry->inode)
		dcache_unhash_locked(other, victims);
}

int64_t dcache_learn(struct dentry *dir, const char *name, struct inode *inode,
                     struct names_stamp stamp, struct dentry **out)
{
	struct dentry *victims = NULL, *dentry = dentry_create(name, inode);
	*out = NULL;
	if (!dentry)
		return -ENOMEM;
	mutex_lock(&dcache_lock);
	drop_other_locked(dir, dentry, &victims);
	int64_t result = dcache_add_locked(dir, dentry, out);
	if (*out)
		(*out)->names_epoch = epoch_of_answer_locked(dir->inode, stamp);
	mutex_unlock(&dcache_lock);
	dcache_free_victims(victims);
	if (result != 0)
		dentry_put(dentry);
	return result == -EEXIST ? 0 : result; /* it was in the cache: confirmed */
}

void dcache_learn_absent(struct dentry *dir, const char *text, struct names_stamp stamp)
{
	struct name name = name_of(text);
	struct dentry *victims = NULL;
	mutex_lock(&dcache_lock);
	uint64_t epoch = epoch_of_answer_locked(dir->inode, stamp);
	struct dentry *old = dcache_find_locked(dir, &name);
	if (old && old->names_epoch != epoch)
		dcache_unhash_locked(old, &victims);
	if (epoch != 0)
		note_absent_locked(epoch, &name);
	mutex_unlock(&dcache_lock);
	dcache_free_victims(victims);
}

/* --- what we did --- */

/* A name that is there, and whether this is surely what it names. */
static void note_present_locked(struct dentry *dentry, bool is_sure)
{
	struct inode *dir = dentry->parent->inode;
	struct name name = {dentry->name, dentry->name_len, dentry->name_hash};
	forget_absent_locked(dir->names_epoch, &name);
	dentry->names_epoch = is_sure && dir->names_seen != 0 ? dir->names_epoch : 0;
}

int64_t dcache_made(struct dentry *dir, const char *text, struct inode *inode,
                    struct names_stamp stamp, struct dentry **out)
{
	struct name name = name_of(text);
	struct dentry *dentry = dentry_create(text, inode);
	*out = NULL;
	mutex_lock(&dcache_lock);
	account_for_own_locked(dir->inode, stamp);
	forget_absent_locked(dir->inode->names_epoch, &name);
	int64_t result = dentry ? dcache_add_locked(dir, dentry, out) : -ENOMEM;
	if (result == 0)
		note_present_locked(dentry, true);
	mutex_unlock(&dcache_lock);
	if (dentry && result != 0)
		dentry_put(dentry);
	return result;
}

void dcache_removed(struct dentry *dir, struct dentry *victim, struct names_stamp stamp)
{
	struct dentry *victims = NULL;
	mutex_lock(&dcache_lock);
	account_for_own_locked(dir->inode, stamp);
	if (victim->flags & DENTRY_HASHED)
		dcache_remove_locked(victim, &victims);
	mutex_unlock(&dcache_lock);
	dcache_free_victims(victims);
}

bool dcache_is_sure_locked(const struct dentry *dentry)
{
	const struct inode *dir = dentry->parent->inode;
	return dir->names_seen != 0 && dentry->names_epoch == dir->names_epoch;
}

void dcache_note_moved_locked(const struct moved *moved, const struct names_stamp stamps[2])
{
	struct dentry *dir = moved->dentry->parent;
	account_for_own_locked(moved->old_dir->inode, stamps[0]);
	if (dir->inode != moved->old_dir->inode)
		account_for_own_locked(dir->inode, stamps[1]);
	note_present_locked(moved->dentry, moved->is_sure);
	if (moved->exchanged)
		note_present_locked(moved->exchanged, moved->is_sure);
}
