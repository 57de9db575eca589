/*
 * Permission: modes, owners, the sticky bit, as seen by a user who is not root. Needs root to begin with.
 */
#include "file_suites.h"
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

static void become_user(void)
{
	CHECK(setgroups(0, NULL) == 0 && setgid(1234) == 0 && setuid(1234) == 0);
}

static uint32_t mode_of(const char *name)
{
	struct stat st;
	return stat(name, &st) == 0 ? st.st_mode & 07777 : 0;
}

/* What may be read is shared for reading, whatever others do to it. */
static void maps_to_read(void)
{
	int fd = open("readable", O_RDONLY);
	char *at = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(at != MAP_FAILED && *at == 'r');
	CHECK_ERRNO(mprotect(at, 4096, PROT_READ | PROT_WRITE), EACCES);
	CHECK(munmap(at, 4096) == 0);
	at = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(mprotect(at, 4096, PROT_READ | PROT_WRITE) == 0);
	*at = 'w';
	CHECK(strcmp(get_file("readable"), "r") == 0 && munmap(at, 4096) == 0);
	close(fd);
}

/* The set-id bits go with the content that they were given to. */
static void loses_set_ids(void)
{
	CHECK(truncate("rising/cut", 0) == 0 && mode_of("rising/cut") == 0777);
	int fd = open("rising/opened", O_WRONLY | O_TRUNC);
	CHECK(fd >= 0 && mode_of("rising/opened") == 0777);
	close(fd);
	fd = open("rising/written", O_WRONLY);
	CHECK(write(fd, "x", 1) == 1 && mode_of("rising/written") == 0777);
	close(fd);
	CHECK(truncate("rising/locking", 0) == 0 && mode_of("rising/locking") == 0767);
}

/* argument: the secret, opened by root. */
static void as_user(void *argument)
{
	struct stat st;
	int *secret = argument;
	become_user();
	CHECK_ERRNO(open("secret", O_RDONLY), EACCES);
	CHECK_ERRNO(open("readable", O_WRONLY), EACCES);
	CHECK(open("readable", O_RDONLY) >= 0);
	CHECK_ERRNO(open("closed/inside", O_RDONLY), EACCES);
	CHECK_ERRNO(stat("closed/inside", &st), EACCES);
	CHECK_ERRNO(open("closed", O_RDONLY), EACCES);
	CHECK_ERRNO(open("new", O_WRONLY | O_CREAT, 0600), EACCES);
	CHECK_ERRNO(mkdir("newdir", 0700), EACCES);
	CHECK_ERRNO(unlink("readable"), EACCES);
	CHECK_ERRNO(chmod("readable", 0777), EPERM);
	CHECK_ERRNO(chown("readable", 1234, 1234), EPERM);
	CHECK_ERRNO(utimensat(AT_FDCWD, "readable", (struct timespec[2]){{1, 0}, {1, 0}}, 0),
	            EPERM);
	CHECK_ERRNO(access("secret", R_OK), EACCES);
	CHECK(access("readable", R_OK) == 0 && access("secret", F_OK) == 0);
	int fd = open("sticky/mine", O_WRONLY | O_CREAT, 0600);
	CHECK(fd >= 0 && fstat(fd, &st) == 0 && st.st_uid == 1234 && st.st_gid == 1234);
	CHECK_ERRNO(unlink("sticky/roots"), EPERM);
	CHECK_ERRNO(rename("sticky/roots", "sticky/stolen"), EPERM);
	CHECK(rename("sticky/mine", "sticky/still-mine") == 0 && unlink("sticky/still-mine") == 0);
	CHECK(chmod("own", 0400) == 0);
	CHECK_ERRNO(open("own", O_WRONLY), EACCES);
	CHECK_ERRNO(chown("own", 0, 0), EPERM);
	fd = open("group/file", O_WRONLY | O_CREAT, 0600);
	CHECK(fd >= 0 && fstat(fd, &st) == 0 && st.st_gid == 77);
	CHECK(rename("group/roots", "group/moved") == 0);
	CHECK_ERRNO(rename("group/moved", "sticky/moved"), EACCES);
	CHECK_ERRNO(linkat(*secret, "", AT_FDCWD, "sticky/linked", AT_EMPTY_PATH), ENOENT);
	maps_to_read();
	loses_set_ids();
	CHECK_ERRNO(mknod("sticky/dev", S_IFCHR | 0600, 0x103), EPERM);
	CHECK_ERRNO(chroot("sticky"), EPERM);
}

static void as_root(void)
{
	struct stat st;
	CHECK(open("secret", O_RDWR) >= 0);
	CHECK_ERRNO(access("secret", X_OK), EACCES);
	CHECK(chown("own", 1234, 1234) == 0 && stat("own", &st) == 0 && st.st_uid == 1234);
	put_file("suid", "");
	CHECK(chmod("suid", 06755) == 0 && chown("suid", 5, 5) == 0 && stat("suid", &st) == 0);
	CHECK((st.st_mode & 07777) == 0755);
}

/* The file system's user is who files are opened as. */
static void as_another(void *argument)
{
	(void)argument;
	setfsuid(1234);
	CHECK_ERRNO(open("secret", O_RDONLY), EACCES);
	setfsuid(0);
	CHECK(open("secret", O_RDONLY) >= 0);
}

static int can_look_into(pid_t pid)
{
	char path[64], byte;
	snprintf(path, sizeof(path), "/proc/%d/auxv", (int)pid);
	int fd = open(path, O_RDONLY);
	int can = fd >= 0 && read(fd, &byte, 1) == 1;
	close(fd);
	return can;
}

static void look(void *argument)
{
	become_user();
	CHECK(!can_look_into(((pid_t *)argument)[0]) && can_look_into(((pid_t *)argument)[1]));
}

/* Who was root a moment ago is not looked into, unless it agrees. */
static void looks_into_processes(void)
{
	volatile int *ready = shared_memory(sizeof(int));
	pid_t others[2];
	for (int i = 0; i < 2; i++) {
		others[i] = fork();
		if (others[i] == 0) {
			become_user();
			CHECK(i == 0 || prctl(PR_SET_DUMPABLE, 1) == 0);
			__atomic_fetch_add(ready, 1, __ATOMIC_SEQ_CST);
			pause();
		}
	}
	CHECK(wait_for(ready, 2) && in_child(look, others) == 0);
	for (int i = 0; i < 2; i++)
		CHECK(kill(others[i], SIGKILL) == 0 && waitpid(others[i], NULL, 0) == others[i]);
}

static void in_root(void *argument)
{
	char path[64];
	(void)argument;
	CHECK(mkdir("jail", 0755) == 0 && mkdir("jail/in", 0755) == 0);
	put_file("jail/in/f", "jailed");
	CHECK(chroot("jail") == 0 && chdir("/in") == 0);
	CHECK(strcmp(get_file("/in/f"), "jailed") == 0 &&
	      strcmp(get_file("../../../in/f"), "jailed") == 0);
	CHECK(getcwd(path, sizeof(path)) && strcmp(path, "/in") == 0);
	CHECK_ERRNO(open("/readable", O_RDONLY), ENOENT);
}

void test_rights(void)
{
	if (getuid() != 0) {
		printf("rights: skipped, not root\n");
		return;
	}
	put_file("secret", "s");
	put_file("readable", "r");
	put_file("own", "o");
	CHECK(chmod("secret", 0600) == 0);
	CHECK(mkdir("closed", 0700) == 0 && mkdir("sticky", 0777) == 0 &&
	      chmod("sticky", 01777) == 0);
	CHECK(mkdir("group", 0777) == 0 && chown("group", 0, 77) == 0 &&
	      chmod("group", 02777) == 0);
	CHECK(mkdir("group/roots", 0755) == 0 && mkdir("rising", 0755) == 0);
	static const char *const rising[] = {"rising/cut", "rising/opened", "rising/written"};
	for (unsigned i = 0; i < 3; i++) {
		put_file(rising[i], "content");
		CHECK(chmod(rising[i], 06777) == 0);
	}
	put_file("rising/locking", "content");
	CHECK(chmod("rising/locking", 02767) == 0);
	put_file("closed/inside", "");
	put_file("sticky/roots", "");
	as_root();
	int secret = open("secret", O_RDONLY);
	CHECK(in_child(as_user, &secret) == 0);
	close(secret);
	CHECK(in_child(as_another, NULL) == 0);
	looks_into_processes();
	CHECK(in_child(in_root, NULL) == 0);
}
