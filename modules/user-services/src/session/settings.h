/* What /cfg/system.json says about logging in. */
#pragma once
#include <libanon/syscall.h>

#define SETTINGS_NAME_MAX 31

/* The user to log in by itself, and an error when the file cannot be read or does not say. */
status_t settings_autologin(handle_t files, char name[SETTINGS_NAME_MAX + 1]);
