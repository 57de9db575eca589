/*
 * container.ipc: what other services ask of this container. Runs on the monitor's first thread and never
 * waits: starting and ending of programs is told by events.
 */
#include "container.h"
#include <base/string.h>
#include <libanon/log.h>
#include <libanon/server.h>
#include <libanon/start.h>
#include <user-services/container_ipc.h>
#include "signal.h"
#include "stop.h"
#include "task.h"
#include "wall_clock.h"

#define NAME_BYTES 64

static struct server container;
static char name[NAME_BYTES] = "root"; /* [I] after start */

const char *container_name(void)
{
	return name;
}

void container_set_name(const char *new_name)
{
	string_copy(name, new_name, sizeof(name));
}

static status_t op_start(void *context, uint64_t badge, struct ipc_text cwd,
                         struct ipc_bytes strings, uint32_t argc, uint32_t uid, uint32_t gid,
                         uint64_t bits, uint32_t flags, handle_t input, handle_t output,
                         handle_t error, handle_t ended, uint32_t *job)
{
	struct job_request request = {
		.cwd = cwd.at,
		.strings = strings.at,
		.strings_bytes = strings.len,
		.argc = argc,
		.uid = uid,
		.gid = gid,
		.flags = flags,
		.streams = {input, output, error},
		.ended = ended,
		.bits = bits,
	};

	(void)context, (void)badge;
	return job_start(&request, job);
}

static status_t op_status(void *context, uint64_t badge, uint32_t job, uint32_t *state,
                          uint32_t *code)
{
	enum job_state found = JOB_RUNNING;
	status_t status = job_status(job, &found, code);

	(void)context, (void)badge;
	*state = (uint32_t)found;
	return status;
}

static status_t op_signal(void *context, uint64_t badge, uint32_t job, uint32_t number)
{
	(void)context, (void)badge;
	return number > SIGNAL_COUNT ? E_INVAL : job_signal(job, (int)number);
}

static status_t op_info(void *context, uint64_t badge, uint32_t *processes, uint32_t *threads,
                        struct ipc_out *out_name)
{
	(void)context, (void)badge;
	*processes = process_count();
	*threads = task_count_all();
	out_name->len = (uint32_t)strnlen(name, out_name->max);
	memcpy(out_name->at, name, out_name->len);
	return OK;
}

static status_t op_stop(void *context, uint64_t badge, uint32_t grace_ms, handle_t done,
                        uint64_t bits)
{
	(void)context, (void)badge;
	return stop_all(grace_ms, done, bits);
}

static const struct container_ops ops = {
	.start = op_start,
	.status = op_status,
	.signal = op_signal,
	.info = op_info,
	.stop = op_stop,
};

static status_t dispatch(struct server *server, struct ipc_message *m, void *page)
{
	return container_dispatch(&ops, server, m, page);
}

status_t container_begin(void)
{
	status_t status = server_init(&container, start_handle("serve"), 0);

	container.dispatch = dispatch;
	if (status == OK)
		wall_clock_start(&container);
	return status;
}

status_t container_serve(void)
{
	return server_run(&container);
}
