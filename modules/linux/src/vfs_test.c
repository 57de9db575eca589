/*
 * Host tests of names, walks, mounts and descriptors on tmpfs, by the system calls themselves.
 */
#include "host_files.h"
#include "guest.h"
#include <base/test.h>

static int64_t open_at(const char *name, uint32_t flags)
{
	return HOST_CALL(open, U(name), flags, 0644);
}

static void put(const char *name, const char *text)
{
	int64_t fd = open_at(name, O_WRONLY | O_CREAT | O_TRUNC);
	CHECK(fd >= 0);
	CHECK_EQ(HOST_CALL(write, (uint64_t)fd, U(text), strlen(text)), (int64_t)strlen(text));
	CHECK_EQ(HOST_CALL(close, (uint64_t)fd), 0);
}

static const char *get(const char *name)
{
	static char text[256];
	int64_t fd = open_at(name, O_RDONLY);
	int64_t len = fd < 0 ? 0 : HOST_CALL(read, (uint64_t)fd, U(text), sizeof(text) - 1);
	text[len] = 0;
	if (fd >= 0)
		HOST_CALL(close, (uint64_t)fd);
	return text;
}

TEST(walk_links_and_dots)
{
	host_files_start();
	CHECK_EQ(HOST_CALL(mkdir, U("/w"), 0755), 0);
	CHECK_EQ(HOST_CALL(mkdir, U("/w/d"), 0755), 0);
	put("/w/d/f", "found");
	CHECK_EQ(HOST_CALL(symlink, U("d"), U("/w/l")), 0);
	CHECK_EQ(HOST_CALL(symlink, U("/w/l/../l/f"), U("/w/long")), 0);
	CHECK_STR_EQ(get("/w/long"), "found");
	CHECK_STR_EQ(get("/../../w/./d//f"), "found");
	CHECK_EQ(open_at("/w/d/f/", O_RDONLY), -ENOTDIR);
	CHECK_EQ(open_at("/w/l", O_RDONLY | O_NOFOLLOW), -ELOOP);
	CHECK_EQ(open_at("", O_RDONLY), -ENOENT);
	CHECK_EQ(HOST_CALL(rmdir, U("/w/d")), -ENOTEMPTY);
	CHECK_EQ(HOST_CALL(unlink, U("/w/d/f")), 0);
	CHECK_EQ(open_at("/w/long", O_RDONLY), -ENOENT);
}

TEST(link_depth_is_bounded)
{
	char name[32], target[32];
	host_files_start();
	CHECK_EQ(HOST_CALL(mkdir, U("/loop"), 0755), 0);
	put("/loop/0", "deep");
	for (int i = 1; i <= 41; i++) {
		snprintf(name, sizeof(name), "/loop/%d", i);
		snprintf(target, sizeof(target), "%d", i - 1);
		CHECK_EQ(HOST_CALL(symlink, U(target), U(name)), 0);
	}
	CHECK_STR_EQ(get("/loop/40"), "deep");
	CHECK_EQ(open_at("/loop/41", O_RDONLY), -ELOOP);
}

TEST(rename_rules)
{
	host_files_start();
	CHECK_EQ(HOST_CALL(mkdir, U("/r"), 0755), 0);
	CHECK_EQ(HOST_CALL(mkdir, U("/r/a"), 0755), 0);
	CHECK_EQ(HOST_CALL(mkdir, U("/r/a/b"), 0755), 0);
	put("/r/f", "f");
	put("/r/g", "g");
	CHECK_EQ(HOST_CALL(rename, U("/r/a"), U("/r/a/b/c")), -EINVAL);
	CHECK_EQ(HOST_CALL(rename, U("/r/a/b"), U("/r/a")), -ENOTEMPTY);
	CHECK_EQ(HOST_CALL(rename, U("/r/f"), U("/r/a")), -EISDIR);
	CHECK_EQ(HOST_CALL(rename, U("/r/a"), U("/r/f")), -ENOTDIR);
	CHECK_EQ(HOST_CALL(rename, U("/r/f"), U("/r/g")), 0);
	CHECK_STR_EQ(get("/r/g"), "f");
	put("/r/h", "h");
	CHECK_EQ(HOST_CALL(renameat2, (uint64_t)AT_FDCWD, U("/r/g"), (uint64_t)AT_FDCWD, U("/r/h"),
	                   RENAME_EXCHANGE),
	         0);
	CHECK_STR_EQ(get("/r/g"), "h");
	CHECK_EQ(HOST_CALL(rename, U("/r/a/b"), U("/r/b")), 0);
	CHECK_EQ(HOST_CALL(rmdir, U("/r/a")), 0);
}

TEST(mounts_cover_and_union)
{
	struct super *super;
	struct dentry *root;
	struct path where;
	host_files_start();
	CHECK_EQ(HOST_CALL(mkdir, U("/m"), 0755), 0);
	put("/m/under", "under");
	CHECK_EQ(HOST_CALL(mount, U("none"), U("/m"), U("tmpfs"), 0, 0), 0);
	CHECK_EQ(open_at("/m/under", O_RDONLY), -ENOENT);
	put("/m/over", "over");
	CHECK_EQ(HOST_CALL(rmdir, U("/m")), -EBUSY);
	CHECK_EQ(HOST_CALL(rename, U("/m/over"), U("/over")), -EXDEV);
	CHECK_STR_EQ(get("/m/../m/over"), "over");
	CHECK_EQ(HOST_CALL(umount2, U("/m"), 0), 0);
	CHECK_STR_EQ(get("/m/under"), "under");
	CHECK_EQ(HOST_CALL(umount2, U("/m"), 0), -EINVAL);
	CHECK_EQ(tmpfs_create("tmpfs", TMPFS_MAGIC, 0755, &super, &root), 0);
	CHECK_EQ(tmpfs_make(root, "lower", S_IFREG | 0644, 0, NULL, NULL), 0);
	CHECK_EQ(tmpfs_make(root, "under", S_IFREG | 0644, 0, NULL, NULL), 0);
	CHECK_EQ(path_at_start("m", &where), 0);
	CHECK_EQ(mount_attach(super, root, "none", &where, 0, true, NULL), 0);
	path_put(&where);
	dentry_put(root);
	super_put(super);
	CHECK(open_at("/m/lower", O_RDONLY) >= 0);
	CHECK_STR_EQ(get("/m/under"), "under"); /* the upper one wins */
	put("/m/new", "new");
	CHECK_STR_EQ(get("/m/new"), "new");
}

static unsigned list(const char *name, size_t buffer_bytes)
{
	char buffer[4096];
	unsigned count = 0;
	int64_t fd = open_at(name, O_RDONLY | O_DIRECTORY), got;
	while ((got = HOST_CALL(getdents64, (uint64_t)fd, U(buffer), buffer_bytes)) > 0) {
		for (int64_t at = 0; at < got; count++) {
			uint16_t len;
			memcpy(&len, buffer + at + 16, 2);
			at += len;
		}
	}
	CHECK_EQ(got, 0);
	HOST_CALL(close, (uint64_t)fd);
	return count;
}

TEST(listing_shows_each_name_once)
{
	char name[32];
	host_files_start();
	CHECK_EQ(HOST_CALL(mkdir, U("/list"), 0755), 0);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "/list/%d", i);
		put(name, "");
	}
	CHECK_EQ(list("/list", 4096), 102);
	CHECK_EQ(list("/list", 64), 102);
	CHECK_EQ(list("/m", 4096), 5); /* . .. under new lower; the lower "under" is hidden */
}

TEST(files_read_write_cut)
{
	static char big[200000], back[200000];
	host_files_start();
	for (unsigned i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 13 + i / 4096);
	int64_t fd = open_at("/big", O_RDWR | O_CREAT);
	CHECK_EQ(HOST_CALL(write, (uint64_t)fd, U(big), sizeof(big)), sizeof(big));
	CHECK_EQ(HOST_CALL(pread64, (uint64_t)fd, U(back), sizeof(back), 0), sizeof(back));
	CHECK_MEM_EQ(big, back, sizeof(big));
	CHECK_EQ(HOST_CALL(ftruncate, (uint64_t)fd, 100), 0);
	CHECK_EQ(HOST_CALL(ftruncate, (uint64_t)fd, 50000), 0);
	CHECK_EQ(HOST_CALL(pread64, (uint64_t)fd, U(back), 200, 50), 200);
	CHECK(memcmp(back, big + 50, 50) == 0 && back[50] == 0 && back[199] == 0);
	CHECK_EQ(HOST_CALL(pwrite64, (uint64_t)fd, U("x"), 1, 100000000), 1);
	CHECK_EQ(HOST_CALL(pread64, (uint64_t)fd, U(back), 10, 99999995), 6);
	CHECK(back[4] == 0 && back[5] == 'x');
	CHECK_EQ(HOST_CALL(write, (uint64_t)fd, 1, 4), -EFAULT);
	CHECK_EQ(HOST_CALL(close, (uint64_t)fd), 0);
	CHECK_EQ(HOST_CALL(unlink, U("/big")), 0);
}

TEST(descriptors)
{
	host_files_start();
	int64_t fd = open_at("/fd", O_RDWR | O_CREAT);
	CHECK_EQ(HOST_CALL(dup2, (uint64_t)fd, 40), 40);
	CHECK_EQ(HOST_CALL(dup2, (uint64_t)fd, 64), -EBADF);
	CHECK_EQ(HOST_CALL(fcntl, (uint64_t)fd, F_DUPFD, 40), 41);
	CHECK_EQ(HOST_CALL(fcntl, 40, F_SETFD, FD_CLOEXEC), 0);
	struct files *copy = files_copy(host_task.files);
	files_close_on_exec(copy);
	CHECK(!files_is_open(copy, 40));
	CHECK(files_is_open(copy, 41));
	files_put(copy);
	CHECK_EQ(HOST_CALL(close_range, 40, 41, 0), 0);
	CHECK_EQ(HOST_CALL(close, 40), -EBADF);
	CHECK_EQ(HOST_CALL(close, (uint64_t)fd), 0);
	CHECK_EQ(open_at("/fd", O_RDONLY), fd);
	CHECK_EQ(HOST_CALL(close, (uint64_t)fd), 0);
}

TEST(permission)
{
	host_files_start();
	put("/mine", "");
	CHECK_EQ(HOST_CALL(mkdir, U("/closed"), 0700), 0);
	host_task.cred.fsuid = host_task.cred.uid = 1000;
	host_task.cred.fsgid = 1000;
	host_task.cred.cap_effective = 0;
	CHECK_EQ(open_at("/mine", O_WRONLY), -EACCES);
	int64_t fd = open_at("/mine", O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(HOST_CALL(close, (uint64_t)fd), 0);
	CHECK_EQ(open_at("/closed/x", O_RDONLY), -EACCES);
	CHECK_EQ(HOST_CALL(unlink, U("/mine")), -EACCES);
	CHECK_EQ(HOST_CALL(chmod, U("/mine"), 0777), -EPERM);
	CHECK_EQ(HOST_CALL(chroot, U("/")), -EPERM);
	host_task.cred.fsuid = host_task.cred.uid = 0;
	host_task.cred.fsgid = 0;
	host_task.cred.cap_effective = ~0ull;
}

TEST(pipes)
{
	static char bytes[70000];
	int32_t ends[2];
	host_files_start();
	CHECK_EQ(HOST_CALL(pipe2, U(ends), O_NONBLOCK), 0);
	CHECK_EQ(HOST_CALL(write, (uint64_t)ends[1], U(bytes), sizeof(bytes)), 65536);
	CHECK_EQ(HOST_CALL(write, (uint64_t)ends[1], U(bytes), 1), -EAGAIN);
	CHECK_EQ(HOST_CALL(read, (uint64_t)ends[0], U(bytes), 10), 10);
	CHECK_EQ(HOST_CALL(write, (uint64_t)ends[1], U(bytes), 11), -EAGAIN);
	CHECK_EQ(HOST_CALL(write, (uint64_t)ends[1], U(bytes), 10), 10);
	CHECK_EQ(HOST_CALL(read, (uint64_t)ends[0], U(bytes), sizeof(bytes)), 65536);
	CHECK_EQ(HOST_CALL(close, (uint64_t)ends[0]), 0);
	CHECK_EQ(HOST_CALL(write, (uint64_t)ends[1], U(bytes), 1), -EPIPE);
	CHECK_EQ(host_task.process->stop_signal, SIGPIPE);
	CHECK_EQ(HOST_CALL(close, (uint64_t)ends[1]), 0);
	CHECK_EQ(host_locks_held, 0);
}

TEST_MAIN();
