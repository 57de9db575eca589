/*
 * svctest: a native program that exercises the services through the tree, as a user's program would. Without
 * an argument it calls several services and expects the right refusals; with `kill` it then kills each
 * restartable service and calls it again until it answers; `console` shows on the console what is typed
 * there until a 'q'; `cat` copies its input to its output. Prints a line for each step and "N passed, N failed" last; the exit status is 0 when
 * all passed.
 */
#include "common/client.h"

#include <base/bits.h>
#include <base/format.h>
#include <base/string.h>
#include <libanon/log.h>
#include <libanon/start.h>
#include <libanon/time.h>
#include <object-tree/object.h>
#include <user-services/console_ipc.h>
#include <user-services/stream_ipc.h>

#define RESTART_PATIENCE_NS (10 * NS_PER_S)
#define POLL_NS (20 * NS_PER_MS)

static handle_t root, output;
static uint32_t passed, failed;

/* One event for both directions: waiting is spurious at worst. */
static handle_t news;

static status_t listen(handle_t stream)
{
	status_t status = handle_is_none(news) ? sys_event_create(&news) : OK;

	return status == OK ? stream_listen(stream, news, 1) : status;
}

static status_t wait_for_news(void)
{
	uint64_t bits;

	return sys_event_wait(news, UINT64_MAX, 0, &bits);
}

static status_t write_all(const char *text, uint32_t len)
{
	uint32_t accepted = 0;

	while (len) {
		status_t status = stream_write(output, text, len, &accepted);

		if (status == E_AGAIN)
			status = wait_for_news();
		else
			text += accepted, len -= accepted;
		if (status != OK)
			return status;
		accepted = 0;
	}
	return OK;
}

static void print(const char *text)
{
	if (!handle_is_none(output))
		(void)write_all(text, (uint32_t)strlen(text));
}

static status_t cat(void)
{
	handle_t input = start_handle("stdin");
	char bytes[4000];
	uint32_t len, is_end = 0;
	status_t status = listen(input);

	while (status == OK && !is_end) {
		status = stream_read(input, sizeof(bytes), &is_end, bytes, sizeof(bytes), &len);
		if (status == E_AGAIN)
			status = wait_for_news();
		else if (status == OK)
			status = write_all(bytes, len);
	}
	return status;
}

static void judge(const char *what, const char *name, status_t status)
{
	char line[160];

	format_string(line, sizeof(line), "%s %s: %s\n", what, name, status_name(status));
	print(line);
	if (status == OK)
		passed++;
	else
		failed++;
}

/* What kind of object it says it is: every object answers that. */
static status_t ask_kind(const char *path)
{
	char type[64];
	uint32_t kind;
	handle_t object;
	status_t status = obj_resolve(root, path, &object);

	if (status != OK)
		return status;
	status = object_kind_until(object, deadline_in_ns(RESTART_PATIENCE_NS), &kind, type,
	                           sizeof(type));
	(void)sys_handle_close(object);
	return status;
}

/* One call with a result of its own; args may be null. */
static status_t call(const char *path, const char *method, struct client_call *with)
{
	static uint8_t room[CLIENT_RESULT_MAX];
	struct obj_arguments arguments = {0};
	struct obj_result result = {.at = room, .max = sizeof(room)};
	status_t status;

	if (with) {
		cbor_close(&with->args, with->map);
		arguments.args = with->args_bytes;
		arguments.args_len = (uint32_t)with->args.len;
	}
	status = obj_call(root, path, method, &arguments, &result);
	if (status == OK && !handle_is_none(result.cap))
		(void)sys_handle_close(result.cap);
	return status;
}

static status_t ask(const char *path, const char *method)
{
	return method ? call(path, method, NULL) : ask_kind(path);
}

static const struct {
	const char *service, *path, *method;
} subjects[] = {
	{"log", "/sys/log", "read"},         {"memory", "/sys/memory", "stats"},
	{"time", "/sys/time", "now"},        {"users", "/user/userManager", "listUsers"},
	{"console", "/dev/console", "size"}, {"devices", "/dev/pci", "list"},
	{"power", "/sys/power", "info"},     {"screen", "/dev/screen", NULL},
	{"keyboard", "/dev/keyboard", NULL}, {"serial0", "/dev/serial0", NULL},
	{"serial1", "/srv/serial1", NULL},   {"disk0", "/dev/disk0", NULL},
	{"tree", "/sys/log", "read"},
};

static status_t kill_service(const char *name)
{
	struct client_call with;

	client_begin(&with);
	client_put_text(&with, "name", name);
	return call("/sys/scheduler", "kill", &with);
}

/* The call may catch the instance that is just dying; the next one must answer. */
static status_t call_until_ok(const char *path, const char *method)
{
	uint64_t end = clock_ns() + RESTART_PATIENCE_NS;
	status_t status;

	do {
		status = ask(path, method);
		if (status == OK)
			return OK;
		sleep_ns(POLL_NS);
	} while (clock_ns() < end);
	return status;
}

static status_t find_table(const char *signature)
{
	struct client_call with;

	client_begin(&with);
	client_put_text(&with, "signature", signature);
	return call("/dev/pci", "table", &with);
}

static void test_calls(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++)
		judge("call", subjects[i].path, ask(subjects[i].path, subjects[i].method));
	judge("call", "/dev/pci table FACP", find_table("FACP"));
	judge("call", "/srv/scheduler", call("/srv/scheduler", "list", NULL));
	judge("call", "/srv/init", call("/srv/init", "services", NULL));
}

static void test_kills(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
		/* It may still rest from an earlier end. */
		(void)call_until_ok(subjects[i].path, subjects[i].method);
		judge("kill", subjects[i].service, kill_service(subjects[i].service));
		judge("again", subjects[i].path,
		      call_until_ok(subjects[i].path, subjects[i].method));
	}
}

static status_t create_user(const char *name)
{
	struct client_call with;

	client_begin(&with);
	client_put_text(&with, "name", name);
	return call("/user/userManager", "createUser", &with);
}

static void test_refusals(void)
{
	judge("refuse", "bad name", create_user("../x") == E_INVAL ? OK : E_PROTO);
	judge("refuse", "no method",
	      call("/sys/time", "fly", NULL) == E_UNSUPPORTED ? OK : E_PROTO);
	judge("refuse", "no object", call("/sys/nothing", "now", NULL) == E_NOENT ? OK : E_PROTO);
	judge("refuse", "no right", call("/srv/init", "kill", NULL) == E_ACCESS ? OK : E_PROTO);
}

/* Echo the console until a 'q'. */
static status_t echo(handle_t console, handle_t event)
{
	char text[256];
	uint32_t len, accepted;
	uint64_t bits;
	status_t status;

	do {
		status = console_read(console, sizeof(text), text, sizeof(text), &len);
		if (status == OK && len)
			status = console_write(console, text, len, &accepted);
		else if (status == OK)
			status = sys_event_wait(event, UINT64_MAX, 0, &bits);
	} while (status == OK && memchr(text, 'q', len) == NULL);
	return status;
}

static void test_console(void)
{
	static const char greeting[] = "\033[1;32mconsole test\033[0m: type, q ends\r\n";
	handle_t console, event = HANDLE_NONE;
	uint32_t accepted;
	status_t status = obj_resolve(root, "/dev/console", &console);

	if (status == OK)
		status = sys_event_create(&event);
	if (status == OK)
		status = console_listen(console, event, 1);
	if (status == OK)
		status = console_write(console, greeting, sizeof(greeting) - 1, &accepted);
	if (status == OK)
		status = echo(console, event);
	judge("echo", "/dev/console", status);
}

int main(int argc, char **argv)
{
	char line[64];

	root = start_handle("root");
	output = start_handle("stdout");
	if (!handle_is_none(output) && listen(output) != OK)
		return 1;
	if (argc > 1 && strcmp(argv[1], "cat") == 0)
		return cat() != OK;
	test_calls();
	test_refusals();
	if (argc > 1 && strcmp(argv[1], "kill") == 0)
		test_kills();
	if (argc > 1 && strcmp(argv[1], "console") == 0)
		test_console();
	format_string(line, sizeof(line), "%u passed, %u failed\n", passed, failed);
	print(line);
	return failed != 0;
}
