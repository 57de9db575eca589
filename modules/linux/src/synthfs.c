/*
 * File systems of made-up files: a tree of tables (procfs.h). Nothing is cached: each look-up makes a fresh
 * inode, each read from position 0 makes the text anew, later reads go on in that text.
 */
#include "file.h"
#include "procfs.h"
#include "snapshot.h"
#include "syscall.h"
#include <base/bits.h>
#include <base/hash.h>
#include <base/string.h>
#include <libanon/heap.h>

#define WRITE_MAX 4096

struct synth_inode {
	struct inode inode; /* first */
	const struct synth_entry *entry;
	struct synth_target target;
};

static const struct inode_ops synth_inode_ops, synth_link_ops, synth_jump_ops;
static const struct file_ops synth_file_ops, synth_dir_ops;

static struct synth_inode *synth_of(struct inode *inode)
{
	return (struct synth_inode *)inode;
}

static uint64_t number_of(const struct synth_entry *entry, const struct synth_target *target)
{
	uint64_t hash = hash_mix((uint64_t)(uintptr_t)entry);
	hash = hash_mix(hash ^ ((uint64_t)(uint32_t)target->pid << 32 | (uint32_t)target->tid));
	return (hash_mix(hash ^ (uint32_t)target->number) >> 24) | 1;
}

/* /proc/PID belongs to who runs it. */
static void set_owner(struct inode *inode, const struct synth_target *target)
{
	struct task *task = target->pid ? task_find(target->tid ? target->tid : target->pid) : NULL;
	if (!task)
		return;
	struct cred cred = task_cred(task);
	inode->uid = cred.euid;
	inode->gid = cred.egid;
	task_put(task);
}

static struct inode *new_inode(struct super *super, const struct synth_entry *entry,
                               const struct synth_target *target)
{
	struct synth_inode *s = heap_zalloc(sizeof(*s));
	if (!s)
		return NULL;
	const struct inode_ops *ops = !S_ISLNK(entry->mode) ? &synth_inode_ops
	                              : entry->follow       ? &synth_jump_ops
	                                                    : &synth_link_ops;
	inode_init(&s->inode, super, entry->mode, ops);
	s->entry = entry;
	s->target = *target;
	s->inode.number = number_of(entry, target);
	s->inode.file_ops = S_ISDIR(entry->mode)   ? &synth_dir_ops
	                    : S_ISREG(entry->mode) ? &synth_file_ops
	                                           : NULL;
	set_owner(&s->inode, target);
	return &s->inode;
}

static const struct synth_entry *find_entry(const struct synth_entry *table, const char *name)
{
	for (; table && table->name; table++) {
		if (strcmp(table->name, name) == 0)
			return table;
	}
	return NULL;
}

static int64_t synth_lookup(struct task *task, struct dentry *dir, const char *name,
                            struct inode **out)
{
	struct synth_inode *s = synth_of(dir->inode);
	struct synth_target target = s->target;
	const struct synth_entry *entry = find_entry(s->entry->children, name);
	int64_t result = entry ? 0 : -ENOENT;
	(void)task;
	if (!entry && s->entry->lookup)
		result = s->entry->lookup(&s->target, name, &entry, &target);
	if (result != 0)
		return result;
	*out = new_inode(dir->inode->super, entry, &target);
	return *out ? 0 : -ENOMEM;
}

static int64_t synth_readlink(struct task *task, struct dentry *dentry, char *buffer, size_t size)
{
	struct synth_inode *s = synth_of(dentry->inode);
	return s->entry->link(task, &s->target, buffer, size);
}

static int64_t synth_follow(struct task *task, struct dentry *dentry, struct path *out)
{
	struct synth_inode *s = synth_of(dentry->inode);
	return s->entry->follow(task, &s->target, out);
}

/* --- files --- */

static int64_t make_text(struct file *file, struct task *task)
{
	struct synth_inode *s = synth_of(file->inode);
	struct text text;
	text_init(&text);
	int64_t result = s->entry->show ? s->entry->show(task, &s->target, &text) : -EINVAL;
	if (result == 0 && text.has_failed)
		result = -ENOMEM;
	if (result == 0)
		return snapshot_keep(file, text.at, text.len);
	text_free(&text);
	return result;
}

static int64_t synth_read(struct file *file, struct iter *to, uint64_t *position)
{
	int64_t result = *position == 0 || !snapshot_is_kept(file) ? make_text(file, to->task) : 0;
	return result == 0 ? snapshot_read(file, to, position) : result;
}

static int64_t synth_write(struct file *file, struct iter *from, uint64_t *position)
{
	char text[WRITE_MAX + 1];
	struct synth_inode *s = synth_of(file->inode);
	size_t len = MIN(from->left, (size_t)WRITE_MAX);
	if (!s->entry->store)
		return -EINVAL;
	if (iter_get(from, text, len) < len)
		return -EFAULT;
	text[len] = 0;
	int64_t result = s->entry->store(from->task, &s->target, text, len);
	if (result != 0)
		return result;
	*position += len;
	return (int64_t)len;
}

static int64_t synth_seek(struct file *file, int64_t offset, int whence)
{
	return whence == SEEK_END ? -EINVAL : seek_within(file, offset, whence, 0);
}

/* --- directories: dynamic names have cursors above the table's --- */

#define DYNAMIC_CURSOR (1ull << 32)

static bool emit_table(struct synth_inode *s, uint64_t *cursor, struct dir_sink *sink)
{
	const struct synth_entry *table = s->entry->children;
	uint64_t index = 0;
	for (; table && table->name; table++, index++) {
		if (index < *cursor)
			continue;
		if (!sink->emit(sink, table->name, number_of(table, &s->target),
		                mode_to_dt(table->mode), index + 1))
			return false;
	}
	*cursor = DYNAMIC_CURSOR;
	return true;
}

static int64_t synth_readdir(struct file *file, struct dentry *dir, uint64_t cursor,
                             struct dir_sink *sink)
{
	struct synth_inode *s = synth_of(dir->inode);
	(void)file;
	if (cursor < DYNAMIC_CURSOR && !emit_table(s, &cursor, sink))
		return 0;
	if (!s->entry->next)
		return 0;
	for (;;) {
		char name[32];
		uint8_t type;
		uint64_t at = cursor - DYNAMIC_CURSOR;
		if (!s->entry->next(&s->target, &at, name, &type))
			return 0;
		cursor = at + 1 + DYNAMIC_CURSOR;
		if (!sink->emit(sink, name, (hash_mix(s->inode.number ^ at) >> 24) | 1, type,
		                cursor))
			return 0;
	}
}

/* Attributes of made-up files cannot be changed; truncation (a shell's "> file") is accepted. */
static int64_t synth_set(struct inode *inode, const struct attributes *attributes)
{
	(void)inode;
	return attributes->mask & ~ATTR_SIZE ? -EPERM : 0;
}

static const struct inode_ops synth_inode_ops = {.lookup = synth_lookup, .set = synth_set};
static const struct inode_ops synth_link_ops = {.readlink = synth_readlink};
static const struct inode_ops synth_jump_ops = {.readlink = synth_readlink, .follow = synth_follow};
static const struct file_ops synth_file_ops = {
	.name = "synth",
	.read = synth_read,
	.write = synth_write,
	.seek = synth_seek,
	.release = snapshot_release,
};
static const struct file_ops synth_dir_ops = {.name = "synth", .readdir = synth_readdir};
static const struct super_ops synth_super_ops;

int64_t synthfs_create(const char *type, int64_t magic, const struct synth_entry *root,
                       struct super **out_super, struct dentry **out_root)
{
	struct synth_target nobody = {0};
	struct super *super = super_create(type, &synth_super_ops, 0, magic);
	struct inode *inode = super ? new_inode(super, root, &nobody) : NULL;
	if (inode)
		inode->number = 1;
	return super_begin(super, inode, out_super, out_root);
}
