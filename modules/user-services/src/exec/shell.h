/*
 * Running a command line in a Linux container (container.ipc) for the exec agent.
 */
#pragma once
#include <stdbool.h>
#include <libanon/syscall.h>

struct shell_streams {
	handle_t input, output, error;
};

/* Runs `/bin/sh -c COMMAND` as root in /; bits are signalled on event when it has ended. */
status_t shell_start(handle_t container, const char *command, const struct shell_streams *streams,
                     handle_t event, uint64_t bits, uint32_t *out_job);
/* False while it runs. The status as a shell tells it: the exit code, or 128 and the signal. A container that died
 * took the job with it: 126. */
bool shell_ended(handle_t container, uint32_t job, uint64_t *out_status);
