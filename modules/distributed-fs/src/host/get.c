/*
 * anonstore get and cat: copy a file, symbolic link or whole directory out of the image,
 * with modes and modification times. Holes stay holes. Names are the image's, so every one
 * has been checked by the library: none leads out of the target directory.
 */
#include "commands.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest.h"

#define CHUNK_BYTES (128u * 1024u)

struct getting {
	struct image *image;
	struct path host;
	uint8_t *chunk;
};

static bool complain_host(const struct getting *work)
{
	fprintf(stderr, "anonstore: %s: %s\n", work->host.text, strerror(errno));
	return false;
}

static struct timespec time_of(int64_t ns)
{
	return (struct timespec){.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
}

static bool write_all(int fd, const uint8_t *bytes, size_t count, off_t offset)
{
	while (count > 0) {
		ssize_t n = offset < 0 ? write(fd, bytes, count) : pwrite(fd, bytes, count, offset);

		if (n <= 0)
			return false;
		bytes += n;
		count -= (size_t)n;
		offset += offset < 0 ? 0 : n;
	}
	return true;
}

/* Copies the data (not the holes) of a file to `fd`; the caller sets the size. */
static bool copy_out(struct getting *work, uint64_t inode, int fd)
{
	struct store *store = work->image->store;
	uint64_t offset = 0;
	status_t status;

	while ((status = store_next_data(store, inode, &offset)) == OK) {
		size_t len;

		status = store_read(store, inode, offset, work->chunk, CHUNK_BYTES, &len);
		if (status != OK)
			break;
		if (!write_all(fd, work->chunk, len, (off_t)offset))
			return complain_host(work);
		offset += len;
	}
	return status == E_NOENT || complain(work->host.text, status);
}

static bool finish_file(struct getting *work, int fd, const struct store_attr *attr)
{
	struct timespec times[2] = {time_of(attr->atime_ns), time_of(attr->mtime_ns)};

	if (ftruncate(fd, (off_t)attr->size) != 0 || fchmod(fd, attr->mode & 07777) != 0 ||
	    futimens(fd, times) != 0)
		return complain_host(work);
	return true;
}

static bool get_file(struct getting *work, const struct store_attr *attr)
{
	int fd = open(work->host.text, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool is_done;

	if (fd < 0)
		return complain_host(work);
	is_done = copy_out(work, attr->inode, fd) && finish_file(work, fd, attr);
	if (close(fd) != 0)
		return complain_host(work);
	return is_done;
}

static bool get_symlink(struct getting *work, uint64_t inode)
{
	char target[STORE_SYMLINK_MAX + 1];
	size_t len;
	status_t status = store_readlink(work->image->store, inode, target, STORE_SYMLINK_MAX,
	                                 &len);

	if (status != OK)
		return complain(work->host.text, status);
	target[len] = '\0';
	if (unlink(work->host.text) != 0 && errno != ENOENT)
		return complain_host(work);
	return symlink(target, work->host.text) == 0 || complain_host(work);
}

static bool get_any(struct getting *work, uint64_t inode);

static bool get_children(struct getting *work, uint64_t dir)
{
	size_t len = work->host.len;
	struct store_dirent entry;
	uint64_t cursor = 0;
	status_t status;

	while ((status = store_readdir(work->image->store, dir, &cursor, &entry)) == OK) {
		bool is_fine = path_push(&work->host, entry.name) && get_any(work, entry.inode);

		path_cut(&work->host, len);
		if (!is_fine)
			return false;
	}
	return status == E_NOENT || complain(work->host.text, status);
}

static bool get_dir(struct getting *work, const struct store_attr *attr)
{
	struct timespec times[2] = {time_of(attr->atime_ns), time_of(attr->mtime_ns)};
	struct stat host;

	if (mkdir(work->host.text, 0700) != 0 &&
	    (errno != EEXIST || lstat(work->host.text, &host) != 0 || !S_ISDIR(host.st_mode)))
		return complain_host(work);
	if (!get_children(work, attr->inode))
		return false;
	if (chmod(work->host.text, attr->mode & 07777) != 0 ||
	    utimensat(AT_FDCWD, work->host.text, times, 0) != 0)
		return complain_host(work);
	return true;
}

static bool get_any(struct getting *work, uint64_t inode)
{
	struct store_attr attr;
	status_t status = store_getattr(work->image->store, inode, &attr);

	if (status != OK)
		return complain(work->host.text, status);
	switch (attr.mode & STORE_TYPE_MASK) {
	case STORE_TYPE_DIR: return get_dir(work, &attr);
	case STORE_TYPE_FILE: return get_file(work, &attr);
	case STORE_TYPE_SYMLINK: return get_symlink(work, inode);
	default:
		fprintf(stderr, "anonstore: %s: skipped (not a file, directory or link)\n",
		        work->host.text);
		return true;
	}
}

/* A file got where a host directory is goes into it under its own name. */
static bool target_path(struct getting *work, const char *guest, const char *host)
{
	char own_name[STORE_NAME_MAX + 1];
	struct stat stat_host;
	size_t len;
	const char *name = path_name(guest, &len);

	if (!path_set(&work->host, host))
		return false;
	if (guest_is_dir(work->image, guest) || len == 0 || len >= sizeof(own_name) ||
	    stat(host, &stat_host) != 0 || !S_ISDIR(stat_host.st_mode))
		return true;
	memcpy(own_name, name, len);
	own_name[len] = '\0';
	return path_push(&work->host, own_name);
}

int command_get(int argc, char **argv)
{
	struct getting work;
	struct image image;
	uint64_t inode;
	bool is_done;

	if (argc != 3)
		return usage();
	if (!image_open(&image, argv[0], IMAGE_READ))
		return 2;
	work.image = &image;
	work.chunk = malloc(CHUNK_BYTES);
	is_done = work.chunk != NULL && guest_find(&image, argv[1], &inode) &&
	          target_path(&work, argv[1], argv[2]) && get_any(&work, inode);
	free(work.chunk);
	image_close(&image);
	return is_done ? 0 : 1;
}

static bool cat(struct image *image, uint64_t inode, uint8_t *chunk)
{
	uint64_t offset = 0;
	size_t len = 1;

	while (len > 0) {
		status_t status = store_read(image->store, inode, offset, chunk, CHUNK_BYTES, &len);

		if (status != OK)
			return complain(image->path, status);
		if (!write_all(STDOUT_FILENO, chunk, len, -1))
			return false;
		offset += len;
	}
	return true;
}

int command_cat(int argc, char **argv)
{
	struct image image;
	uint64_t inode;
	uint8_t *chunk;
	bool is_done;

	if (argc != 2)
		return usage();
	if (!image_open(&image, argv[0], IMAGE_READ))
		return 2;
	chunk = malloc(CHUNK_BYTES);
	is_done = chunk != NULL && guest_find(&image, argv[1], &inode) && cat(&image, inode, chunk);
	free(chunk);
	image_close(&image);
	return is_done ? 0 : 1;
}
