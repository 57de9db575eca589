/*
 * Programs of the boot archive that somebody asked to run. Each lives in a domain of its own, nested in the
 * process manager's, and starts with exactly the handles that were given to it.
 *
 *   FREE --create--> MADE --run--> RUNNING --ends--> ENDED --(place needed)--> FREE
 *                      \--kill--------------------/
 */
#pragma once
#include <libanon/archive.h>
#include <libanon/syscall.h>

#define JOBS_MAX 48
#define JOB_NAME 32
#define JOB_ARGS 1024
#define JOB_GIFTS_MAX 12

enum job_state { JOB_FREE, JOB_MADE, JOB_RUNNING, JOB_ENDED };

struct job_gift {
	char name[24];
	handle_t handle;
};

struct job {
	enum job_state state;
	uint64_t id;
	char name[JOB_NAME], program[JOB_NAME];
	char args[JOB_ARGS]; /* zero-terminated, one after another */
	uint32_t args_used;
	struct domain_limits limits;
	uint32_t gift_count;
	struct job_gift gifts[JOB_GIFTS_MAX];
	handle_t domain, process;
	handle_t watcher; /* event to signal at the end, or NONE */
	uint64_t watcher_bits;
	struct process_info end; /* how it ended */
};

struct jobs {
	handle_t domain; /* to nest domains in */
	handle_t event;  /* bit i: look at job i */
	handle_t archive;
	struct archive files;
	uint64_t next_id;
	struct job of[JOBS_MAX];
};

/* Place for a new job, the oldest ended one if need be; E_LIMIT. */
status_t job_create(struct jobs *jobs, const char *program, const char *name, struct job **out);
struct job *job_find(struct jobs *jobs, uint64_t id);
status_t job_add_arg(struct job *job, const char *text, size_t len);
/* Takes the handle over. */
status_t job_give(struct job *job, const char *name, handle_t handle);
status_t job_run(struct jobs *jobs, struct job *job);
status_t job_kill(struct job *job);
/* Signal the event when the job ends, or now when it has; takes the event over. */
void job_watch(struct job *job, handle_t event, uint64_t bits);
/* The event had these bits: notice which jobs have ended. */
void jobs_event(struct jobs *jobs, uint64_t bits);
/* What a shell would see as the exit status: 128 + 9 when killed, 128 + 11 after a fault. */
uint64_t job_status(const struct job *job);
