/* The list of users and which of them is at the console. Pure; kept in memory until there is a store. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define USERS_MAX 64
#define USER_NAME_MAX 31
#define USER_FIRST_ID 1000u

struct user {
	char name[USER_NAME_MAX + 1];
	uint32_t id;
};

struct users {
	uint32_t count, current, next_id;
	struct user of[USERS_MAX];
};

/* alice and bob, as on a fresh disk; alice is current. */
void users_init(struct users *u);
/* Lower-case letters, digits, '-' and '_', beginning with a letter. */
bool user_name_is_valid(const char *name);
/* Index, or -1. */
int users_find(const struct users *u, const char *name);
/* The index of the new user, or -1 when the list is full. */
int users_add(struct users *u, const char *name);
