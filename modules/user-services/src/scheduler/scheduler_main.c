/*
 * The process manager: runs native programs for clients (/sys/scheduler) and lists all native processes
 * (/proc), the services included, for which it asks init. A client creates a job, gives it handles by name
 * and lets it run. Nothing blocks: whoever wants to know of the end passes an event along.
 */
#include "common/client.h"
#include "common/service.h"
#include "common/text.h"
#include "scheduler/jobs.h"

#include <base/bits.h>
#include <base/string.h>
#include <libanon/log.h>
#include <libanon/memory.h>
#include <libanon/start.h>
#include <libanon/time.h>

#define DEFAULT_PAGES 4096
#define DEFAULT_HANDLES 256
#define DEFAULT_THREADS 16
#define RESULT_ROOM 3400

static struct service self;
static struct jobs jobs;

static status_t get_job(const struct object_call *call, struct job **out)
{
	uint64_t id;
	status_t status = object_arg_uint(call, "id", &id);

	if (status != OK)
		return status;
	*out = job_find(&jobs, id);
	return *out ? OK : E_NOENT;
}

static status_t add_words(struct job *job, const char *text, size_t len)
{
	struct text rest = {text, len};
	char word[256];

	while (text_argument(&rest, word, sizeof(word))) {
		status_t status = job_add_arg(job, word, strlen(word));

		if (status != OK)
			return status;
	}
	return rest.len ? E_NAMETOOLONG : OK;
}

/* args: a list of texts, or one text that is cut into words. */
static status_t add_args(const struct object_call *call, struct job *job)
{
	struct cbor_reader value;
	const char *text;
	uint64_t count;
	size_t len;
	status_t status = OK;

	if (cbor_find(call->args, call->args_len, "args", &value) != OK)
		return OK;
	if (cbor_get_text(&value, &text, &len) == OK)
		return add_words(job, text, len);
	if (cbor_get_array(&value, &count) != OK)
		return E_INVAL;
	while (count-- && status == OK) {
		if (cbor_get_text(&value, &text, &len) != OK)
			return E_INVAL;
		status = job_add_arg(job, text, len);
	}
	return status;
}

static status_t get_limits(const struct object_call *call, struct domain_limits *limits)
{
	uint64_t handles = DEFAULT_HANDLES, threads = DEFAULT_THREADS;

	*limits = (struct domain_limits){.pages = DEFAULT_PAGES, .share = 256};
	if (object_arg_uint(call, "pages", &limits->pages) != OK ||
	    object_arg_uint(call, "handles", &handles) != OK ||
	    object_arg_uint(call, "threads", &threads) != OK)
		return E_INVAL;
	if (limits->pages == 0 || handles == 0 || threads == 0 || handles > 1 << 20 ||
	    threads > 1 << 16)
		return E_INVAL;
	limits->handles = (uint32_t)handles;
	limits->threads = (uint32_t)threads;
	return OK;
}

static status_t method_create(struct object_call *call)
{
	struct cbor_mark map;
	char program[JOB_NAME] = "", name[JOB_NAME];
	struct domain_limits limits;
	struct job *job;
	status_t status = object_arg_text(call, "program", program, sizeof(program));

	string_copy(name, program, sizeof(name));
	if (status == OK)
		status = object_arg_text(call, "name", name, sizeof(name));
	if (status == OK)
		status = get_limits(call, &limits);
	if (status == OK)
		status = job_create(&jobs, program, name, &job);
	if (status != OK)
		return status;
	job->limits = limits;
	status = add_args(call, job);
	if (status != OK) {
		job->state = JOB_FREE;
		return status;
	}
	map = cbor_open_map(&call->result);
	service_put_uint(&call->result, "id", job->id);
	cbor_close(&call->result, map);
	return OK;
}

static status_t method_give(struct object_call *call)
{
	struct job *job;
	char name[24];
	status_t status = get_job(call, &job);

	if (status == OK)
		status = object_arg_text(call, "name", name, sizeof(name));
	if (status == OK && handle_is_none(call->argument))
		status = E_INVAL;
	return status == OK ? job_give(job, name, call->argument) : status;
}

static status_t method_run(struct object_call *call)
{
	struct job *job;
	status_t status = get_job(call, &job);

	return status == OK ? job_run(&jobs, job) : status;
}

/* Ends a job by its number or a service by its name. */
static status_t method_kill(struct object_call *call)
{
	char name[24] = "";
	struct client_call ask;
	struct job *job;

	if (object_arg_text(call, "name", name, sizeof(name)) != OK)
		return E_INVAL;
	if (name[0]) {
		client_begin(&ask);
		client_put_text(&ask, "name", name);
		return client_call(&ask, start_handle("init"), "kill",
		                   deadline_in_ms(INIT_PATIENCE_MS));
	}
	if (get_job(call, &job) != OK)
		return E_NOENT;
	return job_kill(job);
}

static const char *state_name(const struct job *job)
{
	static const char *const names[] = {"free", "made", "running", "ended"};

	return names[job->state];
}

/* Does not block: with an event the caller is told of the end. */
static status_t method_wait(struct object_call *call)
{
	struct cbor_mark map;
	struct job *job;
	uint64_t bits = 1;
	status_t status = get_job(call, &job);

	if (status == OK)
		status = object_arg_uint(call, "bits", &bits);
	if (status != OK)
		return status;
	if (!handle_is_none(call->argument))
		job_watch(job, call->argument, bits);
	map = cbor_open_map(&call->result);
	service_put_text(&call->result, "state", state_name(job));
	service_put_uint(&call->result, "status", job->state == JOB_ENDED ? job_status(job) : 0);
	cbor_close(&call->result, map);
	return OK;
}

static void put_job(struct object_call *call, const struct job *job)
{
	struct cbor_mark map = cbor_open_map(&call->result);

	service_put_uint(&call->result, "id", job->id);
	service_put_text(&call->result, "name", job->name);
	service_put_text(&call->result, "program", job->program);
	service_put_text(&call->result, "state", state_name(job));
	service_put_uint(&call->result, "status", job->state == JOB_ENDED ? job_status(job) : 0);
	cbor_close(&call->result, map);
}

static void put_jobs(struct object_call *call)
{
	struct cbor_mark array;

	cbor_put_text(&call->result, "jobs");
	array = cbor_open_array(&call->result);
	for (uint32_t i = 0; i < JOBS_MAX && call->result.len < RESULT_ROOM; i++) {
		if (jobs.of[i].state != JOB_FREE)
			put_job(call, &jobs.of[i]);
	}
	cbor_close(&call->result, array);
}

static status_t method_list(struct object_call *call)
{
	struct cbor_mark map;

	map = cbor_open_map(&call->result);
	put_jobs(call);
	cbor_close(&call->result, map);
	return OK;
}

static void on_event(struct server *server, uint64_t bits)
{
	(void)server;
	jobs_event(&jobs, bits);
}

static status_t method_cpus(struct object_call *call)
{
	struct cbor_mark map;
	struct system_info info;
	status_t status = sys_system_info(&info);

	if (status != OK)
		return status;
	map = cbor_open_map(&call->result);
	service_put_uint(&call->result, "count", info.cpus);
	service_put_uint(&call->result, "idleNs", info.idle_ns);
	service_put_uint(&call->result, "lockSpins", info.lock_spins);
	service_put_uint(&call->result, "rootWrites", info.root_writes);
	service_put_uint(&call->result, "switches", info.context_switches);
	service_put_uint(&call->result, "systemCalls", info.system_calls);
	cbor_close(&call->result, map);
	return OK;
}

static const struct object_method methods[] = {
	{"create", "Prepare a program of the boot archive to run in a domain of its own.",
         "program: text, args?: any, name?: text, pages?: uint, handles?: uint, threads?: uint",
         "{id: uint}", OBJECT_MAY_CHANGE, method_create},
	{"give", "Give it the capability that comes with the call, under a name.",
         "id: uint, name: text", NULL, OBJECT_MAY_CHANGE, method_give},
	{"run", "Let it run.", "id: uint", NULL, OBJECT_MAY_CHANGE, method_run},
	{"wait",
         "Its state and exit status; signals `bits` of the event that comes with the call at its end.",
         "id: uint, bits?: uint", "{state: text, status: uint}", OBJECT_MAY_READ, method_wait},
	{"kill", "End a job, or a service by its name.", "id?: uint, name?: text", NULL,
         OBJECT_MAY_MANAGE, method_kill},
	{"list", "All jobs.", NULL, "{jobs: [map]}", OBJECT_MAY_READ, method_list},
	{"cpus", "How many there are, and what they did so far, all together.", NULL,
         "{count: uint, idleNs: uint, lockSpins: uint, rootWrites: uint, switches: uint, "
         "systemCalls: uint}",
         OBJECT_MAY_READ, method_cpus},
	{"services", "All services, as init lists them.", "from?: uint",
         "{next: uint, services: [map]}", OBJECT_MAY_READ, client_pass_on_services},
};
static const struct object_type type = {.name = "scheduler",
                                        .doc = "Runs native programs and lists what runs.",
                                        .methods = methods,
                                        .method_count = ARRAY_SIZE(methods)};

static status_t map_archive(void)
{
	struct memory_info info;
	void *at = NULL;
	status_t status;

	jobs.archive = start_handle("archive");
	status = sys_memory_info(jobs.archive, &info);
	if (status == OK)
		status = memory_map(jobs.archive, 0, info.bytes, MAP_READ, &at);
	if (status == OK)
		archive_init(&jobs.files, at, info.bytes);
	return status;
}

int main(int argc, char **argv)
{
	status_t status = service_begin(&self, HANDLE_NONE, on_event, NULL);

	(void)argc, (void)argv;
	if (status == OK)
		status = map_archive();
	if (status != OK) {
		log_error("cannot begin: %s", status_name(status));
		return 1;
	}
	jobs.domain = start_handle("domain");
	jobs.event = self.event;
	return service_run(&self, &type);
}
