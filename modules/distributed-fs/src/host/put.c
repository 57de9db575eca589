/*
 * anonstore put: copies a host file, symbolic link or whole directory into the image, with
 * modes and modification times. New files belong to the owner of the directory they come
 * into. Blocks of zeroes become holes. Directories merge with what is there.
 */
#include "commands.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest.h"

#define CHUNK_BYTES (128u * 1024u)

struct putting {
	struct image *image;
	struct path host;
	uint8_t *chunk;
};

static bool complain_host(const struct putting *work)
{
	fprintf(stderr, "anonstore: %s: %s\n", work->host.text, strerror(errno));
	return false;
}

static bool is_zero(const uint8_t *bytes, size_t count)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, count - 1) == 0;
}

static struct store_new new_like(const struct stat *host, const struct store_attr *dir)
{
	return (struct store_new){.mode = host->st_mode, .uid = dir->uid, .gid = dir->gid};
}

static bool keep_times(struct putting *work, uint64_t inode, const struct stat *host)
{
	struct store_attr attr = {
		.mode = host->st_mode,
		.mtime_ns = host->st_mtim.tv_sec * 1000000000ll + host->st_mtim.tv_nsec,
	};
	status_t status = store_setattr(work->image->store, inode, STORE_SET_MTIME | STORE_SET_MODE,
	                                &attr);

	return status == OK || complain(work->host.text, status);
}

/* ---- Contents ---- */

static bool copy_chunk(struct putting *work, uint64_t inode, uint64_t offset, size_t count)
{
	status_t status = OK;

	if (!is_zero(work->chunk, count))
		status = store_write_all(work->image->store, inode, offset, work->chunk, count);
	return status == OK || complain(work->host.text, status);
}

static bool copy_contents(struct putting *work, int fd, uint64_t inode)
{
	uint64_t offset = 0;
	ssize_t count;
	status_t status;

	while ((count = read(fd, work->chunk, CHUNK_BYTES)) > 0) {
		if (!copy_chunk(work, inode, offset, (size_t)count))
			return false;
		offset += (uint64_t)count;
	}
	if (count < 0)
		return complain_host(work);
	status = store_truncate(work->image->store, inode, offset);
	return status == OK || complain(work->host.text, status);
}

/* ---- Names ---- */

/* What has the name now, if anything; *out_type 0 if nothing. */
static status_t existing(struct store *store, uint64_t dir, const char *name, uint64_t *out_inode,
                         uint32_t *out_type)
{
	struct store_attr attr;
	status_t status = store_lookup(store, dir, name, strlen(name), out_inode);

	*out_type = 0;
	if (status == E_NOENT)
		return OK;
	if (status == OK)
		status = store_getattr(store, *out_inode, &attr);
	if (status == OK)
		*out_type = attr.mode & STORE_TYPE_MASK;
	return status;
}

/* An empty file of that name: the one there is, emptied, or a new one. */
static status_t claim_file(struct store *store, uint64_t dir, const char *name,
                           const struct store_new *how, uint64_t *out_inode)
{
	uint32_t type;
	status_t status = existing(store, dir, name, out_inode, &type);

	if (status == OK && type == STORE_TYPE_FILE)
		return store_truncate(store, *out_inode, 0);
	if (status == OK && type != 0)
		status = store_unlink(store, dir, name, strlen(name));
	if (status != OK)
		return status;
	return store_create(store, dir, name, strlen(name), how, out_inode);
}

static bool put_file(struct putting *work, uint64_t dir, const char *name, const struct stat *host,
                     const struct store_new *how)
{
	int fd = open(work->host.text, O_RDONLY | O_CLOEXEC);
	uint64_t inode;
	status_t status;
	bool is_done;

	if (fd < 0)
		return complain_host(work);
	status = claim_file(work->image->store, dir, name, how, &inode);
	is_done = status == OK ? copy_contents(work, fd, inode) : complain(name, status);
	close(fd);
	return is_done && keep_times(work, inode, host);
}

static bool put_symlink(struct putting *work, uint64_t dir, const char *name,
                        const struct store_new *how)
{
	struct store *store = work->image->store;
	char target[STORE_SYMLINK_MAX + 1];
	ssize_t len = readlink(work->host.text, target, sizeof(target));
	uint64_t inode;
	uint32_t type;
	status_t status;

	if (len < 0)
		return complain_host(work);
	status = existing(store, dir, name, &inode, &type);
	if (status == OK && type != 0)
		status = store_unlink(store, dir, name, strlen(name));
	if (status == OK)
		status = store_symlink(store, dir, name, strlen(name), target, (size_t)len, how,
		                       &inode);
	return status == OK || complain(work->host.text, status);
}

static bool put_any(struct putting *work, uint64_t dir, const char *name);

static bool put_children(struct putting *work, uint64_t dir)
{
	size_t len = work->host.len;
	DIR *host = opendir(work->host.text);
	const struct dirent *entry;
	bool is_fine = host != NULL;

	if (host == NULL)
		return complain_host(work);
	while (is_fine && (entry = readdir(host)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		is_fine = path_push(&work->host, entry->d_name) &&
		          put_any(work, dir, entry->d_name);
		path_cut(&work->host, len);
	}
	closedir(host);
	return is_fine;
}

static bool put_dir(struct putting *work, uint64_t parent, const char *name,
                    const struct stat *host, const struct store_new *how)
{
	uint64_t inode = STORE_ROOT_INODE;
	status_t status = OK;

	if (name[0] != '\0') {
		status = store_mkdir(work->image->store, parent, name, strlen(name), how, &inode);
		if (status == E_EXIST)
			status = store_lookup(work->image->store, parent, name, strlen(name),
			                      &inode);
		else if (status == OK)
			return put_children(work, inode) && keep_times(work, inode, host);
	}
	return status == OK ? put_children(work, inode) : complain(work->host.text, status);
}

static bool put_any(struct putting *work, uint64_t dir, const char *name)
{
	struct store_attr parent;
	struct store_new how;
	struct stat host;
	status_t status;

	if (lstat(work->host.text, &host) != 0)
		return complain_host(work);
	status = store_getattr(work->image->store, dir, &parent);
	if (status != OK)
		return complain(work->host.text, status);
	how = new_like(&host, &parent);
	switch (host.st_mode & S_IFMT) {
	case S_IFDIR: return put_dir(work, dir, name, &host, &how);
	case S_IFREG: return put_file(work, dir, name, &host, &how);
	case S_IFLNK: return put_symlink(work, dir, name, &how);
	default:
		fprintf(stderr, "anonstore: %s: skipped (not a file, directory or link)\n",
		        work->host.text);
		return true;
	}
}

/* A file put where a directory is goes into it under its own name. */
static bool target_path(struct putting *work, const char *host, const char *guest, struct path *out)
{
	struct stat stat_host;
	size_t len;
	const char *name = path_name(host, &len);
	char own_name[STORE_NAME_MAX + 1];

	if (!path_set(out, guest) || lstat(host, &stat_host) != 0)
		return complain_host(work);
	if (S_ISDIR(stat_host.st_mode) || len == 0 || len >= sizeof(own_name))
		return true;
	if (guest[0] != '\0' && guest[strlen(guest) - 1] != '/' &&
	    !guest_is_dir(work->image, guest))
		return true;
	memcpy(own_name, name, len);
	own_name[len] = '\0';
	return path_push(out, own_name);
}

static bool put(struct putting *work, const char *host, const char *guest)
{
	struct path target;
	uint64_t dir;
	size_t len;
	const char *name;

	if (!path_set(&work->host, host) || !target_path(work, host, guest, &target) ||
	    !guest_make_parents(work->image, target.text, &dir))
		return false;
	name = path_name(target.text, &len);
	path_cut(&target, (size_t)(name - target.text) + len);
	return put_any(work, dir, name);
}

int command_put(int argc, char **argv)
{
	struct putting work;
	struct image image;
	bool is_done;

	if (argc != 3)
		return usage();
	if (!image_open(&image, argv[0], IMAGE_CREATE))
		return 2;
	work.image = &image;
	work.chunk = malloc(CHUNK_BYTES);
	is_done = work.chunk != NULL && put(&work, argv[1], argv[2]);
	is_done = image_commit(&image) && is_done;
	free(work.chunk);
	image_close(&image);
	return is_done ? 0 : 1;
}
