/*
 * Starting a login shell by container.ipc: no streams are given, so it gets the console, and leads a session whose
 * terminal that is. What the environment does not say here is in /etc/profile (the prompt above all).
 */
#include "session/login.h"

#include <base/bits.h>
#include <base/format.h>
#include <libanon/time.h>
#include <user-services/container_ipc.h>

#define STRINGS_MAX 512u
#define HOME_MAX 64u
#define JOB_IS_LOGIN 2u
#define CRASH_SIGNALS \
	(BIT(4) | BIT(5) | BIT(6) | BIT(7) | BIT(8) | BIT(11) | \
	 BIT(31)) /* ILL TRAP ABRT BUS FPE SEGV SYS */
#define START_PATIENCE_MS 20000u
#define PATIENCE_MS 5000u

/* Appends a string with its NUL; what does not fit is not there, and the start is refused. */
static void put(char *strings, size_t *used, const char *key, const char *value)
{
	if (*used < STRINGS_MAX)
		*used += 1 +
		         format_string(strings + *used, STRINGS_MAX - *used, "%s%s", key, value);
}

status_t login_start(handle_t container, const struct login_user *user, handle_t event,
                     uint64_t bits, uint32_t *out_job)
{
	char strings[STRINGS_MAX], home[HOME_MAX];
	size_t used = 0;

	format_string(home, sizeof(home), "/users/%s", user->name);
	put(strings, &used, user->shell, "");
	put(strings, &used, "HOME=", home);
	put(strings, &used, "USER=", user->name);
	put(strings, &used, "LOGNAME=", user->name);
	put(strings, &used, "SHELL=", user->shell);
	put(strings, &used, "TERM=", "linux");
	put(strings, &used, "PATH=", "/bin");
	if (used > STRINGS_MAX)
		return E_NAMETOOLONG;
	return container_start_until(container, deadline_in_ms(START_PATIENCE_MS), home, strings,
	                             (uint32_t)used, 1, user->id, user->id, bits, JOB_IS_LOGIN,
	                             HANDLE_NONE, HANDLE_NONE, HANDLE_NONE, event, out_job);
}

enum login_state login_look(handle_t container, uint32_t job, uint32_t *out_code)
{
	uint32_t state = 0;

	*out_code = 0;
	status_t status = container_status_until(container, deadline_in_ms(PATIENCE_MS), job,
	                                         &state, out_code);

	if (status != OK)
		return status == E_TIMEOUT ? LOGIN_RUNS : LOGIN_ENDED;
	switch (state) { /* as container.ipc counts them */
	case 0: return LOGIN_RUNS;
	case 1: return *out_code ? LOGIN_FAILED : LOGIN_ENDED;
	case 2: return CRASH_SIGNALS >> *out_code & 1 ? LOGIN_CRASHED : LOGIN_ENDED;
	default: return LOGIN_ABSENT;
	}
}
