/*
 * Jobs: creating, starting and ending native programs for clients. A job that has ended gives back
 * everything at once and keeps only its record, until its place is needed.
 */
#include "scheduler/jobs.h"

#include <base/bits.h>
#include <base/string.h>
#include <libanon/log.h>
#include <libanon/spawn.h>
#include <libanon/start.h>
#include <libanon/time.h>

#define JOB_PRIORITY 8
#define RIGHTS_GIFT \
	(RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE | RIGHT_MAP | RIGHT_DERIVE | RIGHT_TRANSFER | \
	 RIGHT_CALL | RIGHT_WAIT)
#define STATUS_KILLED 137u
#define STATUS_FAULTED 139u

static void close(handle_t *handle)
{
	if (!handle_is_none(*handle))
		(void)sys_handle_close(*handle);
	*handle = HANDLE_NONE;
}

/* Everything but the record. */
static void give_back(struct job *job)
{
	if (!handle_is_none(job->domain) && sys_domain_kill(job->domain) != OK)
		log_warn("%s: its domain cannot be killed", job->name);
	close(&job->process);
	close(&job->domain);
	for (uint32_t i = 0; i < job->gift_count; i++)
		close(&job->gifts[i].handle);
	job->gift_count = 0;
}

static void tell_watcher(struct job *job)
{
	if (!handle_is_none(job->watcher))
		(void)sys_event_signal(job->watcher, job->watcher_bits);
	close(&job->watcher);
}

static void end(struct job *job)
{
	give_back(job);
	job->state = JOB_ENDED;
	tell_watcher(job);
}

static struct job *find_place(struct jobs *jobs)
{
	struct job *oldest = NULL;

	for (uint32_t i = 0; i < JOBS_MAX; i++) {
		struct job *job = &jobs->of[i];

		if (job->state == JOB_FREE)
			return job;
		if (job->state == JOB_ENDED && (!oldest || job->id < oldest->id))
			oldest = job;
	}
	return oldest;
}

status_t job_create(struct jobs *jobs, const char *program, const char *name, struct job **out)
{
	struct job *job = find_place(jobs);

	if (!job)
		return E_LIMIT;
	*job = (struct job){.state = JOB_MADE, .id = ++jobs->next_id};
	string_copy(job->program, program, sizeof(job->program));
	string_copy(job->name, name, sizeof(job->name));
	*out = job;
	return OK;
}

struct job *job_find(struct jobs *jobs, uint64_t id)
{
	for (uint32_t i = 0; i < JOBS_MAX; i++) {
		if (jobs->of[i].state != JOB_FREE && jobs->of[i].id == id)
			return &jobs->of[i];
	}
	return NULL;
}

status_t job_add_arg(struct job *job, const char *text, size_t len)
{
	if (len + 1 > sizeof(job->args) - job->args_used)
		return E_LIMIT;
	memcpy(job->args + job->args_used, text, len);
	job->args[job->args_used + len] = 0;
	job->args_used += (uint32_t)len + 1;
	return OK;
}

static bool has_gift(const struct job *job, const char *name)
{
	for (uint32_t i = 0; i < job->gift_count; i++) {
		if (strcmp(job->gifts[i].name, name) == 0)
			return true;
	}
	return false;
}

status_t job_give(struct job *job, const char *name, handle_t handle)
{
	struct job_gift *gift = &job->gifts[job->gift_count];

	if (job->state != JOB_MADE)
		return E_BUSY;
	if (job->gift_count == JOB_GIFTS_MAX)
		return E_LIMIT;
	if (has_gift(job, name))
		return E_EXIST;
	if (!string_copy(gift->name, name, sizeof(gift->name)))
		return E_NAMETOOLONG;
	gift->handle = handle;
	job->gift_count++;
	return OK;
}

static status_t find_program(struct jobs *jobs, const char *program, struct spawn_image *out)
{
	char path[JOB_NAME + 8] = "native/";
	struct archive_entry entry;
	status_t status;

	string_copy(path + strlen(path), program, sizeof(path) - strlen(path));
	status = archive_find(&jobs->files, path, &entry);
	if (status == OK)
		*out = (struct spawn_image){jobs->archive, entry.offset, entry.bytes};
	return status;
}

static void give_all(struct spawn *spawn, const struct job *job)
{
	for (uint32_t i = 0; i < job->gift_count; i++) {
		struct handle_info info = {0};

		/* Never more than the client's handle allows. */
		(void)sys_handle_info(job->gifts[i].handle, &info);
		spawn_give(spawn, job->gifts[i].name, job->gifts[i].handle,
		           info.rights & RIGHTS_GIFT, 0);
	}
}

static status_t launch(struct jobs *jobs, struct job *job, struct spawn_image image)
{
	struct spawn spawn;
	status_t status = sys_domain_create(jobs->domain, &job->limits, &job->domain);

	if (status != OK)
		return status;
	spawn_begin(&spawn, job->domain, job->name, image, clock_ns() ^ job->id << 24);
	for (uint32_t at = 0; at < job->args_used; at += (uint32_t)strlen(job->args + at) + 1)
		spawn_arg(&spawn, job->args + at);
	give_all(&spawn, job);
	if (!has_gift(job, START_LOG))
		spawn_give(&spawn, START_LOG, start_handle(START_LOG), RIGHT_CALL, 0);
	status = spawn_start(&spawn, JOB_PRIORITY, 0, &job->process);
	if (status != OK)
		return status;
	return sys_process_watch(job->process, jobs->event, BIT(job - jobs->of));
}

status_t job_run(struct jobs *jobs, struct job *job)
{
	struct spawn_image image;
	status_t status;

	if (job->state != JOB_MADE)
		return E_BUSY;
	status = find_program(jobs, job->program, &image);
	if (status != OK)
		return status;
	status = launch(jobs, job, image);
	if (status != OK) {
		give_back(job);
		job->state = JOB_FREE;
		return status;
	}
	job->state = JOB_RUNNING;
	return OK;
}

status_t job_kill(struct job *job)
{
	if (job->state == JOB_RUNNING)
		return sys_process_kill(job->process, PROCESS_STATUS_KILLED);
	if (job->state != JOB_MADE)
		return E_NOENT;
	job->end = (struct process_info){.state = PROCESS_EXITED, .status = PROCESS_STATUS_KILLED};
	end(job);
	return OK;
}

void job_watch(struct job *job, handle_t event, uint64_t bits)
{
	close(&job->watcher);
	job->watcher = event;
	job->watcher_bits = bits;
	if (job->state == JOB_ENDED)
		tell_watcher(job);
}

static void look_at(struct job *job)
{
	if (job->state != JOB_RUNNING || sys_process_info(job->process, &job->end) != OK)
		return;
	if (job->end.state == PROCESS_RUNNING)
		return;
	if (job->end.state == PROCESS_FAULTED)
		log_warn("%s faulted: exception %lu at ip %#lx, address %#lx", job->name,
		         job->end.status, job->end.fault_ip, job->end.fault_address);
	end(job);
}

void jobs_event(struct jobs *jobs, uint64_t bits)
{
	for (uint32_t i = 0; i < JOBS_MAX; i++) {
		if (bits & BIT(i))
			look_at(&jobs->of[i]);
	}
}

uint64_t job_status(const struct job *job)
{
	if (job->end.state == PROCESS_FAULTED)
		return STATUS_FAULTED;
	return job->end.status == PROCESS_STATUS_KILLED ? STATUS_KILLED : job->end.status & 0xff;
}
