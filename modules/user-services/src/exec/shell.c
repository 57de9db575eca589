/*
 * Commands in the container: the strings that start a shell, and what its end means. The container's service is
 * asked with a deadline, so that a monitor that hangs does not hang the host's connection.
 */
#include "exec/shell.h"

#include <base/format.h>
#include <base/string.h>
#include <libanon/time.h>
#include <user-services/container_ipc.h>

#define STRINGS_MAX 3400u
#define START_PATIENCE_MS 20000u
#define PATIENCE_MS 5000u
#define JOB_RUNNING 0u
#define JOB_SIGNALLED 2u
#define SIGNAL_BASE 128u
#define STATUS_LOST 126u

static bool put_string(char *strings, uint32_t *used, const char *text)
{
	uint32_t len = (uint32_t)strlen(text) + 1;

	if (len > STRINGS_MAX - *used)
		return false;
	memcpy(strings + *used, text, len);
	*used += len;
	return true;
}

static bool put_strings(char *strings, uint32_t *used, const char *command)
{
	return put_string(strings, used, "/bin/sh") && put_string(strings, used, "-c") &&
	       put_string(strings, used, command) && put_string(strings, used, "PATH=/bin") &&
	       put_string(strings, used, "HOME=/") && put_string(strings, used, "USER=root") &&
	       put_string(strings, used, "TERM=dumb");
}

status_t shell_start(handle_t container, const char *command, const struct shell_streams *streams,
                     handle_t event, uint64_t bits, uint32_t *out_job)
{
	char strings[STRINGS_MAX];
	uint32_t used = 0;

	if (!put_strings(strings, &used, command))
		return E_NAMETOOLONG;
	return container_start_until(container, deadline_in_ms(START_PATIENCE_MS), "/", strings,
	                             used, 3, 0, 0, bits, 0, streams->input, streams->output,
	                             streams->error, event, out_job);
}

bool shell_ended(handle_t container, uint32_t job, uint64_t *out_status)
{
	uint32_t state = JOB_RUNNING;
	uint32_t code = 0;
	status_t status = container_status_until(container, deadline_in_ms(PATIENCE_MS), job,
	                                         &state, &code);

	if (status == E_TIMEOUT)
		return false;
	if (status != OK) {
		*out_status = STATUS_LOST;
		return true;
	}
	*out_status = state == JOB_SIGNALLED ? SIGNAL_BASE + code : code;
	return state != JOB_RUNNING;
}
