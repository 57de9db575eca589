/*
 * Directories: listing, many entries, removal while listing; attributes: modes, times, umask, statx.
 */
#include "file_suites.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <time.h>

#define MANY 700

static int count_names(const char *name)
{
	int count = 0;
	DIR *dir = opendir(name);
	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count;
}

struct old_entry {
	unsigned long inode, next;
	unsigned short len;
	char name[];
};

/* One directory with both calls: the same names, numbers, types and positions. */
static void old_listing(void)
{
	static char old[4000], new[4000];
	int names = 0, same = 1, fd = open("old", O_RDONLY);
	long bytes = syscall(SYS_getdents, fd, old, sizeof(old));
	CHECK(bytes > 0 && lseek(fd, 0, SEEK_SET) == 0 &&
	      syscall(SYS_getdents64, fd, new, sizeof(new)) == bytes);
	for (long at = 0; at < bytes;) {
		const struct old_entry *entry = (void *)(old + at);
		const struct dirent *other = (void *)(new + at);
		same = same && entry->inode == other->d_ino && entry->len == other->d_reclen &&
		       entry->next == (unsigned long)other->d_off &&
		       strcmp(entry->name, other->d_name) == 0 &&
		       old[at + entry->len - 1] == other->d_type;
		names++;
		at += entry->len > 0 ? entry->len : bytes;
	}
	CHECK(names == 5 && same);
	CHECK(syscall(SYS_getdents, fd, old, sizeof(old)) == 0);
	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	CHECK_ERRNO(syscall(SYS_getdents, fd, old, 10), EINVAL);
	CHECK_ERRNO(syscall(SYS_getdents, 999, old, sizeof(old)), EBADF);
	close(fd);
	fd = open("old/b", O_RDONLY);
	CHECK_ERRNO(syscall(SYS_getdents, fd, old, sizeof(old)), ENOTDIR);
	close(fd);
}

static void make_old(void)
{
	CHECK(mkdir("old", 0755) == 0 && mkdir("old/a-directory-of-some-length", 0755) == 0);
	put_file("old/b", "");
	CHECK(symlink("b", "old/seven-c") == 0);
	old_listing();
}

static void listing(void)
{
	char name[32];
	int seen[MANY] = {0}, number, bad = 0, others = 0;
	CHECK(mkdir("many", 0755) == 0 && count_names("many") == 2);
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "many/entry-number-%d", i);
		put_file(name, "");
	}
	DIR *dir = opendir("many");
	struct dirent *entry;
	while ((entry = readdir(dir))) {
		if (sscanf(entry->d_name, "entry-number-%d", &number) == 1)
			seen[number]++;
		else
			others++;
		bad += entry->d_ino == 0;
	}
	for (int i = 0; i < MANY; i++)
		bad += seen[i] != 1;
	CHECK(bad == 0 && others == 2);
	rewinddir(dir);
	CHECK(readdir(dir) != NULL);
	closedir(dir);
	CHECK_ERRNO(rmdir("many"), ENOTEMPTY);
}

static void remove_while_listing(void)
{
	int removed = 0;
	char name[300];
	DIR *dir = opendir("many");
	struct dirent *entry;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "many/%s", entry->d_name);
		removed += unlink(name) == 0;
	}
	closedir(dir);
	CHECK(removed == MANY && rmdir("many") == 0);
}

static void small_buffers(void)
{
	char buffer[64];
	CHECK(mkdir("small", 0755) == 0);
	put_file("small/a-name-of-some-length", "");
	int fd = open("small", O_RDONLY | O_DIRECTORY);
	CHECK_ERRNO(syscall(SYS_getdents64, fd, buffer, 10), EINVAL);
	long total = 0, got;
	while ((got = syscall(SYS_getdents64, fd, buffer, 64)) > 0)
		total += got;
	CHECK(got == 0 && total == 24 + 24 + 48);
	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	CHECK_ERRNO(read(fd, buffer, 1), EISDIR);
	close(fd);
	fd = open("small/a-name-of-some-length", O_RDONLY);
	CHECK_ERRNO(syscall(SYS_getdents64, fd, buffer, 64), ENOTDIR);
	close(fd);
}

static void modes_and_times(void)
{
	struct stat st;
	put_file("m", "");
	CHECK(chmod("m", 04751) == 0 && stat("m", &st) == 0 && st.st_mode == (S_IFREG | 04751));
	CHECK(umask(077) == 022);
	CHECK(mkdir("u", 0777) == 0 && stat("u", &st) == 0 && st.st_mode == (S_IFDIR | 0700));
	CHECK(umask(022) == 077);
	struct timespec times[2] = {{1000, 5}, {2000, 6}};
	CHECK(utimensat(AT_FDCWD, "m", times, 0) == 0 && stat("m", &st) == 0);
	CHECK(st.st_atim.tv_sec == 1000 && st.st_mtim.tv_sec == 2000 && st.st_mtim.tv_nsec == 6);
	times[0].tv_nsec = UTIME_OMIT;
	times[1].tv_nsec = UTIME_NOW;
	CHECK(utimensat(AT_FDCWD, "m", times, 0) == 0 && stat("m", &st) == 0);
	CHECK(st.st_atim.tv_sec == 1000 && st.st_mtim.tv_sec != 2000);
	times[0].tv_nsec = -1;
	CHECK_ERRNO(utimensat(AT_FDCWD, "m", times, 0), EINVAL);
	CHECK(stat(".", &st) == 0 && S_ISDIR(st.st_mode));
	nlink_t before = st.st_nlink;
	CHECK(mkdir("sub", 0755) == 0 && stat(".", &st) == 0);
	CHECK(st.st_nlink == before + 1 || st.st_nlink == 1);
	struct statfs fs;
	CHECK(statfs(".", &fs) == 0 && fs.f_bsize > 0 && fs.f_namelen == 255);
	CHECK(access("m", R_OK | W_OK) == 0);
	CHECK_ERRNO(access("none", F_OK), ENOENT);
}

static void fifo_and_nodes(void)
{
	struct stat st;
	CHECK(mkfifo("fifo", 0600) == 0 && stat("fifo", &st) == 0 && S_ISFIFO(st.st_mode));
	CHECK_ERRNO(mkfifo("fifo", 0600), EEXIST);
	CHECK(mknod("plain", S_IFREG | 0600, 0) == 0 && stat("plain", &st) == 0 &&
	      S_ISREG(st.st_mode));
}

void test_directory(void)
{
	make_old();
	listing();
	remove_while_listing();
	small_buffers();
	modes_and_times();
	fifo_and_nodes();
}
