/*
 * A place is a file or directory as an object. Its badge says everything (inode, some bits of the
 * generation, whether it may be changed), so places need no table and outlive a restart of the server.
 *
 *	bits 0-46 inode   bits 47-58 generation   bit 59 read-only
 *
 * Lookup goes on in the store from where the tree's own names ended. Symbolic links are not followed: they
 * mean something only to those who keep them.
 */
#include "place.h"
#include "files.h"
#include "generations.h"
#include "journal.h"
#include "session.h"
#include "writeback.h"

#include <base/bits.h>
#include <base/string.h>
#include <object-tree/object_serve.h>

#define INODE_BITS 47
#define GENERATION_MASK 0xfffull
#define READ_ONLY_BIT (1ull << 59)
#define INODE_MASK ((1ull << INODE_BITS) - 1)

struct place {
	struct store_attr attr;
	bool is_read_only;
};

static struct place *place_of(void *context)
{
	return ((struct object_instance *)context)->self;
}

static bool is_directory(const struct place *place)
{
	return (place->attr.mode & STORE_TYPE_MASK) == STORE_TYPE_DIR;
}

static uint32_t kind_of(uint32_t mode)
{
	switch (mode & STORE_TYPE_MASK) {
	case STORE_TYPE_DIR: return OBJECT_KIND_DIRECTORY;
	case STORE_TYPE_FILE: return OBJECT_KIND_FILE;
	case STORE_TYPE_SYMLINK: return OBJECT_KIND_LINK;
	default: return OBJECT_KIND_DEVICE;
	}
}

static status_t place_handle(uint64_t inode, bool is_read_only, handle_t *out)
{
	struct store_attr attr;
	status_t status = store_getattr(fs.store, inode, &attr);
	uint64_t value;

	if (status != OK)
		return status;
	value = inode | (attr.generation & GENERATION_MASK) << INODE_BITS;
	return files_handle(BADGE_PLACE, value | (is_read_only ? READ_ONLY_BIT : 0), RIGHTS_OBJECT,
	                    out);
}

/* --- what an object says of itself --- */

static void get_size(void *self, struct cbor_writer *out)
{
	cbor_put_uint(out, ((struct place *)self)->attr.size);
}

static void get_mode(void *self, struct cbor_writer *out)
{
	cbor_put_uint(out, ((struct place *)self)->attr.mode);
}

static void get_owner(void *self, struct cbor_writer *out)
{
	cbor_put_uint(out, ((struct place *)self)->attr.uid);
}

static void get_modified(void *self, struct cbor_writer *out)
{
	cbor_put_int(out, ((struct place *)self)->attr.mtime_ns);
}

static const struct object_property properties[] = {
	{"mode", "Type and permissions, as in POSIX.", "uint", get_mode},
	{"modified", "When the content changed, ns since 1970 UTC.", "int", get_modified},
	{"owner", "Number of the owning user.", "uint", get_owner},
	{"size", "Bytes; of a directory, its entries.", "uint", get_size},
};
static const struct object_type types[] = {
	[OBJECT_KIND_DIRECTORY] = {.name = "folder",
                                   .doc = "A directory of the store. attach gives a file session.",
                                   .kind = OBJECT_KIND_DIRECTORY,
                                   .properties = properties,
                                   .property_count = ARRAY_SIZE(properties)},
	[OBJECT_KIND_FILE] = {.name = "file",
                              .doc = "A file of the store.",
                              .kind = OBJECT_KIND_FILE,
                              .properties = properties,
                              .property_count = ARRAY_SIZE(properties)},
	[OBJECT_KIND_LINK] = {.name = "link",
                              .doc = "A symbolic link.",
                              .kind = OBJECT_KIND_LINK,
                              .properties = properties,
                              .property_count = ARRAY_SIZE(properties)},
	[OBJECT_KIND_DEVICE] = {.name = "node",
                                .doc = "A device, FIFO or socket: its content is elsewhere.",
                                .kind = OBJECT_KIND_DEVICE,
                                .properties = properties,
                                .property_count = ARRAY_SIZE(properties)},
};

/* --- lookup and list --- */

/* Makes a missing component when `makes`. */
static status_t step(uint64_t dir, const char *name, size_t len, bool makes, uint64_t *inode)
{
	struct change change = {
		.kind = CHANGE_MKDIR, .dir = dir, .mode = 0755, .first_len = (uint16_t)len};
	const struct change_names names = {name, ""};
	status_t status = store_lookup(fs.store, dir, name, len, inode);

	if (status != E_NOENT || !makes)
		return status;
	writeback_make_room();
	status = journal_make(fs.store, &change, &names);
	*inode = change.inode;
	generations_raise(dir);
	return status;
}

static status_t resolve(uint64_t *inode, const char *path, bool makes)
{
	status_t status = OK;

	while (status == OK) {
		size_t len = 0;

		while (*path == '/')
			path++;
		while (path[len] != 0 && path[len] != '/')
			len++;
		if (len == 0)
			return OK;
		if (path[0] == '.' && (len == 1 || (len == 2 && path[1] == '.')))
			return E_INVAL;
		status = step(*inode, path, len, makes, inode);
		path += len;
	}
	return status;
}

static status_t on_lookup(void *context, uint64_t badge, struct ipc_text path, uint32_t *count,
                          uint32_t *used0, uint32_t *used1, uint32_t *used2, handle_t *c0,
                          handle_t *c1, handle_t *c2)
{
	const struct place *place = place_of(context);
	uint64_t inode = place->attr.inode;
	status_t status = resolve(&inode, path.at, false);

	(void)badge, (void)used1, (void)used2, (void)c1, (void)c2;
	if (status == OK)
		status = place_handle(inode, place->is_read_only, c0);
	if (status != OK)
		return status;
	*count = 1;
	*used0 = path.len;
	return OK;
}

static status_t on_list(void *context, uint64_t badge, uint64_t cursor, uint64_t *next,
                        struct ipc_out *entries)
{
	const struct place *place = place_of(context);
	struct store_dirent entry;
	status_t status = is_directory(place) ? OK : E_NOTDIR;

	(void)badge;
	while (status == OK) {
		uint8_t *to = (uint8_t *)entries->at + entries->len;

		*next = cursor;
		status = store_readdir(fs.store, place->attr.inode, &cursor, &entry);
		if (status != OK)
			break;
		if (entries->max - entries->len < 2 + entry.name_len)
			return OK;
		to[0] = (uint8_t)kind_of(entry.type);
		to[1] = (uint8_t)entry.name_len;
		memcpy(to + 2, entry.name, entry.name_len);
		entries->len += 2 + entry.name_len;
	}
	if (status != E_NOENT)
		return status;
	*next = 0;
	return OK;
}

/* --- sessions and roots for others --- */

static status_t on_attach(void *context, uint64_t badge, uint32_t flags, handle_t *session)
{
	const struct place *place = place_of(context);

	(void)badge;
	if ((flags & ~OBJECT_READ_ONLY) != 0)
		return E_INVAL;
	if (!is_directory(place))
		return E_UNSUPPORTED;
	return session_open(place->attr.inode,
	                    place->is_read_only || (flags & OBJECT_READ_ONLY) != 0, session);
}

static status_t on_subtree(void *context, uint64_t badge, struct ipc_text path, uint32_t flags,
                           handle_t *directory)
{
	const struct place *place = place_of(context);
	uint64_t inode = place->attr.inode;
	struct store_attr attr;
	status_t status;

	(void)badge;
	if ((flags & ~(OBJECT_READ_ONLY | OBJECT_MAKE)) != 0)
		return E_INVAL;
	if (place->is_read_only && (flags & OBJECT_MAKE) != 0)
		return E_ACCESS;
	status = resolve(&inode, path.at, (flags & OBJECT_MAKE) != 0);
	if (status == OK)
		status = store_getattr(fs.store, inode, &attr);
	if (status != OK)
		return status;
	if ((attr.mode & STORE_TYPE_MASK) != STORE_TYPE_DIR)
		return E_NOTDIR;
	return place_handle(inode, place->is_read_only || (flags & OBJECT_READ_ONLY) != 0,
	                    directory);
}

static const struct object_ops place_ops = {
	.kind = described_kind,
	.describe = described_describe,
	.call = described_call,
	.get = described_get,
	.subscribe = described_subscribe,
	.lookup = on_lookup,
	.list = on_list,
	.attach = on_attach,
	.subtree = on_subtree,
};

/* --- requests --- */

static status_t answer(struct place *place, struct ipc_message *m, void *page)
{
	struct object_instance instance = {.type = &types[kind_of(place->attr.mode)],
	                                   .self = place,
	                                   .granted = OBJECT_MAY_ALL};

	return object_dispatch(&place_ops, &instance, m, page);
}

status_t place_dispatch_root(struct ipc_message *m, void *page)
{
	struct place place = {.is_read_only = fs.is_read_only};
	status_t status = store_getattr(fs.store, STORE_ROOT_INODE, &place.attr);

	return status == OK ? answer(&place, m, page) : ipc_dispatch_end(m, status);
}

status_t place_dispatch(uint64_t value, struct ipc_message *m, void *page)
{
	struct place place = {.is_read_only = (value & READ_ONLY_BIT) != 0};
	status_t status = store_getattr(fs.store, value & INODE_MASK, &place.attr);

	if (status == OK &&
	    (place.attr.generation & GENERATION_MASK) != (value >> INODE_BITS & GENERATION_MASK))
		status = E_STALE;
	return status == OK ? answer(&place, m, page)
	                    : ipc_dispatch_end(m, status == E_STALE ? E_GONE : status);
}
