/*
 * The inside of the name cache, for dcache.c, dcache_names.c and the table of mounts.
 *
 * Locks: [d] dcache_lock guards all of it and is held for short, bounded work only.
 */
#pragma once
#include <base/string.h>
#include "vfs.h"

extern struct mutex dcache_lock; /* RANK_DENTRY */

static inline uint64_t name_word(const char *at)
{
	uint64_t word;
	memcpy(&word, at, sizeof(word));
	return word;
}

static inline uint32_t name_half_word(const char *at)
{
	uint32_t word;
	memcpy(&word, at, sizeof(word));
	return word;
}

/* Whether the name's text follows: most names are short and are compared by two words that may overlap. */
static inline bool name_is_at(const char *text, const struct name *name)
{
	const char *other = name->text;
	uint32_t len = name->len;
	if (len >= 8 && len <= 16)
		return name_word(text) == name_word(other) &&
		       name_word(text + len - 8) == name_word(other + len - 8);
	if (len >= 4 && len < 8)
		return name_half_word(text) == name_half_word(other) &&
		       name_half_word(text + len - 4) == name_half_word(other + len - 4);
	if (len > 0 && len < 4)
		return text[0] == other[0] && text[len / 2] == other[len / 2] &&
		       text[len - 1] == other[len - 1];
	return memcmp(text, other, len) == 0;
}

struct dentry *dcache_find_locked(struct dentry *parent, const struct name *name);
void dcache_get_locked(struct dentry *dentry);
/* Adds an unhashed child with one reference: 0, -ENOENT, -ENOMEM, or -EEXIST with what is there in *out. */
int64_t dcache_add_locked(struct dentry *parent, struct dentry *dentry, struct dentry **out);
/* Out of the tree; what goes is chained behind *victims, for dcache_free_victims without the lock. */
void dcache_unhash_locked(struct dentry *dentry, struct dentry **victims);
void dcache_remove_locked(struct dentry *dentry, struct dentry **victims);
void dcache_free_victims(struct dentry *victims);
/* An unhashed dentry with one reference; takes the inode's. */
struct dentry *dentry_create(const char *name, struct inode *inode);

/* Whether the name still means this, as far as the directory was looked at. */
bool dcache_is_sure_locked(const struct dentry *dentry);
/* A dentry that came from old_dir to where it is, and what (or null) went the other way. */
struct moved {
	struct dentry *dentry, *old_dir, *exchanged;
	bool is_sure; /* before: or the server moved something else */
};
void dcache_note_moved_locked(const struct moved *moved, const struct names_stamp stamps[2]);

/* The newest mount that covers path, or null: under either lock. */
struct mount *mount_covering(const struct path *path);
/* The index-th union mount at path, or null: likewise. */
struct mount *mount_in_union(const struct path *path, unsigned index);
