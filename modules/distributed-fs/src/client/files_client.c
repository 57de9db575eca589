/*
 * The client library (files_client.h). Each call walks to what it needs on a few fixed fids and clunks them:
 * nothing is kept between calls but the session.
 */
#include <distributed-fs/files_client.h>

#include <base/string.h>
#include <object-tree/object.h>

#define FID_ROOT 0u
#define FID_PLACE 16382u /* the highest: small ones are the user's */
#define FID_NEW 16383u
#define UNLINK_DIRECTORY 1u
#define TYPE_MASK 0170000u
#define PATH_MAX_BYTES 1023u
#define NAME_MAX_BYTES 255u
#define ENTRY_HEAD 18u
#define NEW_PREFIX ".new."

status_t files_attach(handle_t root, const char *path, uint32_t flags, struct files_session *out)
{
	return obj_attach(root, path, flags, &out->handle);
}

void files_detach(struct files_session *session)
{
	(void)file_clunk(session->handle, FID_ROOT); /* ends the session; the server may be gone */
	ipc_close(session->handle);
	session->handle = HANDLE_NONE;
}

/* --- walking --- */

static void leave(const struct files_session *session, uint32_t fid)
{
	(void)file_clunk(session->handle, fid);
}

/* Walks fid to path, all the way. */
static status_t reach(const struct files_session *session, const char *path, uint32_t fid,
                      struct file_attr *attr)
{
	uint32_t used;
	status_t status = file_walk(session->handle, FID_ROOT, fid, path, &used, attr);

	if (status == OK && path[used] != 0) {
		leave(session, fid);
		return E_NOTDIR;
	}
	return status;
}

/* Splits path: FID_PLACE becomes the directory, *out_name is the last component. */
static status_t reach_parent(const struct files_session *session, const char *path,
                             const char **out_name)
{
	char parent[PATH_MAX_BYTES + 1];
	struct file_attr attr;
	size_t at = strlen(path);

	if (at > PATH_MAX_BYTES)
		return E_NAMETOOLONG;
	while (at > 0 && path[at - 1] != '/')
		at--;
	*out_name = path + at;
	memcpy(parent, path, at);
	parent[at] = 0;
	return reach(session, parent, FID_PLACE, &attr);
}

status_t files_stat(const struct files_session *session, const char *path, struct file_attr *out)
{
	status_t status = reach(session, path, FID_PLACE, out);

	if (status == OK)
		leave(session, FID_PLACE);
	return status;
}

/* --- content --- */

status_t files_read(const struct files_session *session, const char *path, void *buffer,
                    size_t size, size_t *out_len)
{
	struct file_attr attr;
	size_t at = 0;
	status_t status = reach(session, path, FID_PLACE, &attr);

	if (status != OK)
		return status;
	*out_len = attr.size;
	while (status == OK && at < attr.size && at < size) {
		uint32_t part = size - at < FILE_READ_DATA_MAX ? (uint32_t)(size - at)
		                                               : FILE_READ_DATA_MAX;
		uint32_t len = 0;

		status = file_read(session->handle, FID_PLACE, at, part, (uint8_t *)buffer + at,
		                   part, &len);
		if (len == 0)
			break;
		at += len;
	}
	leave(session, FID_PLACE);
	if (status == OK && attr.size <= size)
		*out_len = at;
	return status == OK && attr.size > size ? E_RANGE : status;
}

static status_t write_all(const struct files_session *session, const void *data, size_t len)
{
	status_t status = OK;

	for (size_t at = 0; status == OK && at < len;) {
		uint32_t part = len - at < FILE_WRITE_DATA_MAX ? (uint32_t)(len - at)
		                                               : FILE_WRITE_DATA_MAX;

		status = file_write(session->handle, FID_NEW, at, (const uint8_t *)data + at, part);
		at += part;
	}
	return status;
}

/* Makes the file `beside` in FID_PLACE with the content and gives it its name. */
static status_t write_beside(const struct files_session *session, const char *name,
                             const char *beside, const void *data, size_t len,
                             const struct files_owner *owner)
{
	struct file_attr attr;
	handle_t handle = session->handle;
	status_t status;

	(void)file_unlink(handle, FID_PLACE, beside, 0, 0); /* left over by a crash */
	status = file_create(handle, FID_PLACE, FID_NEW, beside, FILES_MODE_FILE | owner->mode,
	                     owner->uid, owner->gid, 0, 0, &attr);
	if (status != OK)
		return status;
	status = write_all(session, data, len);
	if (status == OK)
		status = file_sync(handle, FID_NEW, 0);
	if (status == OK)
		status = file_rename(handle, FID_PLACE, beside, FID_PLACE, name, 0, 0);
	if (status == OK)
		status = file_sync(handle, FID_PLACE, 0);
	else
		(void)file_unlink(handle, FID_PLACE, beside, 0, 0);
	leave(session, FID_NEW);
	return status;
}

status_t files_write(const struct files_session *session, const char *path, const void *data,
                     size_t len, const struct files_owner *owner)
{
	static const struct files_owner root = {.mode = 0644};
	char beside[NAME_MAX_BYTES + 1] = NEW_PREFIX;
	const char *name;
	status_t status = reach_parent(session, path, &name);

	if (status != OK)
		return status;
	if (strlen(name) > NAME_MAX_BYTES - strlen(NEW_PREFIX))
		status = E_NAMETOOLONG;
	if (status == OK) {
		memcpy(beside + strlen(NEW_PREFIX), name, strlen(name) + 1);
		status = write_beside(session, name, beside, data, len, owner ? owner : &root);
	}
	leave(session, FID_PLACE);
	return status;
}

/* --- names --- */

status_t files_mkdir(const struct files_session *session, const char *path,
                     const struct files_owner *owner)
{
	static const struct files_owner root = {.mode = 0755};
	const char *name;
	struct file_attr attr;
	status_t status = reach_parent(session, path, &name);

	if (status != OK)
		return status;
	if (owner == NULL)
		owner = &root;
	status = file_create(session->handle, FID_PLACE, FID_NEW, name,
	                     FILES_MODE_DIR | owner->mode, owner->uid, owner->gid, 0, 0, &attr);
	if (status == OK)
		leave(session, FID_NEW);
	leave(session, FID_PLACE);
	return status;
}

status_t files_remove(const struct files_session *session, const char *path)
{
	const char *name;
	status_t status = reach_parent(session, path, &name);

	if (status != OK)
		return status;
	status = file_unlink(session->handle, FID_PLACE, name, 0, 0);
	if (status == E_ISDIR)
		status = file_unlink(session->handle, FID_PLACE, name, UNLINK_DIRECTORY, 0);
	leave(session, FID_PLACE);
	return status;
}

/* One reply's entries: u64 inode, u64 cursor, u8 type, u8 name length, name. */
static status_t tell_entries(const uint8_t *entries, uint32_t len, files_each_fn *each,
                             void *context)
{
	status_t status = OK;

	for (uint32_t at = 0; status == OK && at < len;) {
		char name[NAME_MAX_BYTES + 1];
		uint64_t inode;
		uint8_t name_len;

		if (len - at < ENTRY_HEAD || len - at - ENTRY_HEAD < entries[at + 17])
			return E_PROTO;
		name_len = entries[at + 17];
		memcpy(&inode, entries + at, sizeof(inode));
		memcpy(name, entries + at + ENTRY_HEAD, name_len);
		name[name_len] = 0;
		status = each(context, name, inode, entries[at + 16]);
		at += ENTRY_HEAD + name_len;
	}
	return status;
}

status_t files_list(const struct files_session *session, const char *path, files_each_fn *each,
                    void *context)
{
	uint8_t entries[FILE_READDIR_ENTRIES_MAX];
	struct file_attr attr;
	uint64_t cursor = 0;
	uint32_t len = 0;
	status_t status = reach(session, path, FID_PLACE, &attr);

	if (status != OK)
		return status;
	do {
		status = file_readdir(session->handle, FID_PLACE, cursor, &cursor, entries,
		                      sizeof(entries), &len);
		if (status == OK)
			status = tell_entries(entries, len, each, context);
	} while (status == OK && len > 0);
	leave(session, FID_PLACE);
	return status;
}

status_t files_sync(const struct files_session *session)
{
	return file_sync_all(session->handle);
}
