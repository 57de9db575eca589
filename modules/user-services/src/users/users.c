/*
 * The list of users. Names end up in paths, so what may stand in one is narrow. The list is small and
 * searched from the front; a name is stored once and never changed.
 */
#include "users/users.h"

#include <base/string.h>

void users_init(struct users *u)
{
	*u = (struct users){.next_id = USER_FIRST_ID};
	users_add(u, "alice");
	users_add(u, "bob");
}

bool user_name_is_valid(const char *name)
{
	uint32_t len = 0;

	for (; name[len]; len++) {
		char c = name[len];
		bool is_letter = c >= 'a' && c <= 'z';
		bool is_other = (c >= '0' && c <= '9') || c == '-' || c == '_';

		if (!is_letter && !(is_other && len > 0))
			return false;
	}
	return len >= 1 && len <= USER_NAME_MAX;
}

int users_find(const struct users *u, const char *name)
{
	for (uint32_t i = 0; i < u->count; i++) {
		if (strcmp(u->of[i].name, name) == 0)
			return (int)i;
	}
	return -1;
}

int users_add(struct users *u, const char *name)
{
	if (u->count == USERS_MAX)
		return -1;
	string_copy(u->of[u->count].name, name, sizeof(u->of[0].name));
	u->of[u->count].id = u->next_id++;
	return (int)u->count++;
}
