/*
 * unshare and CLONE_NEWNS: what threads share until one of them stops; mounts that only their namespace sees.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include "file_suites.h"

static void errors(void)
{
	CHECK(unshare(0) == 0);
	CHECK_ERRNO(unshare(1), EINVAL);
	CHECK_ERRNO(unshare(CLONE_VFORK), EINVAL);
	CHECK_ERRNO(unshare(CLONE_PARENT | CLONE_FS), EINVAL);
}

/* A pipe is on no mount that could be taken away. */
static void unmount_pipe(void)
{
	char path[40];
	int ends[2];

	CHECK(pipe(ends) == 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
	CHECK(umount2(path, 0) == -1 && (errno == EINVAL || errno == EPERM));
	CHECK(mount("none", path, "tmpfs", 0, NULL) == -1);
	CHECK(mount(path, "/tmp", NULL, MS_BIND, NULL) == -1);
	close(ends[0]);
	close(ends[1]);
}

/* --- threads --- */

static int kept_fd;

static void *stop_sharing(void *result)
{
	int *is_good = result;

	/* The rest of the process has its part in these. */
	CHECK_ERRNO(unshare(CLONE_VM), EINVAL);
	CHECK_ERRNO(unshare(CLONE_SIGHAND), EINVAL);
	CHECK_ERRNO(unshare(CLONE_THREAD), EINVAL);
	CHECK(unshare(CLONE_FILES | CLONE_FS) == 0);
	*is_good = close(kept_fd) == 0 && chdir("/") == 0 && umask(077) == 022;
	return NULL;
}

static void *share(void *result)
{
	*(int *)result = close(kept_fd) == 0 && chdir("..") == 0 && umask(027) == 022;
	return NULL;
}

static int in_thread(void *(*fn)(void *))
{
	pthread_t thread;
	int result = 0;

	CHECK(pthread_create(&thread, NULL, fn, &result) == 0);
	pthread_join(thread, NULL);
	return result;
}

static void threads(void)
{
	char before[300], after[300];

	kept_fd = open("kept", O_CREAT | O_RDWR, 0644);
	CHECK(kept_fd >= 0 && getcwd(before, sizeof(before)) != NULL);
	CHECK(in_thread(stop_sharing));
	CHECK(fcntl(kept_fd, F_GETFD) == 0 && getcwd(after, sizeof(after)) != NULL &&
	      strcmp(before, after) == 0 && umask(022) == 022);
	CHECK(in_thread(share));
	CHECK_ERRNO(fcntl(kept_fd, F_GETFD), EBADF);
	CHECK(getcwd(after, sizeof(after)) != NULL && strlen(after) < strlen(before) &&
	      umask(022) == 027);
	CHECK(chdir(before) == 0);
}

static void alone(void *unused)
{
	(void)unused;
	CHECK(unshare(CLONE_THREAD) == 0 && unshare(CLONE_SIGHAND) == 0 && unshare(CLONE_VM) == 0);
	CHECK(unshare(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM) == 0);
}

/* The parent of a vfork waits, and yet its memory is shared. */
static void vforked(void)
{
	int status = -1;
	pid_t pid = vfork();

	if (pid == 0)
		_exit(unshare(CLONE_VM) == -1 && errno == EINVAL ? 7 : 1);
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7);
}

/* --- mounts --- */

static int is_mounted(const char *file, const char *where)
{
	char line[1000], needle[300];
	FILE *mounts = fopen(file, "r");
	int is_found = 0;

	snprintf(needle, sizeof(needle), "%s tmpfs ", where);
	while (mounts && !is_found && fgets(line, sizeof(line), mounts))
		is_found = strstr(line, needle) != NULL;
	if (mounts)
		fclose(mounts);
	return is_found;
}

static int exists(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0;
}

/* What child and parent tell each other: one byte is one step. */
struct talk {
	int to_child[2], to_parent[2];
};

static void say(const int *pipe_ends)
{
	CHECK(write(pipe_ends[1], "x", 1) == 1);
}

static void hear(const int *pipe_ends)
{
	char byte;

	CHECK(read(pipe_ends[0], &byte, 1) == 1);
}

static void grandchild(void *unused)
{
	(void)unused;
	CHECK(exists("private/inner"));
	CHECK(umount("early") == 0 && !exists("early/outer"));
}

/* A program started here has a path, too. */
static void run_self(void *unused)
{
	(void)unused;
	execl("/proc/self/exe", "filetest", "none", NULL);
	CHECK(0);
}

static void private_mounts(const struct talk *talk, const char *dir, int old_dir)
{
	char place[300];

	snprintf(place, sizeof(place), "%s/private", dir);
	CHECK(unshare(CLONE_NEWNS) == 0);
	CHECK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	CHECK(exists("early/outer"));
	CHECK(mount("here", "private", "tmpfs", 0, NULL) == 0);
	put_file("private/inner", "content");
	CHECK(is_mounted("/proc/self/mounts", place));
	say(talk->to_parent);
	hear(talk->to_child);
	CHECK(!exists("late/outer"));
	CHECK(exists("private/inner"));
	CHECK(in_child(grandchild, NULL) == 0);
	CHECK(in_child(run_self, NULL) == 0);
	CHECK(!exists("early/outer"));
	/* The directory as it was opened before belongs to the others. */
	CHECK(fchdir(old_dir) == 0);
	CHECK_ERRNO(mount("there", "other", "tmpfs", 0, NULL), EINVAL);
	CHECK_ERRNO(umount("early"), EINVAL);
	CHECK(chdir(dir) == 0);
	CHECK(umount("private") == 0 && !exists("private/inner"));
	CHECK(mount("here", "private", "tmpfs", 0, NULL) == 0);
	put_file("private/inner", "content");
}

static void two_namespaces(void)
{
	struct talk talk;
	char dir[200], place[300], child_mounts[60];
	int old_dir = open(".", O_RDONLY | O_DIRECTORY), status = -1;

	CHECK(getcwd(dir, sizeof(dir)) != NULL && pipe(talk.to_child) == 0 &&
	      pipe(talk.to_parent) == 0);
	snprintf(place, sizeof(place), "%s/private", dir);
	pid_t pid = fork();

	if (pid == 0) {
		private_mounts(&talk, dir, old_dir);
		_exit(0);
	}
	hear(talk.to_parent);
	snprintf(child_mounts, sizeof(child_mounts), "/proc/%d/mounts", (int)pid);
	CHECK(is_mounted(child_mounts, place) && !is_mounted("/proc/self/mounts", place));
	CHECK(!exists("private/inner"));
	CHECK(mount("outer", "late", "tmpfs", 0, NULL) == 0);
	put_file("late/outer", "content");
	say(talk.to_child);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	CHECK(exists("early/outer") && !exists("private/inner"));
	CHECK(umount("late") == 0);
	/* It ended with a mount there, which is gone with its namespace. */
	CHECK(rmdir("private") == 0 && mkdir("private", 0755) == 0);
	close(old_dir);
}

/* The same by clone. */
static void cloned(void)
{
	int status = -1;
	long pid = syscall(SYS_clone, CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0) {
		CHECK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
		CHECK(mount("here", "private", "tmpfs", 0, NULL) == 0);
		put_file("private/inner", "content");
		CHECK(exists("private/inner"));
		_exit(0);
	}
	CHECK(pid > 0 && waitpid((pid_t)pid, &status, 0) == pid && status == 0);
	CHECK(!exists("private/inner"));
	CHECK_ERRNO(syscall(SYS_clone, CLONE_NEWNS | CLONE_FS | SIGCHLD, 0, 0, 0, 0), EINVAL);
}

static void run_copy(void *unused)
{
	(void)unused;
	CHECK(setuid(77) == 0);
	execl("private/copy", "copy", "euid", NULL);
	_exit(99);
}

static void copy_self(const char *to)
{
	struct stat st;
	int in = open("/proc/self/exe", O_RDONLY), out = open(to, O_WRONLY | O_CREAT, 0755);
	CHECK(fstat(in, &st) == 0);
	for (ssize_t got; (got = sendfile(out, in, NULL, (size_t)st.st_size)) > 0;)
		;
	CHECK(lseek(out, 0, SEEK_END) == st.st_size && fchmod(out, 04755) == 0);
	close(in);
	close(out);
}

/* Whoever shares the umask with a program that becomes root does so no longer, or it does not become root. */
static void set_ids_beside(void)
{
	int in[2], out[2], status = -1;
	char byte = 0;
	mode_t before = umask(022);

	CHECK(pipe(in) == 0 && pipe(out) == 0);
	long pid = syscall(SYS_clone, CLONE_FS | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		CHECK(setuid(77) == 0);
		execl("private/copy", "copy", "umask", NULL);
		_exit(99);
	}
	CHECK(read(out[0], &byte, 1) == 1);
	umask(0123);
	CHECK(write(in[1], &byte, 1) == 1);
	CHECK(waitpid((pid_t)pid, &status, 0) == pid && status == 0);
	umask(before);
	close(in[0]), close(in[1]), close(out[0]), close(out[1]);
}

static void set_ids_on_mounts(void *unused)
{
	(void)unused;
	CHECK(unshare(CLONE_NEWNS) == 0);
	CHECK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	CHECK(mount("here", "private", "tmpfs", 0, NULL) == 0);
	copy_self("private/copy");
	CHECK(in_child(run_copy, NULL) == 0);
	set_ids_beside();
	CHECK(mount("here", "private", "tmpfs", MS_REMOUNT | MS_NOSUID, NULL) == 0);
	CHECK(in_child(run_copy, NULL) == 77 << 8);
}

static void as_nobody(void *unused)
{
	(void)unused;
	CHECK(setuid(65534) == 0);
	CHECK_ERRNO(unshare(CLONE_NEWNS), EPERM);
	CHECK_ERRNO(unshare(CLONE_NEWUTS), EPERM);
	CHECK_ERRNO(syscall(SYS_clone, CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0), EPERM);
	CHECK(unshare(CLONE_FS | CLONE_FILES) == 0);
}

static void mounts(void)
{
	CHECK(mkdir("early", 0755) == 0 && mkdir("late", 0755) == 0 &&
	      mkdir("private", 0755) == 0 && mkdir("other", 0755) == 0);
	CHECK(mount("outer", "early", "tmpfs", 0, NULL) == 0);
	put_file("early/outer", "content");
	two_namespaces();
	cloned();
	CHECK(in_child(set_ids_on_mounts, NULL) == 0);
	CHECK(umount("early") == 0);
}

/* --- mounts of one's own, which a real Linux does not have --- */

#define NS_OWN 0x1008

static int ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* Whether mountinfo has a mount of what ends so, at what ends so. */
static int is_bound(const char *what, const char *where)
{
	char line[1000], root[300], place[300];
	FILE *mounts = fopen("/proc/self/mountinfo", "r");
	int is_found = 0;

	while (mounts && !is_found && fgets(line, sizeof(line), mounts))
		is_found = sscanf(line, "%*s %*s %*s %299s %299s", root, place) == 2 &&
		           ends_with(root, what) && ends_with(place, where);
	if (mounts)
		fclose(mounts);
	return is_found;
}

/* A namespace that was copied has nothing to take away. */
static void umount_inherited(void *unused)
{
	(void)unused;
	CHECK(syscall(NS_OWN) == 0);
	CHECK_ERRNO(umount("to"), EPERM);
}

static void bind_as_nobody(void *unused)
{
	(void)unused;
	CHECK(chmod(".", 0755) == 0 && setgid(65534) == 0 && setuid(65534) == 0);
	CHECK_ERRNO(mount("from", "to", NULL, MS_BIND, NULL), EPERM);
	CHECK(syscall(NS_OWN) == 0);
	CHECK(mount("from", "to", NULL, MS_BIND, NULL) == 0 && exists("to/file"));
	CHECK_ERRNO(mount("none", "to", "tmpfs", 0, NULL), EPERM);
	CHECK_ERRNO(mount("none", "to", NULL, MS_REMOUNT | MS_BIND, NULL), EPERM);
	CHECK_ERRNO(umount("early"), EPERM);
	CHECK(is_bound("/from", "/to"));
	CHECK(umount("to") == 0 && !exists("to/file"));
	/* What cannot be written stays so, wherever it is bound. */
	CHECK(mount("fixed", "to", NULL, MS_BIND, NULL) == 0);
	CHECK_ERRNO(open("to/new", O_CREAT | O_WRONLY, 0666), EROFS);
	CHECK(umount("to") == 0);
	CHECK(mount("open", "to", NULL, MS_BIND | MS_RDONLY, NULL) == 0);
	CHECK_ERRNO(open("to/new", O_CREAT | O_WRONLY, 0666), EROFS);
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	CHECK(in_child(umount_inherited, NULL) == 0);
}

static void own_mounts(void)
{
	CHECK(mkdir("from", 0755) == 0 && mkdir("to", 0755) == 0 && mkdir("fixed", 0777) == 0 &&
	      mkdir("open", 0755) == 0 && chmod("open", 0777) == 0);
	put_file("from/file", "content");
	CHECK(mount("outer", "early", "tmpfs", 0, NULL) == 0);
	CHECK(mount("outer", "fixed", "tmpfs", MS_RDONLY, NULL) == 0);
	CHECK(in_child(bind_as_nobody, NULL) == 0);
	CHECK(!exists("to/file") && !exists("to/new"));
	CHECK(umount("fixed") == 0 && umount("early") == 0);
}

static int has_own_mounts(void)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0)
		_exit(syscall(NS_OWN) == 0 ? 0 : 1);
	return waitpid(pid, &status, 0) == pid && status == 0;
}

void test_unshare(void)
{
	errors();
	unmount_pipe();
	threads();
	CHECK(in_child(alone, NULL) == 0);
	vforked();
	if (getuid() != 0)
		return; /* mounting is root's business */
	mounts();
	if (has_own_mounts())
		own_mounts();
	CHECK(in_child(as_nobody, NULL) == 0);
}
