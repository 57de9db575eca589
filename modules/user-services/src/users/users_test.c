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

TEST(list)
{
	struct users u;
	char name[] = "user-00";

	users_init(&u);
	CHECK_EQ(users_find(&u, "bob"), 1);
	CHECK_EQ(u.of[1].id, USER_FIRST_ID + 1);
	CHECK_EQ(users_find(&u, "carol"), -1);
	for (int i = 0; i < USERS_MAX - 2; i++) {
		name[5] = (char)('0' + i / 10);
		name[6] = (char)('0' + i % 10);
		CHECK_EQ(users_add(&u, name), i + 2);
	}
	CHECK_EQ(users_add(&u, "one-more"), -1);
}

TEST_MAIN();
