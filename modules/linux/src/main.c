/*
 * The Linux monitor's start: `linux [--name NAME] [--uid N] [--shared-root yes|no] [PROGRAM ARGUMENT...]`. With a
 * program, it runs as pid 1 on the console, as in a container image; without one, pid 1 is the monitor itself, which
 * buries orphans, and programs come through container.ipc. init adds --shared-root where the manifest asks for it.
 *
 * Handles: "root" the directory that is the container's root, "console" (optional), "serve" its own endpoint.
 */
#include <base/parse.h>
#include <base/string.h>
#include <libanon/log.h>
#include <libanon/start.h>
#include "alarm.h"
#include "clock_page.h"
#include "container.h"
#include "cpu.h"
#include "file_api.h"
#include "fork.h"
#include "mm.h"
#include "task_table.h"
#include "uname.h"
#include "vdso.h"

#define STRINGS_BYTES 3072

struct options {
	uint32_t uid, gid;
	int first; /* index of the program, or argc */
};

static bool take_shared_root(const char *value)
{
	if (strcmp(value, "yes") == 0)
		mm_share_root();
	return strcmp(value, "yes") == 0 || strcmp(value, "no") == 0;
}

static bool take_option(struct options *options, const char *name, const char *value)
{
	uint64_t number = 0;

	if (strcmp(name, "--name") == 0) {
		container_set_name(value);
		uname_set_host(value);
		return true;
	}
	if (strcmp(name, "--uid") == 0 && parse_u64(value, &number)) {
		options->uid = options->gid = (uint32_t)number;
		return true;
	}
	if (strcmp(name, "--shared-root") == 0)
		return take_shared_root(value);
	return false;
}

static bool read_options(struct options *options, int argc, char **argv)
{
	int at = 1;

	while (at + 1 < argc && strncmp(argv[at], "--", 2) == 0) {
		if (!take_option(options, argv[at], argv[at + 1]))
			return false;
		at += 2;
	}
	options->first = at;
	return true;
}

/* Pid 1 without a program: a process with no task, whose children are buried as they come. */
static bool make_pid_1(void)
{
	struct task *task = task_create_first(0);

	if (!task)
		return false;
	task_make_hollow(task);
	return true;
}

static status_t run_pid_1(const struct options *options, int argc, char **argv)
{
	char strings[STRINGS_BYTES];
	uint32_t bytes = 0, number;

	for (int i = options->first; i < argc; i++) {
		size_t len = strlen(argv[i]) + 1;

		if (len > sizeof(strings) - bytes)
			return E_RANGE;
		memcpy(strings + bytes, argv[i], len);
		bytes += (uint32_t)len;
	}
	struct job_request request = {
		.cwd = "/",
		.strings = strings,
		.strings_bytes = bytes,
		.argc = (uint32_t)(argc - options->first),
		.uid = options->uid,
		.gid = options->gid,
	};

	return job_start(&request, &number);
}

int main(int argc, char **argv)
{
	struct options options = {0};

	if (!read_options(&options, argc, argv)) {
		log_error("usage: linux [--name NAME] [--uid N] [--shared-root yes|no] "
		          "[PROGRAM ARGUMENT...]");
		return 2;
	}
	clock_page_start();
	vdso_start();
	if (vfs_start() != 0 || alarms_start() != 0 || container_begin() != OK) {
		log_error("the container cannot start");
		return 1;
	}
	status_t status = OK;

	if (options.first < argc)
		status = run_pid_1(&options, argc, argv);
	else if (!make_pid_1())
		status = E_NOMEM;

	if (status == OK)
		status = container_serve();
	log_error("%s", status_name(status));
	return 1;
}
