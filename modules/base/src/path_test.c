/*
 * Paths as text: what goes, what stays, and that the root is the top.
 */
#include <base/path.h>
#include <base/test.h>
#include <string.h>

static const char *shortened(const char *path)
{
	static char text[64];

	strcpy(text, path);
	path_shorten(text);
	return text;
}

TEST(short_paths_stay)
{
	CHECK_STR_EQ(shortened("/"), "/");
	CHECK_STR_EQ(shortened("/a/b"), "/a/b");
	CHECK_STR_EQ(shortened("/..a/.b/..."), "/..a/.b/...");
}

TEST(dots_and_slashes_go)
{
	CHECK_STR_EQ(shortened("//a///b/"), "/a/b");
	CHECK_STR_EQ(shortened("/./a/./b/."), "/a/b");
	CHECK_STR_EQ(shortened("/a/b/../c"), "/a/c");
	CHECK_STR_EQ(shortened("/a/b/.."), "/a");
}

TEST(nothing_is_above_the_root)
{
	CHECK_STR_EQ(shortened("/.."), "/");
	CHECK_STR_EQ(shortened("/../../a"), "/a");
	CHECK_STR_EQ(shortened("/a/../.."), "/");
}

TEST_MAIN();
