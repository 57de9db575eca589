/* What /cfg/system.json says about users. */
#pragma once
#include "users/users.h"

#include <distributed-fs/files_client.h>

/* Who is to be logged in at the console; an error when the file cannot be read or does not say. */
status_t settings_autologin(const struct files_session *session, char name[USER_NAME_MAX + 1]);
