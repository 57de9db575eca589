/* Users in files: /cfg/users/NAME.json and /users/NAME. */
#pragma once
#include "users/users.h"

#include <libanon/syscall.h>

/*
 * Fills the list from the files. Current is who is to be logged in at the start, else alice, else who comes first.
 * Without a file server, or without any user there, they are alice and bob.
 */
void storage_load(struct users *u);
/* The shell that a user logs in with: what the file says now, else the system's. */
void storage_shell(const char *name, char shell[USER_SHELL_MAX + 1]);
/* Makes the user's directories, then the file that says the user exists. Without a file server nothing. */
status_t storage_create(const struct user *user);
