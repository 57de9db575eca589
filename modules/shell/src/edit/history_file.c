/*
 * The history's file: one entry a line. A newline inside an entry follows a backslash, and backslashes that stand
 * before any newline are doubled; so a file made by hand or by another shell reads as it looks.
 *
 * Two shells append under a lock, so neither loses entries. A file that has grown too long is replaced by a new one,
 * moved into place whole, while the old one is locked; who then gets the lock of the old one notices that the name
 * means another file and opens again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "edit/bytes.h"
#include "edit/history.h"

enum { LOCK_TRIES = 50, LOCK_PAUSE_NS = 10000000, PATH_LEN_MAX = 4096 };

/* ---- text of entries */

static bool add_entry_text(struct bytes *out, const char *entry)
{
	size_t backslashes = 0;

	for (const char *at = entry;; at++) {
		bool is_end = *at == '\0' || *at == '\n';

		for (; is_end && backslashes; backslashes--) {
			if (!bytes_add(out, "\\", 1))
				return false;
		}
		if (*at == '\0')
			return bytes_add(out, "\n", 1);
		backslashes = *at == '\\' ? backslashes + 1 : 0;
		if (!bytes_add(out, *at == '\n' ? "\\\n" : at, *at == '\n' ? 2 : 1))
			return false;
	}
}

static size_t backslashes_before(const char *text, size_t at)
{
	size_t count = 0;

	while (count < at && text[at - count - 1] == '\\')
		count++;
	return count;
}

/* Reads the entry at *at into out, and moves *at behind it. */
static bool read_entry(const struct bytes *file, size_t *at, struct bytes *out)
{
	bytes_clear(out);
	while (*at < file->len) {
		const char *line = file->data + *at;
		const char *newline = memchr(line, '\n', file->len - *at);
		size_t len = newline ? (size_t)(newline - line) : file->len - *at;
		size_t backslashes = backslashes_before(line, len);

		*at += len + (newline != NULL);
		if (!bytes_add(out, line, len - (backslashes + 1) / 2))
			return false;
		if (backslashes % 2 == 0)
			return true;
		if (!bytes_add(out, "\n", 1))
			return false;
	}
	return true;
}

/* ---- opening and locking */

static bool is_same_file(int fd, const char *path)
{
	struct stat mine, named;

	return fstat(fd, &mine) == 0 && stat(path, &named) == 0 && mine.st_dev == named.st_dev &&
	       mine.st_ino == named.st_ino;
}

static int lock(int fd, short type)
{
	struct timespec pause = {0, LOCK_PAUSE_NS};
	struct flock lock = {.l_type = type, .l_whence = SEEK_SET};

	for (int i = 0; i < LOCK_TRIES; i++) {
		if (fcntl(fd, F_SETLK, &lock) == 0)
			return 0;
		if (errno != EAGAIN && errno != EACCES)
			return errno;
		nanosleep(&pause, NULL);
	}
	return EAGAIN;
}

/* Opens the file that path names once it is locked. Returns 0 or an errno value. */
static int open_locked(const char *path, int flags, short type, int *out_fd)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		int fd = open(path, flags | O_CLOEXEC | O_NOCTTY, 0600);
		int error = fd < 0 ? errno : lock(fd, type);

		if (error == 0 && is_same_file(fd, path)) {
			*out_fd = fd;
			return 0;
		}
		if (fd >= 0)
			close(fd);
		if (error)
			return error;
	}
	return EAGAIN;
}

static int read_all(int fd, struct bytes *out)
{
	char block[4096];
	ssize_t got;

	while ((got = read(fd, block, sizeof(block))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno;
		if (!bytes_add(out, block, (size_t)got))
			return ENOMEM;
	}
	return 0;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t put = write(fd, data, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return errno;
		data += put;
		len -= (size_t)put;
	}
	return 0;
}

/* ---- loading */

/* Where the last limit entries begin in a file; 0 when it has no more than that. */
static size_t excess(const struct bytes *file, size_t limit, int *out_error)
{
	struct bytes entry = {0};
	size_t count = 0, start = 0;

	*out_error = 0;
	for (size_t at = 0; at < file->len && *out_error == 0; count++)
		*out_error = read_entry(file, &at, &entry) ? 0 : ENOMEM;
	for (; count > limit && *out_error == 0; count--)
		*out_error = read_entry(file, &start, &entry) ? 0 : ENOMEM;
	bytes_free(&entry);
	return start;
}

int history_load(struct history *h, const char *path)
{
	struct bytes file = {0}, entry = {0};
	size_t at = 0;
	int fd, error = open_locked(path, O_RDONLY, F_RDLCK, &fd);

	if (error)
		return error;
	error = read_all(fd, &file);
	close(fd);
	if (error == 0)
		at = excess(&file, h->limit, &error);
	while (error == 0 && at < file.len) {
		if (!read_entry(&file, &at, &entry) || !history_append(h, bytes_text(&entry), true))
			error = ENOMEM;
	}
	bytes_free(&entry);
	bytes_free(&file);
	return error;
}

/* ---- saving */

/* Gives a new file what the old one had besides its text. */
static int copy_rights(int from, int to)
{
	struct stat old, new;

	if (fstat(from, &old) != 0 || fstat(to, &new) != 0)
		return errno;
	if ((old.st_uid != new.st_uid || old.st_gid != new.st_gid) &&
	    fchown(to, old.st_uid, old.st_gid) != 0)
		return errno;
	return fchmod(to, old.st_mode & 07777) != 0 ? errno : 0;
}

/* Puts a new file with this text in the place of an old one. */
static int replace_file(const char *path, int old_fd, const char *text, size_t len)
{
	char name[PATH_LEN_MAX];
	int fd, error;

	if ((size_t)snprintf(name, sizeof(name), "%s.XXXXXX", path) >= sizeof(name))
		return ENAMETOOLONG;
	fd = mkstemp(name);
	if (fd < 0)
		return errno;
	error = write_all(fd, text, len);
	if (error == 0)
		error = copy_rights(old_fd, fd);
	if (close(fd) != 0 && error == 0)
		error = errno;
	if (error == 0 && rename(name, path) != 0)
		error = errno;
	if (error)
		unlink(name);
	return error;
}

/* A name that is a link stays one. */
static int cut(const char *path, int fd, size_t limit)
{
	char *target = realpath(path, NULL);
	struct bytes file = {0};
	size_t start = 0;
	int error = target && lseek(fd, 0, SEEK_SET) == 0 ? read_all(fd, &file) : errno;

	if (error == 0)
		start = excess(&file, limit, &error);
	if (error == 0 && start)
		error = replace_file(target, fd, file.data + start, file.len - start);
	bytes_free(&file);
	free(target);
	return error;
}

/* Text to append to a file: the entries no file has, behind a newline where its last line has none. */
static int text_to_append(const struct history *h, int fd, struct bytes *out)
{
	char last = '\n';

	if (lseek(fd, -1, SEEK_END) >= 0 && read(fd, &last, 1) != 1)
		return EIO;
	if (last != '\n' && !bytes_add(out, "\n", 1))
		return ENOMEM;
	for (size_t i = 0; i < h->count; i++) {
		if (!h->entries[i].is_saved && !add_entry_text(out, h->entries[i].text))
			return ENOMEM;
	}
	return 0;
}

int history_save(struct history *h, const char *path, size_t limit)
{
	struct bytes text = {0};
	int fd, error = open_locked(path, O_RDWR | O_APPEND | O_CREAT, F_WRLCK, &fd);

	if (error)
		return error;
	error = text_to_append(h, fd, &text);
	if (error == 0)
		error = write_all(fd, bytes_text(&text), text.len);
	for (size_t i = 0; error == 0 && i < h->count; i++)
		h->entries[i].is_saved = true;
	if (error == 0 && limit)
		error = cut(path, fd, limit);
	close(fd);
	bytes_free(&text);
	return error;
}

/* ---- forgetting */

/* Keeps the entries that are not equal to text, as they stand in the file. */
static int keep_others(const struct bytes *file, const char *text, struct bytes *out)
{
	struct bytes entry = {0};
	bool is_made = true;

	for (size_t at = 0, start = 0; at < file->len && is_made; start = at) {
		is_made = read_entry(file, &at, &entry);
		if (is_made && strcmp(bytes_text(&entry), text) != 0)
			is_made = bytes_add(out, file->data + start, at - start);
	}
	bytes_free(&entry);
	return is_made ? 0 : ENOMEM;
}

int history_erase(const char *path, const char *text)
{
	struct bytes file = {0}, kept = {0};
	char *target = realpath(path, NULL);
	int fd, error = target ? open_locked(target, O_RDWR, F_WRLCK, &fd) : errno;

	if (error == 0) {
		error = text ? read_all(fd, &file) : 0;
		if (error == 0 && text)
			error = keep_others(&file, text, &kept);
		if (error == 0)
			error = replace_file(target, fd, bytes_text(&kept), kept.len);
		close(fd);
	}
	bytes_free(&file);
	bytes_free(&kept);
	free(target);
	return error;
}
