/*
 * The virtual file system: inodes (files), dentries (names), mounts (where file systems are seen) and
 * paths (a name seen through a mount). dcache.c keeps the names, namei.c walks, namespace.c mounts.
 *
 * Every dentry has an inode. A resident file system (tmpfs, devfs) *is* its dentries: the tree pins them. A
 * cached one (store) may drop unused ones, and others may change its names: what the cache knows holds as long as
 * the generation says so (dcache_names.c). One with neither flag (proc, obj) makes a fresh dentry at every look-up.
 *
 * Locks: [I] fixed at creation  [d] dcache lock  [i] inode->lock  [m] mount lock  [a] atomic
 *        [md] written under both, read under either
 * No lock is held while an inode operation runs: a file system guards itself.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/list.h>
#include "errno.h"
#include "fs_abi.h"
#include "lock.h"
#include "wait.h"

struct task;
struct file;
struct file_ops;
struct inode;
struct dentry;
struct mount;
struct super;
struct pipe;
struct file_lock;
struct dir_sink;

struct path {
	struct mount *mount;
	struct dentry *dentry;
};

/* A name, measured and hashed once; need not be terminated. */
struct name {
	const char *text;
	uint32_t len;
	uint64_t hash; /* hash_bytes */
};
struct name name_of(const char *text);
struct name name_component(const char *text); /* up to a slash */

/* What a new name is to become. */
struct new_inode {
	uint32_t mode; /* with its type */
	uint32_t uid, gid;
	uint64_t rdev;
	const char *target; /* of a symbolic link */
};

#define ATTR_MODE 1u
#define ATTR_UID 2u
#define ATTR_GID 4u
#define ATTR_SIZE 8u
#define ATTR_ATIME 16u
#define ATTR_MTIME 32u
#define ATTR_GROW 64u /* with ATTR_SIZE: unless it is as large already */
struct attributes {
	uint32_t mask; /* ATTR_* */
	uint32_t mode, uid, gid;
	uint64_t size, atime, mtime;
};

struct inode_ops {
	/* The inode that name has in dir, as a reference; -ENOENT. Not asked of resident file systems. */
	int64_t (*lookup)(struct task *task, struct dentry *dir, const char *name,
	                  struct inode **out);
	/* Make name in dir. Exclusive: -EEXIST. A reference to the new dentry. */
	int64_t (*create)(struct dentry *dir, const char *name, const struct new_inode *new,
	                  struct dentry **out);
	int64_t (*link)(struct dentry *from, struct dentry *dir, const char *name);
	int64_t (*unlink)(struct dentry *victim, bool is_directory);
	/* existing is what the new name names now, or null. flags are RENAME_*. */
	int64_t (*rename)(struct dentry *from, struct dentry *dir, const char *name,
	                  struct dentry *existing, uint32_t flags);
	int64_t (*readlink)(struct task *task, struct dentry *dentry, char *buffer, size_t size);
	/* A link that jumps instead of being read (proc's exe, fd/N): out_path gets references. */
	int64_t (*follow)(struct task *task, struct dentry *dentry, struct path *out_path);
	/* Bring the attributes up to date. */
	int64_t (*refresh)(struct inode *inode);
	int64_t (*set)(struct inode *inode, const struct attributes *attributes);
	/* Prepare a file whose ops and private are to be set. */
	int64_t (*open)(struct task *task, struct file *file);
	void (*free)(struct inode *inode);
};

struct inode {
	uint32_t references;             /* [a] */
	uint32_t mode;                   /* [i] type [I] */
	uint32_t uid, gid;               /* [i] */
	uint32_t links;                  /* [i] */
	uint64_t number;                 /* [I] */
	uint64_t rdev;                   /* [I] */
	uint64_t size;                   /* [i] */
	uint64_t allocated;              /* [i] bytes */
	uint64_t atime, mtime, ctime;    /* [i] ns since 1970 */
	struct super *super;             /* [I] */
	const struct inode_ops *ops;     /* [I] */
	const struct file_ops *file_ops; /* [I] for regular files, directories and the like */
	void *private;                   /* [I] the file system's */
	struct mutex lock;               /* RANK_INODE, RANK_INODE_DIR */
	uint64_t attr_generation;        /* [i] what the attributes are of; 0: they may be old */
	uint64_t names_seen;  /* [d] of a directory: the generation its cache accounts for */
	uint64_t names_epoch; /* [d] new with each change by others; never used twice */
	bool is_write_busy;   /* [i] somebody appends or grows it */
	struct wait_queue write_wait;
	struct pipe *fifo;       /* pipe.c, under its lock: while a FIFO is open */
	struct file_lock *locks; /* locks.c, under its lock */
	void *socket;            /* unix.c, under its lock: who is bound here */
};

struct dentry {
	uint32_t references;      /* [a]; to and from 0 under [d] */
	uint32_t flags;           /* [d] DENTRY_* */
	struct dentry *parent;    /* [d] a reference; itself at the root */
	struct inode *inode;      /* [I] a reference */
	char *name;               /* [d] first_name, or of the heap once it was moved */
	uint64_t name_hash;       /* [d] */
	uint32_t name_len;        /* [d] */
	struct dentry *hash_next; /* [d] */
	struct list siblings;     /* [d] in parent's children */
	struct list children;     /* [d] */
	struct list unused;       /* [d] in the list of unused cached dentries */
	uint64_t sequence;        /* [d] of entry among the siblings: cursor of readdir */
	uint64_t next_sequence;   /* [d] for the next child */
	uint32_t child_count;     /* [d] hashed children */
	struct mount *mounts;     /* [md] mounted here, the newest first */
	uint64_t names_epoch;     /* [d] of a cached name: it holds while its directory's is this */
	char first_name[];
};
#define DENTRY_HASHED 1u /* found by name */
#define DENTRY_DEAD 2u   /* a removed directory: nothing more is made in it */
#define DENTRY_UNION 4u  /* a mount here shows its names below this directory's own */

struct super_ops {
	int64_t (*statfs)(struct dentry *dentry, struct linux_statfs *out);
	int64_t (*sync)(struct super *super);
	void (*free)(struct super *super);
};
#define SUPER_RESIDENT 1u
#define SUPER_CACHED 2u
#define SUPER_READ_ONLY 4u
struct super {
	uint32_t references; /* [a] inodes and mounts */
	uint32_t flags;      /* [I] */
	uint64_t device;     /* [I] st_dev */
	const char *type;    /* [I] as in /proc/mounts */
	const struct super_ops *ops;
	int64_t magic; /* [I] statfs */
	void *private;
	/* [I] Where the page of generations is at any time (distributed-fs/generations.h); null: there is none. */
	const uint64_t *const *generations;
	uint64_t next_inode; /* [a] for file systems that just count */
	uint32_t mounts;     /* [m] attached or still in use */
};

struct mount_namespace;
struct mount {
	uint32_t references;       /* [a] */
	uint32_t flags;            /* [m] MS_* */
	int32_t id;                /* [I] */
	bool is_union;             /* [I] seen below what it is mounted on */
	bool is_attached;          /* [m] */
	bool is_inherited;         /* [I] came with its namespace */
	struct mount *parent;      /* [md] a reference; null for the root and once detached */
	struct dentry *mountpoint; /* [m] a reference, in parent */
	struct mount *next_here;   /* [md] in mountpoint->mounts */
	struct dentry *root;       /* [I] a reference */
	struct super *super;       /* [I] */
	char *source;              /* [I] */
	struct list node;          /* [m] all mounts, in order */
	struct mount_namespace *namespace; /* [m] whose it is; null once detached */
	struct mount *copy;                /* [m] while its namespace is being copied; else null */
};

/* --- inode.c --- */
struct super *super_create(const char *type, const struct super_ops *ops, uint32_t flags,
                           int64_t magic);
void super_put(struct super *super);
/* A file system with this root, or -ENOMEM: then both, which may be null for want of memory, are given up. */
int64_t super_begin(struct super *super, struct inode *inode, struct super **out_super,
                    struct dentry **out_root);
/* One that is mounted nowhere. */
void super_discard(struct super *super, struct dentry *root);
/* Fills a zeroed inode with one reference; number 0: the next one. */
void inode_init(struct inode *inode, struct super *super, uint32_t mode,
                const struct inode_ops *ops);
struct inode *inode_create(struct super *super, uint32_t mode, const struct inode_ops *ops);
void inode_get(struct inode *inode);
void inode_put(struct inode *inode);
void inode_touch(struct inode *inode,
                 uint32_t which); /* ATTR_ATIME, ATTR_MTIME (with ctime), 0: ctime */
void inode_touch_at(struct inode *inode, uint32_t which, uint64_t now);
/* What stores do with the attributes of `set` when they keep them in the inode alone. */
void inode_set_attributes(struct inode *inode, const struct attributes *attributes);
int64_t inode_refresh(struct inode *inode);
/* What is left of a mode when the file's content or owner changes. Set-gid without x for the group is no privilege. */
static inline uint32_t mode_without_set_ids(uint32_t mode)
{
	return mode & ~(S_ISUID | (mode & S_IXGRP ? S_ISGID : 0u));
}
/* Adds that to what is set when the task changes the content, unless it may leave the bits. */
void attributes_drop_set_ids(struct task *task, const struct inode *inode, struct attributes *a);
/* The generation that the file system is at with this inode now; 0: it cannot tell. Nothing blocks. */
uint64_t inode_generation(const struct inode *inode);
/* One task at a time appends to a file or makes it grow. Not a lock: guest memory may be touched. 0 or -ERESTARTSYS. */
int64_t inode_write_lock(struct task *task, struct inode *inode);
void inode_write_unlock(struct inode *inode);
/* 0 or -EACCES for MAY_* bits with the task's filesystem ids (real ids: use_real). */
int64_t inode_permission(struct task *task, struct inode *inode, uint32_t mask);
int64_t inode_permission_real(struct task *task, struct inode *inode, uint32_t mask);
bool inode_is_owner(struct task *task, struct inode *inode); /* or may act as such */

/* What the cache of a directory was like before its file system was asked or told something. */
struct names_stamp {
	uint64_t generation;
};

/* --- dcache.c --- */
static inline struct dentry *dentry_get(struct dentry *dentry)
{
	__atomic_fetch_add(&dentry->references, 1, __ATOMIC_RELAXED);
	return dentry;
}
void dentry_put_last(struct dentry *dentry); /* perhaps the last: takes the lock */
/* Drops a reference; null is fine. */
static inline void dentry_put(struct dentry *dentry)
{
	uint32_t seen = dentry ? __atomic_load_n(&dentry->references, __ATOMIC_RELAXED) : 0;
	while (seen > 1) {
		if (__atomic_compare_exchange_n(&dentry->references, &seen, seen - 1, false,
		                                __ATOMIC_RELEASE, __ATOMIC_RELAXED))
			return;
	}
	if (dentry)
		dentry_put_last(dentry);
}
/* Takes the inode's reference, also on failure (null). Unhashed unless added. */
struct dentry *dentry_create_root(struct inode *inode);
/* A nameless dentry outside any tree, and one under parent that look-ups do not find. */
struct dentry *dentry_create_free(struct dentry *parent, const char *name, struct inode *inode);
struct dentry *dcache_find(struct dentry *parent, const char *name);
/* A new hashed child; -EEXIST with what is there in *out (a reference), -ENOENT in a dead directory. */
int64_t dcache_add(struct dentry *parent, const char *name, struct inode *inode,
                   struct dentry **out);
/* Takes a dentry out of the cache alone: whoever stands in it goes on. */
void dcache_forget(struct dentry *dentry);
/* Out of the tree: -ENOENT when somebody was faster, -ENOTEMPTY for a directory with children. */
int64_t dcache_remove(struct dentry *dentry, bool must_be_empty);
/*
 * Rename; `existing` is dropped from the tree (or changes places). -EINVAL into itself. With stamps of the old and
 * the new directory (null: nobody else changes them), one change of each since is this one.
 */
int64_t dcache_move(struct dentry *from, struct dentry *dir, const char *name,
                    struct dentry *existing, bool is_exchange, const struct names_stamp stamps[2]);
bool dcache_is_below(struct dentry *dentry, struct dentry *ancestor);
struct dentry *dentry_parent(struct dentry *dentry); /* a reference */
void dentry_name(struct dentry *dentry, char name[NAME_MAX + 1]);
/* readdir of a resident directory. */
int64_t dcache_readdir(struct file *file, struct dentry *dir, uint64_t cursor,
                       struct dir_sink *sink);
/* Forgets what is cached and unused below a super. */
void dcache_shrink(struct super *super);
/* All of a resident tree, of which somebody holds this member, goes when its last mount does. */
void dcache_kill_tree(struct dentry *member);

/* --- dcache_names.c: what the cache knows of names that others change, too --- */
enum dcache_answer { DCACHE_FOUND, DCACHE_ABSENT, DCACHE_UNSURE };
/* What the cache can say of a name without asking anybody; found: a reference. */
enum dcache_answer dcache_ask(struct dentry *dir, const struct name *name, struct dentry **out);
/* The same through the union mounts on the directory; mounts on what is found are followed. */
enum dcache_answer dcache_ask_layers(const struct path *dir, const struct name *name,
                                     struct path *out);
/*
 * Follows the directories that `rest` begins with as far as the cache is sure of them and the task may search
 * them, short of the last component. Moves *path there and returns the component it stopped at.
 */
struct name dcache_walk(struct task *task, struct path *path, const char *rest);
/*
 * The whole path, when the cache is sure of all of it and no link has to be followed: found with references, or
 * absent in a directory that the task may search. `start` must stay meanwhile.
 */
enum dcache_answer dcache_lookup(struct task *task, const struct path *start, const char *path,
                                 bool is_followed, struct path *out);
struct names_stamp dcache_stamp(struct dentry *dir);
/* Whether others may have changed the directory since it was last looked at. */
bool dcache_is_behind(const struct dentry *dir);
/* What the file system said of a name: an inode (its reference is taken), or that it is absent. */
int64_t dcache_learn(struct dentry *dir, const char *name, struct inode *inode,
                     struct names_stamp stamp, struct dentry **out);
void dcache_learn_absent(struct dentry *dir, const char *name, struct names_stamp stamp);
/* We have made a name, as dcache_add; or removed one. One change of the directory since the stamp is ours. */
int64_t dcache_made(struct dentry *dir, const char *name, struct inode *inode,
                    struct names_stamp stamp, struct dentry **out);
void dcache_removed(struct dentry *dir, struct dentry *victim, struct names_stamp stamp);

/* --- fs_struct.c --- */
void fs_root(struct task *task, struct path *out_path); /* references */
void fs_cwd(struct task *task, struct path *out_path);
uint32_t fs_umask(struct task *task);
/* A path from the root or the working directory, if the name cache can tell. */
enum dcache_answer fs_lookup(struct task *task, const char *name, bool is_followed,
                             struct path *out_path);
struct fs;
void fs_paths(struct fs *fs, struct path *out_root, struct path *out_cwd);
const struct mount_namespace *fs_namespace(const struct fs *fs);

/* --- namei.c --- */
void path_get(const struct path *path);
void path_put(const struct path *path);
#define LOOKUP_FOLLOW 1u
#define LOOKUP_DIRECTORY 2u
#define LOOKUP_EMPTY 4u /* "" names dir_fd itself */
int64_t path_lookup(struct task *task, int32_t dir_fd, const char *name, uint32_t flags,
                    struct path *out_path);
/* The same if the name cache is sure of all of it; of the flags, LOOKUP_FOLLOW counts. */
enum dcache_answer path_lookup_cached(struct task *task, int32_t dir_fd, const char *name,
                                      uint32_t flags, struct path *out_path);
/* The path as seen from the task's root, or from the top of its mounts when it is not below that, or task is null:
 * length without NUL, -ENAMETOOLONG. */
int64_t path_print(struct task *task, const struct path *path, char *buffer, size_t size);
/* What of its file system a mount shows, from that one's root on. */
int64_t mount_print_root(const struct mount *mount, char *buffer, size_t size);
int64_t path_print_from(const struct path *root, const struct path *path, char *buffer, size_t size,
                        bool *out_is_reached); /* which of the two it is */
bool path_is_deleted(const struct path *path);

enum last_kind { LAST_NAME, LAST_DOT, LAST_DOTDOT, LAST_ROOT };
/* A walk up to the last component; then walk_last, as often as it is followed. */
struct walk {
	struct task *task;
	struct path root, path; /* references; path: the directory of the last component */
	struct path found;      /* by walk_last */
	char name[NAME_MAX + 1];
	struct name component; /* the same, measured */
	enum last_kind kind;
	bool has_slash; /* behind the last component */
	uint32_t links;
	const char *rest; /* what is still to be walked */
	char *buffer;     /* what holds it once a link was followed */
};
enum walk_follow {
	WALK_LINK, /* a link is what is found, unless a slash follows it */
	WALK_FOLLOW,
	WALK_EXACT, /* a link is found even before a slash: then -ENOTDIR */
};
/* Nothing walked, nothing held; the name is left as it is. */
static inline void walk_init(struct walk *walk, struct task *task)
{
	walk->task = task;
	walk->root = walk->path = walk->found = (struct path){0};
	walk->kind = LAST_NAME;
	walk->has_slash = false;
	walk->links = 0;
	walk->rest = walk->buffer = NULL;
}
int64_t walk_begin(struct walk *walk, struct task *task, int32_t dir_fd, const char *name);
/*
 * 0: in walk->found. -ENOENT with *walk->rest == 0: no such name in walk->path, so it can be made there.
 * A link that is followed starts the walk over.
 */
int64_t walk_last(struct walk *walk, enum walk_follow follow);
void walk_end(struct walk *walk); /* also after walk_begin failed */
/* From the container's root without a task: nothing is asked for permission, no link followed. */
int64_t path_at_start(const char *name, struct path *out_path);
/* For creating: 0 when walk->name may be made in walk->path; -EEXIST when it is there. */
int64_t walk_may_create(struct walk *walk, bool is_directory);

/* --- namespace.c --- */
extern struct mutex mount_lock;
void mount_get(struct mount *mount);
void mount_put(struct mount *mount);
int64_t mount_attach(struct super *super, struct dentry *root, const char *source,
                     const struct path *where, uint32_t flags, bool is_union, struct mount **out);
/* A mount that covers path: moves path there, as often as needed. */
void path_follow_mounts(struct path *path);
/* Up from the root of a mount; false at the top. */
bool path_leave_mount(struct path *path);
/* The index-th union mount at path, as its root with references; false when there is none. */
bool path_union_layer(const struct path *path, unsigned index, struct path *out_path);
/* -EROFS when the mount or its file system may not be written. */
int64_t path_may_write(const struct path *path);
struct path container_root(void); /* a reference */
/* For the start of the container: a file system at a path by name. */
int64_t mount_at(struct task *task, const char *where, const char *type, const char *source,
                 uint32_t flags, const char *options);
/* Calls show for every mount of the namespace, or of all when null, in order. */
void mounts_for_each(const struct mount_namespace *namespace,
                     void (*show)(void *context, struct mount *mount), void *context);
/* The container's first namespace, and a copy of another, in which *paths have been moved. References. */
struct mount_namespace *container_namespace(void);
int64_t namespace_copy(struct mount_namespace *from, struct path *const paths[], unsigned count,
                       struct mount_namespace **out_namespace);
void namespace_get(struct mount_namespace *namespace);
/* For one that nobody else sees yet. */
void namespace_make_own(struct mount_namespace *namespace);
void namespace_put(struct mount_namespace *namespace); /* the last put takes its mounts away */
/* /proc/filesystems and mount(2). */
struct fs_type {
	const char *name;
	bool needs_device;
	int64_t (*mount)(struct task *task, const char *options, struct super **out_super,
	                 struct dentry **out_root);
};
const struct fs_type *fs_type_find(const char *name);
const struct fs_type *fs_type_at(unsigned index);
