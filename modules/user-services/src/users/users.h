/* The list of users and which of them is at the console. Pure. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define USERS_MAX 64
#define USER_NAME_MAX 31
#define USER_SHELL_MAX 63
#define USER_FIRST_ID 1000u
#define USER_LAST_ID 59999u

struct user {
	char name[USER_NAME_MAX + 1];
	uint32_t id; /* 0: not given yet */
};

struct users {
	uint32_t count, current;
	uint32_t highest_id; /* ever seen */
	struct user of[USERS_MAX];
};

void users_init(struct users *u);
/* Lower-case letters, digits, '-' and '_', beginning with a letter. */
bool user_name_is_valid(const char *name);
/* A path from the root, of characters that can be seen. */
bool user_shell_is_valid(const char *shell);
/* Index, or -1. */
int users_find(const struct users *u, const char *name);
/* The index of the new user with a number that nobody has, or -1 when the list is full. */
int users_add(struct users *u, const char *name);
/* A user that has a number already; one that is taken or out of range becomes 0. */
int users_add_known(struct users *u, const char *name, uint64_t id);
/* Somebody had this number, who may be gone. */
void users_note_id(struct users *u, uint64_t id);
/* A number for user `at`, above all that were ever seen. */
void users_give_id(struct users *u, int at);
/* Only the last one can be taken back. */
void users_drop_last(struct users *u);
