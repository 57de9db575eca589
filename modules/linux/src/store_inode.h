/*
 * Inodes of the store and the fids that stand for them at the file server: shared by storefs.c (attributes,
 * content) and store_names.c.
 *
 * Locks: [s] the table's lock in store_inode.c  [I] fixed at creation  [a] atomic
 */
#pragma once
#include "filemap.h"
#include "store_client.h"

struct store_inode {
	struct paged_inode paged;      /* first */
	uint32_t generation;           /* [I] */
	uint32_t fid, epoch;           /* [s] fid 0: the root */
	uint32_t pages_epoch;          /* [a] of the session that its pages are from */
	bool needs_touch;              /* [a] written through the mapping, the server not told */
	struct store_inode *hash_next; /* [s] */
	struct store_inode *parent;    /* [s] a reference; null at the root */
	char *name;                    /* [s] in parent */
};

static inline struct store_inode *store_of(struct inode *inode)
{
	return (struct store_inode *)inode;
}

/* Makes the inode's fid mean it in the current session; *out_fid is for the next call. */
int64_t store_fid(struct store_inode *s, uint32_t *out_fid, uint32_t *out_epoch);
/*
 * What a fid that was just walked to stands for, as a reference: the inode that is known already, or a new one.
 * Its attributes may be old: nobody read its generation before it was known.
 */
struct store_inode *store_inode_for(struct super *super, const struct store_attr *a, uint32_t fid,
                                    uint32_t epoch);
/* The attributes as of a generation that was read before they were asked for; 0: they may be old by now. */
void store_take_attr(struct inode *inode, const struct store_attr *a, uint64_t generation);
/* The same behind one change of ours, before which the generation was `before`. */
void store_take_changed_attr(struct inode *inode, const struct store_attr *a, uint64_t before);
/* Remembers how the inode is reached, for the day when the server has to be found again. */
void store_set_place(struct store_inode *s, struct store_inode *parent, const char *name);
void store_inode_free(struct inode *inode);

/* storefs.c: what a new inode gets, by its mode. */
extern const struct inode_ops store_inode_ops;
extern const struct paged_ops store_paged_ops;
const struct file_ops *store_file_ops_of(uint32_t mode);

/* store_names.c */
int64_t store_lookup(struct task *task, struct dentry *dir, const char *name, struct inode **out);
int64_t store_create_name(struct dentry *dir, const char *name, const struct new_inode *new,
                          struct dentry **out);
int64_t store_link_name(struct dentry *from, struct dentry *dir, const char *name);
int64_t store_unlink_name(struct dentry *victim, bool is_directory);
int64_t store_rename_name(struct dentry *from, struct dentry *dir, const char *name,
                          struct dentry *existing, uint32_t flags);
int64_t store_read_link(struct task *task, struct dentry *dentry, char *buffer, size_t size);
int64_t store_dir_read(struct file *file, struct dentry *dir, uint64_t cursor,
                       struct dir_sink *sink);

/* Runs a call that uses the inode's fid (as `fid`), again when the server had to be found again. */
#define WITH_FID(result, s, call) \
	do { \
		for (unsigned tries_ = 0; tries_ < 4; tries_++) { \
			uint32_t fid, epoch_; \
			(result) = store_fid((s), &fid, &epoch_); \
			if ((result) == 0) \
				(result) = (call); \
			if ((result) != STORE_GONE) \
				break; \
			(result) = store_reconnect(epoch_); \
			if ((result) != 0) \
				break; \
			(result) = -EIO; \
		} \
	} while (0)
