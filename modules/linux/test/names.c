/*
 * Names: links, symbolic links, rename, removal, paths and their errors.
 */
#include "file_suites.h"
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static ino_t inode_of(const char *name)
{
	struct stat st;
	return lstat(name, &st) == 0 ? st.st_ino : 0;
}

static nlink_t links_of(const char *name)
{
	struct stat st;
	return lstat(name, &st) == 0 ? st.st_nlink : 0;
}

static void hard_links(void)
{
	put_file("a", "text");
	CHECK(link("a", "b") == 0 && inode_of("a") == inode_of("b") && links_of("a") == 2);
	CHECK_ERRNO(link("a", "b"), EEXIST);
	CHECK_ERRNO(link("none", "c"), ENOENT);
	CHECK_ERRNO(link(".", "c"), EPERM);
	CHECK(unlink("a") == 0 && links_of("b") == 1 && strcmp(get_file("b"), "text") == 0);
	CHECK_ERRNO(unlink("a"), ENOENT);
	CHECK(unlink("b") == 0);
}

static void symbolic_links(void)
{
	char target[20] = "";
	struct stat st;
	put_file("real", "through");
	CHECK(symlink("real", "link") == 0);
	CHECK(readlink("link", target, sizeof(target)) == 4 && memcmp(target, "real", 4) == 0);
	CHECK(readlink("link", target, 2) == 2);
	CHECK_ERRNO(readlink("real", target, sizeof(target)), EINVAL);
	CHECK(strcmp(get_file("link"), "through") == 0);
	CHECK(lstat("link", &st) == 0 && S_ISLNK(st.st_mode) && st.st_size == 4);
	CHECK(stat("link", &st) == 0 && S_ISREG(st.st_mode));
	CHECK_ERRNO(open("link", O_RDONLY | O_NOFOLLOW), ELOOP);
	CHECK_ERRNO(symlink("x", "link"), EEXIST);
	CHECK(symlink("loop2", "loop1") == 0 && symlink("loop1", "loop2") == 0);
	CHECK_ERRNO(open("loop1", O_RDONLY), ELOOP);
	CHECK(symlink("nowhere", "dangling") == 0);
	CHECK_ERRNO(open("dangling", O_RDONLY), ENOENT);
	int fd = open("dangling", O_WRONLY | O_CREAT, 0600);
	CHECK(fd >= 0 && access("nowhere", F_OK) == 0);
	close(fd);
	CHECK_ERRNO(open("link", O_CREAT | O_EXCL | O_WRONLY, 0600), EEXIST);
	CHECK(mkdir("d", 0755) == 0 && symlink("d", "dlink") == 0);
	put_file("dlink/inside", "in");
	CHECK(strcmp(get_file("d/inside"), "in") == 0);
	CHECK(lstat("dlink/", &st) == 0 && S_ISDIR(st.st_mode));
	CHECK_ERRNO(rmdir("dlink"), ENOTDIR);
	CHECK_ERRNO(unlink("dlink/"), ENOTDIR);
	CHECK_ERRNO(lstat("link/", &st), ENOTDIR);
	CHECK(symlink("../real", "d/up") == 0 && strcmp(get_file("d/up"), "through") == 0);
}

static void renames(void)
{
	put_file("r1", "one");
	put_file("r2", "two");
	CHECK(rename("r1", "r2") == 0 && strcmp(get_file("r2"), "one") == 0 && inode_of("r1") == 0);
	CHECK_ERRNO(rename("r1", "r3"), ENOENT);
	CHECK(rename("r2", "r2") == 0);
	CHECK(mkdir("da", 0755) == 0 && mkdir("db", 0755) == 0 && mkdir("da/sub", 0755) == 0);
	CHECK_ERRNO(rename("da", "da/sub/x"), EINVAL);
	CHECK_ERRNO(rename("r2", "da"), EISDIR);
	CHECK_ERRNO(rename("da", "r2"), ENOTDIR);
	CHECK_ERRNO(rename("db", "da"), ENOTEMPTY);
	CHECK(rename("da", "db") == 0 && inode_of("db/sub") != 0 && inode_of("da") == 0);
	CHECK(rename("db/sub", "moved") == 0 && links_of("db") == 2);
	put_file("x", "x");
	put_file("y", "y");
	CHECK_ERRNO(syscall(SYS_renameat2, AT_FDCWD, "x", AT_FDCWD, "y", 1), EEXIST);
	CHECK(syscall(SYS_renameat2, AT_FDCWD, "x", AT_FDCWD, "y", 2) == 0);
	CHECK(strcmp(get_file("x"), "y") == 0 && strcmp(get_file("y"), "x") == 0);
	CHECK(link("x", "z") == 0 && rename("x", "z") == 0 && inode_of("x") == inode_of("z"));
	CHECK_ERRNO(rename("moved/.", "q"), EBUSY);
}

static void path_errors(void)
{
	char longest[NAME_MAX + 2], path[PATH_MAX + 10];
	struct stat st;
	memset(longest, 'n', sizeof(longest));
	longest[NAME_MAX + 1] = 0;
	CHECK_ERRNO(open(longest, O_WRONLY | O_CREAT, 0600), ENAMETOOLONG);
	longest[NAME_MAX] = 0;
	int fd = open(longest, O_WRONLY | O_CREAT, 0600);
	CHECK(fd >= 0 && close(fd) == 0 && unlink(longest) == 0);
	memset(path, '/', sizeof(path));
	path[PATH_MAX] = 0;
	CHECK_ERRNO(stat(path, &st), ENAMETOOLONG);
	path[PATH_MAX - 1] = 0;
	CHECK(stat(path, &st) == 0);
	put_file("plain", "");
	CHECK_ERRNO(stat("", &st), ENOENT);
	CHECK_ERRNO(stat("plain/x", &st), ENOTDIR);
	CHECK_ERRNO(stat("plain/", &st), ENOTDIR);
	CHECK_ERRNO(stat("none/x", &st), ENOENT);
	CHECK_ERRNO(open("plain/", O_RDONLY), ENOTDIR);
	CHECK_ERRNO(open("none/", O_WRONLY | O_CREAT, 0600), EISDIR);
	CHECK_ERRNO(open("plain", O_RDONLY | O_DIRECTORY), ENOTDIR);
	CHECK_ERRNO(open(".", O_WRONLY), EISDIR);
	CHECK_ERRNO(stat((char *)1, &st), EFAULT);
	CHECK_ERRNO(unlink("."), EISDIR);
	CHECK_ERRNO(unlink("plain/"), ENOTDIR);
	CHECK_ERRNO(mkdir("plain", 0755), EEXIST);
	CHECK_ERRNO(mkdir("plain/x", 0755), ENOTDIR);
	CHECK_ERRNO(mkdir("/", 0755), EEXIST);
	CHECK_ERRNO(mkdir("", 0755), ENOENT);
	CHECK_ERRNO(symlink("x", ""), ENOENT);
	CHECK_ERRNO(mkdirat(1000, "plain", 0755), EBADF);
	CHECK(mkdir("slash/", 0755) == 0 && rmdir("slash/") == 0);
	CHECK_ERRNO(rmdir("plain"), ENOTDIR);
	CHECK_ERRNO(rmdir("."), EINVAL);
	CHECK(mkdir("one", 0755) == 0);
	CHECK_ERRNO(rmdir("one/.."), ENOTEMPTY);
	CHECK_ERRNO(rmdir("/"), EBUSY);
	CHECK(stat("one/../plain", &st) == 0 && stat(".//one///..//./plain", &st) == 0);
	CHECK(stat("/../../../../tmp", &st) == 0);
}

static void relative_to_descriptors(void)
{
	struct stat st;
	CHECK(mkdir("base", 0755) == 0);
	int dir = open("base", O_RDONLY | O_DIRECTORY);
	int fd = openat(dir, "f", O_WRONLY | O_CREAT, 0600);
	CHECK(fd >= 0 && fstatat(dir, "f", &st, 0) == 0 && access("base/f", F_OK) == 0);
	CHECK(fstatat(fd, "", &st, AT_EMPTY_PATH) == 0 && S_ISREG(st.st_mode));
	CHECK_ERRNO(fstatat(fd, "", &st, 0), ENOENT);
	CHECK_ERRNO(openat(fd, "x", O_RDONLY), ENOTDIR);
	CHECK_ERRNO(openat(999, "x", O_RDONLY), EBADF);
	CHECK(openat(999, "/", O_RDONLY) >= 0);
	CHECK(mkdirat(dir, "sub", 0755) == 0 && symlinkat("f", dir, "l") == 0);
	CHECK(linkat(dir, "f", dir, "g", 0) == 0 && renameat(dir, "g", AT_FDCWD, "h") == 0);
	CHECK(unlinkat(dir, "sub", AT_REMOVEDIR) == 0 && unlinkat(dir, "l", 0) == 0);
	CHECK_ERRNO(unlinkat(dir, "f", AT_REMOVEDIR), ENOTDIR);
	CHECK(unlinkat(dir, "f", 0) == 0 && rmdir("base") == 0);
	CHECK_ERRNO(openat(dir, "f", O_WRONLY | O_CREAT, 0600), ENOENT);
	close(dir);
	close(fd);
}

static void working_directory(void)
{
	char path[PATH_MAX], expected[PATH_MAX + 2];
	CHECK(getcwd(path, sizeof(path)) != NULL);
	snprintf(expected, sizeof(expected), "%s/w", path);
	CHECK(mkdir("w", 0755) == 0 && chdir("w") == 0);
	CHECK(getcwd(path, sizeof(path)) && strcmp(path, expected) == 0);
	CHECK_ERRNO(syscall(SYS_getcwd, path, 3), ERANGE);
	CHECK_ERRNO(chdir("none"), ENOENT);
	CHECK(rmdir("../w") == 0);
	CHECK_ERRNO(syscall(SYS_getcwd, path, sizeof(path)), ENOENT);
	CHECK_ERRNO(open("f", O_WRONLY | O_CREAT, 0600), ENOENT);
	CHECK(chdir("..") == 0);
	put_file("file", "");
	CHECK_ERRNO(chdir("file"), ENOTDIR);
}

/* /bin shows the boot archive's names below the store's own. */
static void renames_before_a_union(void)
{
	struct stat st;
	put_file("/bin/.names", "own");
	CHECK_ERRNO(syscall(SYS_renameat2, AT_FDCWD, "/bin/.names", AT_FDCWD, "/bin/true", 1),
	            EEXIST);
	CHECK_ERRNO(syscall(SYS_renameat2, AT_FDCWD, "/bin/.names", AT_FDCWD, "/bin/true", 2),
	            EXDEV);
	CHECK(rename("/bin/.names", "/bin/true") == 0 && strcmp(get_file("/bin/true"), "own") == 0);
	CHECK_ERRNO(unlink("/bin/.names"), ENOENT);
	CHECK(unlink("/bin/true") == 0);
	CHECK(lstat("/bin/true", &st) == 0 && S_ISLNK(st.st_mode));
	CHECK_ERRNO(unlink("/bin/true"), EROFS);
}

void test_names(void)
{
	renames_before_a_union();
	hard_links();
	symbolic_links();
	renames();
	path_errors();
	relative_to_descriptors();
	working_directory();
}
