/*
 * Tests of users/users.c: which names are refused, the list's bound. The list is filled to its bound,
 * where it must refuse and not overwrite.
 */
#include "users/users.h"

#include <base/test.h>

TEST(names)
{
	CHECK(user_name_is_valid("carol"));
	CHECK(user_name_is_valid("a-b_9"));
	CHECK(!user_name_is_valid(""));
	CHECK(!user_name_is_valid("9a"));
	CHECK(!user_name_is_valid("../x"));
	CHECK(!user_name_is_valid("Root"));
	CHECK(!user_name_is_valid("a b"));
	CHECK(!user_name_is_valid("abcdefghijabcdefghijabcdefghijab"));
}

TEST(shells)
{
	char longest[USER_SHELL_MAX + 2];

	for (uint32_t i = 0; i <= USER_SHELL_MAX; i++)
		longest[i] = '/';
	longest[USER_SHELL_MAX + 1] = 0;
	CHECK(user_shell_is_valid("/bin/sh"));
	CHECK(user_shell_is_valid(longest + 1));
	CHECK(!user_shell_is_valid(longest));
	CHECK(!user_shell_is_valid(""));
	CHECK(!user_shell_is_valid("/"));
	CHECK(!user_shell_is_valid("bin/sh"));
	CHECK(!user_shell_is_valid("/bin/sh -x"));
	CHECK(!user_shell_is_valid("/bin/sh\nroot:x:0:0"));
	CHECK(!user_shell_is_valid("/bin/a:b"));
	CHECK(!user_shell_is_valid("/bin/\xc3\xa4"));
}

TEST(list)
{
	struct users u;
	char name[] = "user-00";

	users_init(&u);
	CHECK_EQ(users_add(&u, "alice"), 0);
	CHECK_EQ(users_add(&u, "bob"), 1);
	CHECK_EQ(users_find(&u, "bob"), 1);
	CHECK_EQ(u.of[1].id, USER_FIRST_ID + 1);
	CHECK_EQ(users_find(&u, "carol"), -1);
	for (int i = 0; i < USERS_MAX - 2; i++) {
		name[5] = (char)('0' + i / 10);
		name[6] = (char)('0' + i % 10);
		CHECK_EQ(users_add(&u, name), i + 2);
	}
	CHECK_EQ(users_add(&u, "one-more"), -1);
	CHECK_EQ(users_add_known(&u, "one-more", 1000), -1);
}

TEST(numbers)
{
	struct users u;

	users_init(&u);
	CHECK_EQ(users_add_known(&u, "alice", 1007), 0);
	CHECK_EQ(users_add_known(&u, "twin", 1007), 1);
	CHECK_EQ(users_add_known(&u, "root-like", 0), 2);
	CHECK_EQ(users_add_known(&u, "far", 1ull << 40), 3);
	CHECK_EQ(u.of[0].id, 1007);
	CHECK_EQ(u.of[1].id, 0);
	CHECK_EQ(u.of[2].id, 0);
	CHECK_EQ(u.of[3].id, 0);
	users_give_id(&u, 1);
	CHECK_EQ(u.of[1].id, 1008);
	CHECK_EQ(users_add(&u, "next"), 4);
	CHECK_EQ(u.of[4].id, 1009);
	users_drop_last(&u);
	CHECK_EQ(users_find(&u, "next"), -1);
	users_note_id(&u, 2000);
	users_note_id(&u, 5);
	users_note_id(&u, 1ull << 40);
	CHECK_EQ(users_add(&u, "later"), 4);
	CHECK_EQ(u.of[4].id, 2001);
}

TEST_MAIN();
