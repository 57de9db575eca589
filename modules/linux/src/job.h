/*
 * Jobs: programs started in the container from outside (job.c), by its manifest or by container.ipc.
 */
#pragma once
#include <stdint.h>
#include <libanon/syscall.h>

struct job;

struct job_request {
	const char *cwd;
	const char *strings; /* argc arguments, then the environment, each with its NUL */
	uint32_t strings_bytes;
	uint32_t argc;
	uint32_t uid, gid;
	uint32_t flags;
	handle_t streams[3]; /* input, output, error; none: the console. Taken over on success */
	handle_t ended;      /* event to signal at the end, or none. Likewise */
	uint64_t bits;
};
#define JOB_ENDS_GROUP 1u
#define JOB_IS_LOGIN 2u

enum job_state { JOB_RUNNING, JOB_EXITED, JOB_KILLED, JOB_NOT_STARTED };

status_t job_start(const struct job_request *request, uint32_t *out_number);
/* An ended job is forgotten once told. */
status_t job_status(uint32_t number, enum job_state *out_state, uint32_t *out_code);
status_t job_signal(uint32_t number, int signal);
/* The job's process has ended with this wait4 status (exit.c). */
void job_ended(struct job *job, int32_t status);
