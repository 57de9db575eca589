/* A user's shell on the console of the Linux container. */
#pragma once
#include <stdbool.h>
#include <libanon/syscall.h>

struct login_user {
	char name[32];
	uint32_t id;
};

/* Starts the shell; bits are signalled on event when it has ended. */
status_t login_start(handle_t container, const struct login_user *user, handle_t event,
                     uint64_t bits, uint32_t *out_job);
/* False while it runs. A container that died took the shell with it. */
bool login_has_ended(handle_t container, uint32_t job);
