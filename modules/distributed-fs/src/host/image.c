/*
 * Disk images for anonstore: the store's operations over a host file, which is locked
 * while it is open so that two writers never meet (QEMU takes the same kind of lock).
 */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

const char *status_text(status_t status)
{
	switch (status) {
	case E_NOENT: return "no such file or directory";
	case E_EXIST: return "exists already";
	case E_NOTDIR: return "not a directory";
	case E_ISDIR: return "is a directory";
	case E_NOTEMPTY: return "directory not empty";
	case E_NAMETOOLONG: return "name too long";
	case E_NOSPC: return "no space left in the image";
	case E_CORRUPT: return "the image is damaged here (run fsck)";
	case E_ROFS: return "the store refuses changes after an earlier failure";
	case E_IO: return "input/output error";
	case E_NOMEM: return "out of memory";
	case E_INVAL: return "not possible for this kind of file or name";
	default: return "failed";
	}
}

bool complain(const char *what, status_t status)
{
	fprintf(stderr, "anonstore: %s: %s\n", what, status_text(status));
	return false;
}

/* ---- The store's operations ---- */

static void *op_alloc(void *context, size_t bytes)
{
	(void)context;
	return malloc(bytes);
}

static void op_free(void *context, void *memory, size_t bytes)
{
	(void)context;
	(void)bytes;
	free(memory);
}

static status_t op_read(void *context, uint64_t block, uint32_t count, void *buffer)
{
	const struct image *image = context;
	size_t left = (size_t)count * STORE_BLOCK_BYTES;
	off_t offset = (off_t)(block * STORE_BLOCK_BYTES);
	char *to = buffer;

	while (left > 0) {
		ssize_t n = pread(image->fd, to, left, offset);

		if (n <= 0)
			return E_IO;
		to += n;
		offset += n;
		left -= (size_t)n;
	}
	return OK;
}

static status_t op_write(void *context, uint64_t block, uint32_t count, const void *buffer)
{
	const struct image *image = context;
	size_t left = (size_t)count * STORE_BLOCK_BYTES;
	off_t offset = (off_t)(block * STORE_BLOCK_BYTES);
	const char *from = buffer;

	while (left > 0) {
		ssize_t n = pwrite(image->fd, from, left, offset);

		if (n <= 0)
			return E_IO;
		from += n;
		offset += n;
		left -= (size_t)n;
	}
	return OK;
}

static status_t op_flush(void *context)
{
	const struct image *image = context;

	return fdatasync(image->fd) == 0 ? OK : E_IO;
}

static int64_t op_now(void *context)
{
	struct timespec now;

	(void)context;
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

static void op_random(void *context, void *buffer, size_t bytes)
{
	(void)context;
	if (getrandom(buffer, bytes, 0) != (ssize_t)bytes)
		abort();
}

/* ---- Opening ---- */

static bool complain_errno(const char *path)
{
	fprintf(stderr, "anonstore: %s: %s\n", path, strerror(errno));
	return false;
}

static bool size_of(const char *path, int fd, uint64_t *out_bytes)
{
	off_t end = lseek(fd, 0, SEEK_END);

	if (end < 0)
		return complain_errno(path);
	*out_bytes = (uint64_t)end;
	return true;
}

bool image_open_bare(struct image *image, const char *path, bool is_writable)
{
	uint64_t bytes;

	memset(image, 0, sizeof(*image));
	image->path = path;
	image->fd = open(path, (is_writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (image->fd < 0)
		return complain_errno(path);
	if (flock(image->fd, (is_writable ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
		fprintf(stderr, "anonstore: %s: in use by another program\n", path);
		close(image->fd);
		return false;
	}
	if (!size_of(path, image->fd, &bytes)) {
		close(image->fd);
		return false;
	}
	image->ops = (struct store_ops){
		.context = image,
		.blocks = bytes / STORE_BLOCK_BYTES,
		.alloc = op_alloc,
		.free = op_free,
		.read = op_read,
		.write = op_write,
		.flush = op_flush,
		.now = op_now,
		.random = op_random,
	};
	return true;
}

bool image_format(struct image *image, bool may_overwrite)
{
	struct store_format_options options = {.may_overwrite = may_overwrite};
	struct store_message message;
	status_t status = store_format(&image->ops, &options, &image->store, &message);

	if (status != OK) {
		fprintf(stderr, "anonstore: %s: %s\n", image->path, message.text);
		return false;
	}
	status = store_layout_default(image->store);
	if (status == OK)
		status = store_commit(image->store);
	return status == OK || complain(image->path, status);
}

static bool open_store(struct image *image, enum image_use use)
{
	struct store_options options = {.is_read_only = use == IMAGE_READ};
	struct store_message message;
	status_t status = store_open(&image->ops, &options, &image->store, &message);

	if (status == E_BLANK && use == IMAGE_CREATE)
		return image_format(image, false);
	if (message.text[0] != '\0')
		fprintf(stderr, "anonstore: %s: %s\n", image->path, message.text);
	return status == OK;
}

bool image_open(struct image *image, const char *path, enum image_use use)
{
	if (!image_open_bare(image, path, use != IMAGE_READ))
		return false;
	if (open_store(image, use))
		return true;
	image_close(image);
	return false;
}

bool image_commit(struct image *image)
{
	status_t status = store_commit(image->store);

	return status == OK || complain(image->path, status);
}

void image_close(struct image *image)
{
	if (image->store != NULL)
		store_close(image->store);
	close(image->fd);
	image->store = NULL;
}
