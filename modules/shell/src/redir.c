/*
 * Redirections. A descriptor that is redirected for a while is copied to a high number first; a here-document goes
 * through a pipe, which another process fills when it does not fit.
 */
#include "redir.h"
#include "expand.h"
#include "jobs.h"
#include "message.h"
#include "readahead.h"
#include "shell.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HIGH_FD 60
#define LOW_HIGH_FD 10

int fd_move_high(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, HIGH_FD);

	if (copy < 0 && errno == EINVAL)
		copy = fcntl(fd, F_DUPFD_CLOEXEC, LOW_HIGH_FD);
	return copy;
}

static void save_add(struct redir_save *save, int fd, int copy)
{
	if (save->count == save->cap) {
		struct saved_fd *larger = memory_new(2 * save->cap * sizeof(*larger));

		memcpy(larger, save->list, save->count * sizeof(*larger));
		if (save->list != save->few)
			free(save->list);
		save->list = larger;
		save->cap *= 2;
	}
	save->list[save->count++] = (struct saved_fd){fd, copy};
}

static bool save_fd(struct redir_save *save, int fd)
{
	int copy;

	for (unsigned i = 0; i < save->count; i++)
		if (save->list[i].fd == fd)
			return true;
	copy = fd_move_high(fd);
	if (copy < 0 && errno != EBADF)
		return false;
	save_add(save, fd, copy);
	return true;
}
/* An error of the system about a file: its own words. */
static int open_failed(struct shell *sh, const char *name, bool creates)
{
	if (creates && errno == ENOENT)
		sh_error(sh, "can't create %s: nonexistent directory", name);
	else if (creates)
		sh_error(sh, "can't create %s: %s", name, strerror(errno));
	else if (errno == ENOENT)
		sh_error(sh, "can't open %s: no such file", name);
	else
		sh_error(sh, "can't open %s: %s", name, strerror(errno));
	return -1;
}

/* > with set -C: a new file, or what is no regular file. */
static int open_noclobber(const char *name)
{
	struct stat status;
	int fd;

	if (stat(name, &status) < 0)
		return open(name, O_WRONLY | O_CREAT | O_EXCL, 0666);
	if (S_ISREG(status.st_mode)) {
		errno = EEXIST;
		return -1;
	}
	fd = open(name, O_WRONLY);
	if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
		close(fd);
		errno = EEXIST;
		return -1;
	}
	return fd;
}

/* The name of a process substitution: the descriptor itself, -1: it is no such name. */
static int open_own(const char *name)
{
	const char *digits = name + strlen("/dev/fd/");

	if (strncmp(name, "/dev/fd/", strlen("/dev/fd/")) != 0 || !*digits ||
	    digits[strspn(digits, "0123456789")])
		return -1;
	return dup(atoi(digits));
}

static int open_file(struct shell *sh, const struct redir *redir, const char *name)
{
	int fd = open_own(name);

	if (fd >= 0)
		return fd;
	switch (redir->kind) {
	case REDIR_READ:
		fd = open(name, O_RDONLY);
		return fd < 0 ? open_failed(sh, name, false) : fd;
	case REDIR_READ_WRITE: fd = open(name, O_RDWR | O_CREAT, 0666); break;
	case REDIR_APPEND:
	case REDIR_BOTH_APPEND: fd = open(name, O_WRONLY | O_CREAT | O_APPEND, 0666); break;
	default:
		if (sh->options[OPT_NOCLOBBER] && redir->kind != REDIR_CLOBBER)
			fd = open_noclobber(name);
		else
			fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0666);
		break;
	}
	return fd < 0 ? open_failed(sh, name, true) : fd;
}

/* Writes what the pipe takes at once; a process of its own writes the rest. */
static bool fill_pipe(struct shell *sh, int fds[2], const char *text, size_t len)
{
	ssize_t done;
	int pid;

	fcntl(fds[1], F_SETFL, O_NONBLOCK);
	done = write(fds[1], text, len);
	if (done >= 0 && (size_t)done == len)
		return true;
	if (done < 0 && errno != EAGAIN)
		return false;
	if (done > 0) {
		text += done;
		len -= (size_t)done;
	}
	fcntl(fds[1], F_SETFL, 0);
	pid = fork_helper(sh);
	if (pid != 0)
		return pid > 0;
	close(fds[0]);
	while (len > 0 && (done = write(fds[1], text, len)) >= 0) {
		text += done;
		len -= (size_t)done;
	}
	_exit(0);
}

static int open_text(struct shell *sh, const char *text, size_t len)
{
	int fds[2];

	if (pipe(fds) < 0) {
		sh_error(sh, "cannot make a pipe: %s", strerror(errno));
		return -1;
	}
	if (len > 0 && !fill_pipe(sh, fds, text, len)) {
		sh_error(sh, "cannot write a here-document: %s", strerror(errno));
		close(fds[0]);
		fds[0] = -1;
	}
	close(fds[1]);
	return fds[0];
}

static int open_here(struct shell *sh, const struct redir *redir)
{
	char *text = expand_string(sh, redir->word);
	size_t len;

	if (!text)
		return -1;
	len = strlen(text);
	if (redir->kind == REDIR_HERE_STRING) {
		char *line = arena_alloc(&sh->temp, len + 2);

		memcpy(line, text, len);
		memcpy(line + len, "\n", 2);
		return open_text(sh, line, len + 1);
	}
	return open_text(sh, text, len);
}

static bool redir_close(struct shell *sh, int fd, struct redir_save *save)
{
	if (save && !save_fd(save, fd)) {
		sh_error(sh, "%d: %s", fd, strerror(errno));
		return false;
	}
	close(fd);
	return true;
}

/* n>&word: a descriptor's copy, or "-" to close. */
static bool redir_dup(struct shell *sh, const struct redir *redir, const char *word,
                      struct redir_save *save)
{
	size_t digits = strspn(word, "0123456789");
	int from;

	if (strcmp(word, "-") == 0)
		return redir_close(sh, redir->fd, save);
	if (!digits || word[digits] || digits > 8) {
		sh_error(sh, "%s: bad file descriptor", word);
		return false;
	}
	from = atoi(word);
	if (fcntl(from, F_GETFD) < 0 || (fcntl(from, F_GETFD) & FD_CLOEXEC)) {
		sh_error(sh, "%d: %s", from, strerror(EBADF));
		return false;
	}
	if (from == redir->fd)
		return true;
	if ((save && !save_fd(save, redir->fd)) || dup2(from, redir->fd) < 0) {
		sh_error(sh, "%d: %s", redir->fd, strerror(errno));
		return false;
	}
	return true;
}

/* Gives an opened file its number. */
static bool redir_place(struct shell *sh, int opened, int fd, struct redir_save *save)
{
	bool done = true;

	if (opened == fd) {
		/* It was closed before. */
		if (save)
			save_add(save, fd, -1);
		return true;
	}
	if ((save && !save_fd(save, fd)) || dup2(opened, fd) < 0) {
		sh_error(sh, "%d: %s", fd, strerror(errno));
		done = false;
	}
	close(opened);
	return done;
}

static bool redir_one(struct shell *sh, const struct redir *redir, struct redir_save *save)
{
	bool is_here = redir->kind == REDIR_HERE || redir->kind == REDIR_HERE_STRING;
	const char *word = is_here ? NULL : expand_string(sh, redir->word);
	int opened;

	if (!is_here && !word)
		return false;
	if (redir->kind == REDIR_DUP_IN || redir->kind == REDIR_DUP_OUT)
		return redir_dup(sh, redir, word, save);
	opened = is_here ? open_here(sh, redir) : open_file(sh, redir, word);
	if (opened < 0 || !redir_place(sh, opened, redir->fd, save))
		return false;
	if (redir->kind != REDIR_BOTH && redir->kind != REDIR_BOTH_APPEND)
		return true;
	if ((save && !save_fd(save, 2)) || dup2(1, 2) < 0) {
		sh_error(sh, "2: %s", strerror(errno));
		return false;
	}
	return true;
}

bool redir_apply(struct shell *sh, const struct redir *redirs, struct redir_save *save)
{
	if (save) {
		save->count = 0;
		save->cap = SAVED_FDS;
		save->list = save->few;
		save->below = sh->redirs;
		sh->redirs = save;
	}
	readahead_sync(sh);
	for (; redirs; redirs = redirs->next)
		if (!redir_one(sh, redirs, save))
			return false;
	return true;
}

static void save_free(struct shell *sh, struct redir_save *save)
{
	if (save->list != save->few)
		free(save->list);
	sh->redirs = save->below;
}

void redir_undo(struct shell *sh, struct redir_save *save)
{
	readahead_sync(sh);
	while (save->count > 0) {
		struct saved_fd saved = save->list[--save->count];

		if (saved.copy < 0) {
			close(saved.fd);
		} else {
			dup2(saved.copy, saved.fd);
			close(saved.copy);
		}
	}
	save_free(sh, save);
}

void redir_keep(struct shell *sh, struct redir_save *save)
{
	for (unsigned i = 0; i < save->count; i++)
		if (save->list[i].copy >= 0)
			close(save->list[i].copy);
	save_free(sh, save);
}
