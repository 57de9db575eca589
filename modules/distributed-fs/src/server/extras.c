/*
 * The extras: a second archive that the loader brought behind the boot archive. One of its files names the release; a
 * store that does not hold that file with that content gets everything, in one commit, so that a power cut leaves
 * either. Files are the image's and replaced by a newer release; a link is made only where nothing has its name, since
 * links are what an installation inside the system turns over. Afterwards nobody needs the archive: its pages are freed.
 */
#include "extras.h"
#include "files.h"

#include <base/bits.h>
#include <base/string.h>
#include <libanon/archive.h>
#include <libanon/log.h>
#include <libanon/memory.h>
#include <libanon/start.h>

#define RELEASE "third_party/release"
#define OVERHEAD_BLOCKS 4096u /* room that is left for what users do */

/* A user's directory or link in a file's place is left alone. */
static status_t put_file(uint64_t dir, const char *name, const struct archive_entry *entry)
{
	struct store_new how = {.mode = STORE_TYPE_FILE | (entry->mode & 0777)};
	struct store_attr attr;
	uint64_t inode;
	status_t status = store_lookup(fs.store, dir, name, strlen(name), &inode);

	if (status == E_NOENT) {
		status = store_create(fs.store, dir, name, strlen(name), &how, &inode);
	} else if (status == OK) {
		status = store_getattr(fs.store, inode, &attr);
		if (status == OK && (attr.mode & STORE_TYPE_MASK) != STORE_TYPE_FILE)
			return OK;
		if (status == OK)
			status = store_truncate(fs.store, inode, 0);
	}
	return status == OK ? store_write_all(fs.store, inode, 0, entry->data, entry->bytes)
	                    : status;
}

static status_t put_directory(uint64_t dir, const char *name, const struct archive_entry *entry)
{
	struct store_new how = {.mode = entry->mode & 0777};
	uint64_t inode;
	status_t status = store_mkdir(fs.store, dir, name, strlen(name), &how, &inode);

	return status == E_EXIST ? OK : status;
}

static status_t put_link(uint64_t dir, const char *name, const struct archive_entry *entry)
{
	struct store_new how = {.mode = STORE_TYPE_SYMLINK | 0777};
	uint64_t inode;
	status_t status = store_symlink(fs.store, dir, name, strlen(name),
	                                (const char *)entry->data, entry->bytes, &how, &inode);

	return status == E_EXIST ? OK : status;
}

static status_t put_entry(const struct archive_entry *entry)
{
	const char *name;
	uint64_t dir;
	status_t status = store_resolve_parent(fs.store, entry->name, &dir, &name);

	if (status != OK)
		return status;
	switch (entry->mode & ARCHIVE_TYPE_MASK) {
	case ARCHIVE_DIRECTORY: return put_directory(dir, name, entry);
	case ARCHIVE_FILE: return put_file(dir, name, entry);
	case ARCHIVE_LINK: return put_link(dir, name, entry);
	default: return E_UNSUPPORTED;
	}
}

static status_t put_all(const struct archive *archive)
{
	struct archive_entry entry;
	uint64_t cursor = 0;
	status_t status;

	while ((status = archive_next(archive, &cursor, &entry)) == OK) {
		status = put_entry(&entry);
		if (status != OK) {
			log_warn("extras: /%s: %s", entry.name, status_name(status));
			return status;
		}
	}
	return status == E_NOENT ? store_commit(fs.store) : status;
}

/* Whether the store already has this release. */
static bool is_installed(const struct archive *archive)
{
	char content[128];
	struct archive_entry entry;
	uint64_t inode;
	size_t len;

	if (archive_find(archive, RELEASE, &entry) != OK || entry.bytes > sizeof(content))
		return false;
	if (store_resolve(fs.store, "/" RELEASE, &inode) != OK ||
	    store_read(fs.store, inode, 0, content, sizeof(content), &len) != OK)
		return false;
	return len == entry.bytes && memcmp(content, entry.data, len) == 0;
}

static bool has_room(uint64_t bytes)
{
	struct store_statfs room;

	store_statfs(fs.store, &room);
	return room.available > bytes / STORE_BLOCK_BYTES + OVERHEAD_BLOCKS;
}

static void install_from(const void *bytes, uint64_t count)
{
	struct archive archive;

	archive_init(&archive, bytes, count);
	if (is_installed(&archive))
		return;
	if (fs.is_read_only || !has_room(count))
		log_warn("extras: compiler and sources are not copied: %s",
		         fs.is_read_only ? "the disk is read-only"
		                         : "the disk has too little room");
	else if (put_all(&archive) == OK)
		log_info("extras: %lu KiB copied into the store", count / 1024);
}

void extras_install(void)
{
	handle_t extras = start_handle("extras");
	struct memory_info info;
	void *bytes;

	if (handle_is_none(extras) || sys_memory_info(extras, &info) != OK || info.bytes == 0)
		return;
	if (memory_map(extras, 0, info.bytes, MAP_READ, &bytes) == OK) {
		install_from(bytes, info.bytes);
		(void)memory_unmap(bytes, info.bytes);
	}
	if (sys_memory_resize(extras, 0) != OK)
		log_warn("extras: their memory could not be freed");
}
