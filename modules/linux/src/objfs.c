/*
 * The object tree as directories. Each object is a directory of what is bound below it, of its methods and of
 * its properties. Reading a property file gives its value as JSON. A method file is called by writing its
 * arguments as JSON, and what is read from the same descriptor afterwards is the result; reading without
 * having written calls it without arguments. Nothing is cached: the tree belongs to others. Whose call it is counts when
 * it is made, not when the file was opened.
 */
#include "objfs.h"
#include "file.h"
#include "object_access.h"
#include "snapshot.h"
#include "syscall.h"
#include <base/bits.h>
#include <base/hash.h>
#include <base/string.h>
#include <libanon/heap.h>
#include <libanon/start.h>
#include <object-tree/json.h>
#include <object-tree/object.h>

#define OBJ_PATH_MAX 1023
#define VALUE_MAX 4000u
#define DESCRIPTION_MAX 16384u
#define LIST_MAX 32768u
#define JSON_MAX 16384u

/* OBJFS_NAMES: a directory that shows what is bound below it and no members, for the union under "/". */
enum objfs_kind { OBJFS_OBJECT, OBJFS_NAMES, OBJFS_METHOD, OBJFS_PROPERTY };

struct objfs_inode {
	struct inode inode; /* first */
	enum objfs_kind kind;
	char *path;   /* of the object; "" is the root */
	char *member; /* method or property */
};

static const struct inode_ops objfs_inode_ops;
static const struct file_ops objfs_dir_ops, objfs_property_ops, objfs_method_ops;

static handle_t tree_root(void)
{
	return start_handle("root");
}

static struct objfs_inode *objfs_of(struct inode *inode)
{
	return (struct objfs_inode *)inode;
}

static struct inode *new_inode(struct super *super, enum objfs_kind kind, const char *path,
                               const char *member)
{
	static const uint32_t modes[] = {S_IFDIR | 0555, S_IFDIR | 0555, S_IFREG | 0666,
	                                 S_IFREG | 0444};
	struct objfs_inode *o = heap_zalloc(sizeof(*o));
	if (!o)
		return NULL;
	o->kind = kind;
	o->path = heap_strdup(path);
	o->member = heap_strdup(member);
	if (!o->path || !o->member) {
		heap_free(o->path);
		heap_free(o->member);
		heap_free(o);
		return NULL;
	}
	inode_init(&o->inode, super, modes[kind], &objfs_inode_ops);
	o->inode.number = (hash_mix(hash_string(path) ^ hash_mix(hash_string(member) + kind)) >>
	                   16) |
	                  1;
	o->inode.file_ops = S_ISDIR(modes[kind])   ? &objfs_dir_ops
	                    : kind == OBJFS_METHOD ? &objfs_method_ops
	                                           : &objfs_property_ops;
	return &o->inode;
}

static void objfs_free(struct inode *inode)
{
	heap_free(objfs_of(inode)->path);
	heap_free(objfs_of(inode)->member);
}

/* The description of an object, allocated; null with *result when there is none. */
static uint8_t *describe(const char *path, uint32_t *len, int64_t *result)
{
	uint8_t *value = heap_alloc(DESCRIPTION_MAX);
	status_t status = value ? object_access_read(task_current(), path) : E_NOMEM;
	if (status == OK)
		status = obj_describe(tree_root(), path, value, DESCRIPTION_MAX, len);
	*result = errno_from_status(status);
	if (status == OK)
		return value;
	heap_free(value);
	return NULL;
}

static bool has_member(const uint8_t *value, uint32_t len, const char *section, const char *name)
{
	struct cbor_reader map, member;
	if (cbor_find(value, len, section, &map) != OK)
		return false;
	return cbor_find(map.at + map.pos, map.len - map.pos, name, &member) == OK;
}

static int64_t find_member(struct super *super, struct objfs_inode *dir, const char *name,
                           struct inode **out)
{
	uint32_t len;
	int64_t result;
	uint8_t *value = describe(dir->path, &len, &result);
	if (!value) /* whose service is down is not absent */
		return result == -EIO ? result : -ENOENT;
	result = -ENOENT;
	if (has_member(value, len, "methods", name)) {
		*out = new_inode(super, OBJFS_METHOD, dir->path, name);
		result = *out ? 0 : -ENOMEM;
	} else if (has_member(value, len, "properties", name)) {
		*out = new_inode(super, OBJFS_PROPERTY, dir->path, name);
		result = *out ? 0 : -ENOMEM;
	}
	heap_free(value);
	return result;
}

static bool join(char *to, const char *path, const char *name)
{
	size_t len = strlen(path);
	string_copy(to, path, OBJ_PATH_MAX + 1);
	if (len > 0)
		len += string_copy(to + len, "/", OBJ_PATH_MAX + 1 - len);
	return string_copy(to + len, name, OBJ_PATH_MAX + 1 - len);
}

static int64_t objfs_lookup(struct task *task, struct dentry *dir, const char *name,
                            struct inode **out)
{
	char path[OBJ_PATH_MAX + 1];
	struct objfs_inode *o = objfs_of(dir->inode);
	handle_t object;
	if (!join(path, o->path, name))
		return -ENAMETOOLONG;
	status_t status = object_access_see(task, path);
	if (status == OK)
		status = obj_resolve(tree_root(), path, &object);
	if (status != OK && o->kind == OBJFS_NAMES)
		return status == E_GONE ? -EIO : -ENOENT;
	if (status != OK)
		return find_member(dir->inode->super, o, name, out);
	(void)sys_handle_close(object);
	*out = new_inode(dir->inode->super, OBJFS_OBJECT, path, "");
	return *out ? 0 : -ENOMEM;
}

/* --- directories: bound names, then methods, then properties --- */

/* Not every object has names below it; but a tree that is down is not empty. */
static int64_t list_bound(const char *path, struct obj_names *names)
{
	status_t status = names->at ? object_access_list(task_current(), path, names) : E_NOMEM;
	if (status == OK)
		return 0;
	names->len = 0;
	return status == E_GONE || status == E_NOMEM ? errno_from_status(status) : 0;
}

/* False: there was no more room, or *result says why there are no names. */
static bool emit_bound(const char *path, uint64_t *index, uint64_t cursor, struct dir_sink *sink,
                       int64_t *result)
{
	struct obj_names names = {.at = heap_alloc(LIST_MAX), .max = LIST_MAX};
	uint32_t at = 0, len;
	uint8_t kind;
	const char *entry;
	char name[NAME_MAX + 1];
	*result = list_bound(path, &names);
	bool is_room = *result == 0;
	while (is_room && obj_names_next(&names, &at, &kind, &entry, &len)) {
		string_copy_len(name, entry, len, sizeof(name));
		if ((*index)++ >= cursor)
			is_room = sink->emit(sink, name, hash_string(name) | 1, DT_DIR, *index);
	}
	heap_free(names.at);
	return is_room;
}

static bool emit_members(const uint8_t *value, uint32_t len, const char *section, uint64_t *index,
                         uint64_t cursor, struct dir_sink *sink)
{
	struct cbor_reader map;
	uint64_t pairs;
	char name[NAME_MAX + 1];
	if (cbor_find(value, len, section, &map) != OK || cbor_get_map(&map, &pairs) != OK)
		return true;
	while (pairs-- > 0) {
		const char *key;
		size_t key_len;
		if (cbor_get_text(&map, &key, &key_len) != OK || cbor_skip(&map) != OK)
			return true;
		string_copy_len(name, key, key_len, sizeof(name));
		if ((*index)++ >= cursor &&
		    !sink->emit(sink, name, hash_string(name) | 1, DT_REG, *index))
			return false;
	}
	return true;
}

static int64_t objfs_readdir(struct file *file, struct dentry *dir, uint64_t cursor,
                             struct dir_sink *sink)
{
	struct objfs_inode *o = objfs_of(dir->inode);
	uint64_t index = 0;
	uint32_t len;
	int64_t result;
	(void)file;
	if (!emit_bound(o->path, &index, cursor, sink, &result) || o->kind == OBJFS_NAMES)
		return result;
	uint8_t *value = describe(o->path, &len, &result);
	if (!value) /* it may have no description; but whose service is down is not empty */
		return result == -EIO && index <= cursor ? result : 0;
	if (emit_members(value, len, "methods", &index, cursor, sink))
		emit_members(value, len, "properties", &index, cursor, sink);
	heap_free(value);
	return 0;
}

/* --- values --- */

static int64_t keep_json(struct file *file, const uint8_t *value, uint32_t value_len)
{
	char *text = heap_alloc(JSON_MAX), *fitting;
	size_t len = 0;
	if (!text)
		return -ENOMEM;
	status_t status = value_len ? json_from_cbor(value, value_len, false, text, JSON_MAX - 1,
	                                             &len)
	                            : OK;
	if (status != OK)
		len = 0;
	if (len > 0)
		text[len++] = '\n';
	fitting = heap_realloc(text, MAX(len, 1ul));
	int64_t result = snapshot_keep(file, fitting ? fitting : text, len);
	return status == OK ? result : errno_from_status(status);
}

static int64_t property_read(struct file *file, struct iter *to, uint64_t *position)
{
	struct objfs_inode *o = objfs_of(file->inode);
	uint8_t value[VALUE_MAX];
	uint32_t len;
	if (*position == 0) {
		status_t status = object_access_read(task_current(), o->path);
		if (status == OK)
			status = obj_get(tree_root(), o->path, o->member, value, sizeof(value),
			                 &len);
		int64_t result = status == OK ? keep_json(file, value, len)
		                              : errno_from_status(status);
		if (result != 0)
			return result;
	}
	return snapshot_read(file, to, position);
}

/* Calls the method with JSON arguments; the answer is kept for reading. */
static int64_t call(struct file *file, const char *json, size_t json_len)
{
	struct objfs_inode *o = objfs_of(file->inode);
	uint8_t arguments[VALUE_MAX], value[VALUE_MAX];
	struct cbor_writer writer;
	cbor_writer_init(&writer, arguments, sizeof(arguments));
	status_t status = OK;
	if (json_len > 0)
		status = json_to_cbor(json, json_len, &writer);
	else
		cbor_put_map(&writer, 0);
	if (status != OK || writer.status != OK)
		return -EINVAL;
	struct obj_arguments args = {.args = arguments, .args_len = (uint32_t)writer.len};
	struct obj_result answer = {.at = value, .max = sizeof(value)};
	status = object_access_call(task_current(), o->path, o->member, &args, &answer);
	if (status != OK)
		return errno_from_status(status);
	if (answer.cap.value)
		(void)sys_handle_close(answer.cap);
	return keep_json(file, answer.at, answer.len);
}

static int64_t method_write(struct file *file, struct iter *from, uint64_t *position)
{
	char json[VALUE_MAX];
	size_t len = from->left;
	if (len > sizeof(json))
		return -EFBIG;
	if (iter_get(from, json, len) < len)
		return -EFAULT;
	int64_t result = call(file, json, len);
	*position = 0; /* what is read next is the answer */
	return result == 0 ? (int64_t)len : result;
}

static int64_t method_read(struct file *file, struct iter *to, uint64_t *position)
{
	if (!snapshot_is_kept(file)) {
		int64_t result = call(file, "", 0);
		if (result != 0)
			return result;
	}
	return snapshot_read(file, to, position);
}

/* A shell's "> method" truncates first; nothing else about an object changes this way. */
static int64_t objfs_set(struct inode *inode, const struct attributes *attributes)
{
	(void)inode;
	return attributes->mask & ~ATTR_SIZE ? -EPERM : 0;
}

static const struct inode_ops objfs_inode_ops = {
	.lookup = objfs_lookup,
	.set = objfs_set,
	.free = objfs_free,
};
static const struct file_ops objfs_dir_ops = {.name = "obj", .readdir = objfs_readdir};
static const struct file_ops objfs_property_ops = {
	.name = "obj",
	.read = property_read,
	.release = snapshot_release,
};
static const struct file_ops objfs_method_ops = {
	.name = "obj",
	.read = method_read,
	.write = method_write,
	.release = snapshot_release,
};
static const struct super_ops objfs_super_ops;

static int64_t create(enum objfs_kind kind, const char *path, struct super **out_super,
                      struct dentry **out_root)
{
	if (handle_is_none(tree_root()))
		return -ENOENT;
	struct super *super = super_create("obj", &objfs_super_ops, 0, OBJ_MAGIC);
	struct inode *inode = super ? new_inode(super, kind, path, "") : NULL;
	if (!inode)
		return -ENOMEM;
	*out_super = super;
	*out_root = dentry_create_root(inode);
	return *out_root ? 0 : -ENOMEM;
}

int64_t objfs_create(struct super **out_super, struct dentry **out_root)
{
	return create(OBJFS_OBJECT, "", out_super, out_root);
}

int64_t objfs_create_names(const char *path, struct super **out_super, struct dentry **out_root)
{
	return create(OBJFS_NAMES, path, out_super, out_root);
}
