/* A user's shell on the console of the Linux container. */
#pragma once
#include <stdbool.h>
#include <libanon/syscall.h>

#define LOGIN_SHELL_USUAL "/bin/sh-anon" /* for whom the user manager knows none */
#define LOGIN_SHELL_SAFE "/bin/sh"       /* when a user's own does not work */

struct login_user {
	char name[32];
	uint32_t id;
	char shell[64];
};

enum login_state {
	LOGIN_RUNS,
	LOGIN_ENDED,
	LOGIN_FAILED,  /* by itself, with a status that is not 0 */
	LOGIN_CRASHED, /* by a signal that only a fault brings */
	LOGIN_ABSENT,  /* the shell could not be started */
};

/* Starts the shell; bits are signalled on event when it has ended. */
status_t login_start(handle_t container, const struct login_user *user, handle_t event,
                     uint64_t bits, uint32_t *out_job);
/* A container that died took the shell with it. code: the status or the signal's number. */
enum login_state login_look(handle_t container, uint32_t job, uint32_t *out_code);
