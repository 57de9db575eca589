/*
 * Host tests of how mounts end: nothing of a file system is left when nobody can come to it any more.
 */
#include "host_files.h"
#include <base/test.h>
#include <libanon/heap.h>

static void put(const char *name)
{
	int64_t fd = HOST_CALL(open, U(name), O_WRONLY | O_CREAT, 0644);
	CHECK(fd >= 0);
	CHECK_EQ(HOST_CALL(write, (uint64_t)fd, U("text"), 4), 4);
	CHECK_EQ(HOST_CALL(close, (uint64_t)fd), 0);
}

static void mount_tmpfs(const char *where)
{
	CHECK_EQ(HOST_CALL(mount, U("none"), U(where), U("tmpfs"), 0, 0), 0);
}

/* Blocks that are there for good when it is done once more. */
static uint64_t kept_by(void (*fn)(void))
{
	struct heap_statistics before, after;
	fn();
	heap_statistics(&before);
	fn();
	heap_statistics(&after);
	return after.blocks - before.blocks;
}

static void mount_and_unmount(void)
{
	mount_tmpfs("/a");
	put("/a/file");
	CHECK_EQ(HOST_CALL(umount2, U("/a"), 0), 0);
}

/* The last one shows a directory only. */
static void unmount_part_last(void)
{
	mount_tmpfs("/a");
	CHECK_EQ(HOST_CALL(mkdir, U("/a/part"), 0755), 0);
	put("/a/file");
	put("/a/part/file");
	CHECK_EQ(HOST_CALL(mount, U("/a/part"), U("/b"), 0, MS_BIND, 0), 0);
	CHECK_EQ(HOST_CALL(umount2, U("/a"), 0), 0);
	CHECK_EQ(HOST_CALL(umount2, U("/b"), 0), 0);
}

/* A descriptor of a directory without a name is the last that is left. */
static void close_after_unmount(void)
{
	mount_tmpfs("/a");
	CHECK_EQ(HOST_CALL(mkdir, U("/a/part"), 0755), 0);
	put("/a/file");
	int64_t fd = HOST_CALL(open, U("/a/part"), O_RDONLY | O_DIRECTORY, 0);
	CHECK_EQ(HOST_CALL(rmdir, U("/a/part")), 0);
	CHECK_EQ(HOST_CALL(umount2, U("/a"), 0), -EBUSY);
	CHECK_EQ(HOST_CALL(umount2, U("/a"), MNT_DETACH), 0);
	CHECK_EQ(HOST_CALL(close, (uint64_t)fd), 0);
}

static void mount_on_file(void)
{
	CHECK_EQ(HOST_CALL(mount, U("none"), U("/file"), U("filled"), 0, 0), -ENOTDIR);
}

/* What hangs on a mount goes with it. */
static void detach_with_more_on_it(void)
{
	mount_tmpfs("/a");
	CHECK_EQ(HOST_CALL(mkdir, U("/a/in"), 0755), 0);
	mount_tmpfs("/a/in");
	CHECK_EQ(HOST_CALL(mkdir, U("/a/in/deep"), 0755), 0);
	mount_tmpfs("/a/in/deep");
	put("/a/in/deep/file");
	CHECK_EQ(HOST_CALL(umount2, U("/a"), 0), -EBUSY);
	CHECK_EQ(HOST_CALL(umount2, U("/a"), MNT_DETACH), 0);
}

static void start(void)
{
	static bool is_started;
	if (is_started)
		return;
	is_started = true;
	host_files_start();
	CHECK_EQ(HOST_CALL(mkdir, U("/a"), 0755), 0);
	CHECK_EQ(HOST_CALL(mkdir, U("/b"), 0755), 0);
	put("/file");
}

TEST(nothing_is_left_of_a_mount)
{
	start();
	CHECK_EQ(kept_by(mount_and_unmount), 0);
}

TEST(nothing_is_left_when_a_part_goes_last)
{
	start();
	CHECK_EQ(kept_by(unmount_part_last), 0);
}

TEST(nothing_is_left_when_a_descriptor_goes_last)
{
	start();
	CHECK_EQ(kept_by(close_after_unmount), 0);
}

TEST(nothing_is_left_when_mounting_fails)
{
	start();
	CHECK_EQ(kept_by(mount_on_file), 0);
}

TEST(what_hangs_on_a_mount_goes_with_it)
{
	start();
	CHECK_EQ(kept_by(detach_with_more_on_it), 0);
}

TEST_MAIN();
