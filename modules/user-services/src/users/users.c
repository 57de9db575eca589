/*
 * The list of users. Names end up in paths, so what may stand in one is narrow. The list is small and
 * searched from the front; a name is stored once and never changed. A number is never given twice: files
 * keep it as their owner.
 */
#include "users/users.h"

#include <base/string.h>

void users_init(struct users *u)
{
	*u = (struct users){.highest_id = USER_FIRST_ID - 1};
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

bool user_shell_is_valid(const char *shell)
{
	uint32_t len = 0;

	while (shell[len] > ' ' && shell[len] < 0x7f && shell[len] != ':')
		len++;
	return shell[0] == '/' && !shell[len] && len >= 2 && len <= USER_SHELL_MAX;
}

int users_find(const struct users *u, const char *name)
{
	for (uint32_t i = 0; i < u->count; i++) {
		if (strcmp(u->of[i].name, name) == 0)
			return (int)i;
	}
	return -1;
}

static bool has_id(const struct users *u, uint64_t id)
{
	for (uint32_t i = 0; i < u->count; i++) {
		if (u->of[i].id == id)
			return true;
	}
	return false;
}

void users_note_id(struct users *u, uint64_t id)
{
	if (id > u->highest_id && id <= USER_LAST_ID)
		u->highest_id = (uint32_t)id;
}

int users_add_known(struct users *u, const char *name, uint64_t id)
{
	bool is_free = id >= USER_FIRST_ID && id <= USER_LAST_ID && !has_id(u, id);

	if (u->count == USERS_MAX)
		return -1;
	string_copy(u->of[u->count].name, name, sizeof(u->of[0].name));
	u->of[u->count].id = is_free ? (uint32_t)id : 0;
	users_note_id(u, id);
	return (int)u->count++;
}

void users_give_id(struct users *u, int at)
{
	u->of[at].id = ++u->highest_id;
}

int users_add(struct users *u, const char *name)
{
	int at = u->highest_id < USER_LAST_ID ? users_add_known(u, name, 0) : -1;

	if (at >= 0)
		users_give_id(u, at);
	return at;
}

void users_drop_last(struct users *u)
{
	u->count--;
}
