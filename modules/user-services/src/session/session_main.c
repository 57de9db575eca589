/*
 * Automatic log-in: who sits at the console gets a shell there without being asked: the user manager's current user,
 * at the start and each time when the shell ends.
 *
 *   WAITING --user manager and container answer--> RUNNING --shell ends--> WAITING (at once, or after a
 *   pause that grows while shells end within a second of their start)
 * A shell that cannot be started, crashes, or fails within that second is not tried twice in a row: LOGIN_SHELL_SAFE takes
 * its place until that ends, so a broken program does not lock anybody out.
 *
 * A new instance of this service finds the shell that an earlier one had started still running. A new instance of the
 * user manager has forgotten who was current, and is told.
 */
#include "common/client.h"
#include "common/service.h"
#include "session/login.h"

#include <base/bits.h>
#include <base/string.h>
#include <libanon/log.h>
#include <libanon/start.h>
#include <libanon/time.h>
#include <object-tree/object_ipc.h>

#define EVENT_NEWS 1ul
#define EVENT_ENDED 2ul
#define EVENT_RETRY 4ul
#define EVENT_USERS (1ul << 8)

#define PATIENCE_MS 5000u
#define SHORT_LIFE_NS NS_PER_S
#define PAUSE_FIRST_MS 100u
#define PAUSE_MAX_MS 10000u

struct session {
	struct service service;
	handle_t container, users, timer;
	struct login_user user;    /* whose shell it is */
	struct login_user current; /* who sits at the console */
	uint32_t job;
	bool is_running;
	bool is_safe; /* the next shell is the safe one, not the user's */
	uint64_t started_ns;
	uint64_t pause_ms; /* before the next attempt; 0: all is well */
};

static struct session self;

/* --- the user --- */

static status_t ask_users(struct client_call *call, const char *method)
{
	return client_call(call, self.users, method, deadline_in_ms(PATIENCE_MS));
}

static status_t current_user(struct login_user *out)
{
	struct client_call call;
	uint64_t id = 0;

	client_begin(&call);
	status_t status = ask_users(&call, "getCurrentUser");

	if (status == OK)
		status = client_get_text(&call, "name", out->name, sizeof(out->name));
	if (status == OK)
		status = client_get_uint(&call, "id", &id);
	out->id = (uint32_t)id;
	return status;
}

/* Asked at each log-in, since the choice is the user's to change. */
static void choose_shell(struct login_user *user)
{
	struct client_call call;

	string_copy(user->shell, LOGIN_SHELL_SAFE, sizeof(user->shell));
	if (self.is_safe)
		return;
	client_begin(&call);
	client_put_text(&call, "name", user->name);
	if (ask_users(&call, "getShell") != OK ||
	    client_get_text(&call, "shell", user->shell, sizeof(user->shell)) != OK)
		string_copy(user->shell, LOGIN_SHELL_USUAL, sizeof(user->shell));
}

static void listen_to_users(void)
{
	status_t status = object_subscribe_until(self.users, deadline_in_ms(PATIENCE_MS), "changed",
	                                         self.service.event, EVENT_USERS);

	if (status != OK)
		log_warn("the user manager gives no news: %s", status_name(status));
}

static void note_current(void)
{
	struct login_user user;

	if (current_user(&user) == OK)
		self.current = user;
}

/* The user manager may be a new one, which begins with who is logged in at the start. */
static void remind_users(void)
{
	struct login_user user;
	struct client_call call;

	listen_to_users();
	if (self.current.id == 0 || current_user(&user) != OK || user.id == self.current.id)
		return;
	client_begin(&call);
	client_put_text(&call, "name", self.current.name);
	if (ask_users(&call, "setCurrentUser") != OK)
		log_warn("the user manager does not know %s any more", self.current.name);
}

/* --- the shell --- */

static void pause_then_retry(void)
{
	self.pause_ms = self.pause_ms ? MIN(2 * self.pause_ms, (uint64_t)PAUSE_MAX_MS)
	                              : PAUSE_FIRST_MS;
	if (sys_timer_set(self.timer, deadline_in_ms(self.pause_ms), 0) != OK)
		log_error("no timer: nobody is logged in");
}

static void log_in(void)
{
	status_t status = current_user(&self.user);

	choose_shell(&self.user);
	if (status == OK)
		status = login_start(self.container, &self.user, self.service.event, EVENT_ENDED,
		                     &self.job);
	self.started_ns = clock_ns();
	self.is_running = status == OK;
	if (status == OK)
		return;
	if (self.pause_ms == 0)
		log_warn("cannot log in: %s", status_name(status));
	pause_then_retry();
}

static void say_broken(enum login_state state, uint32_t code)
{
	const char *shell = self.user.shell;

	if (state == LOGIN_ABSENT)
		log_warn("%s cannot be started: %s is in its place", shell, LOGIN_SHELL_SAFE);
	else
		log_warn("%s ended with %s %u: %s is in its place", shell,
		         state == LOGIN_CRASHED ? "signal" : "status", code, LOGIN_SHELL_SAFE);
}

static void look_after(void)
{
	uint32_t code;
	enum login_state state = self.is_running ? login_look(self.container, self.job, &code)
	                                         : LOGIN_RUNS;

	if (state == LOGIN_RUNS)
		return;
	bool is_short = clock_ns() - self.started_ns < SHORT_LIFE_NS;
	bool is_broken = state == LOGIN_ABSENT || state == LOGIN_CRASHED ||
	                 (state == LOGIN_FAILED && is_short);

	self.is_running = false;
	self.is_safe = is_broken && !self.is_safe;
	if (self.is_safe)
		say_broken(state, code);
	if (is_short) {
		pause_then_retry();
		return;
	}
	self.pause_ms = 0;
	log_in();
}

static void on_event(struct server *server, uint64_t bits)
{
	(void)server;
	if (bits & EVENT_NEWS)
		remind_users();
	if (bits & EVENT_USERS)
		note_current();
	/* After news, too: the container may be a new one. */
	if (bits & (EVENT_ENDED | EVENT_NEWS))
		look_after();
	if (bits & EVENT_RETRY && !self.is_running)
		log_in();
}

/* --- the object --- */

static void get_user(void *context, struct cbor_writer *out)
{
	(void)context;
	if (self.is_running)
		cbor_put_text(out, self.user.name);
	else
		cbor_put_null(out);
}

static const struct object_property properties[] = {
	{"user", "Whose shell is on the console; null between two.", "any", get_user}};
static const struct object_type type = {.name = "session",
                                        .doc = "Logs a user in at the console.",
                                        .properties = properties,
                                        .property_count = ARRAY_SIZE(properties)};

int main(int argc, char **argv)
{
	status_t status = service_begin(&self.service, start_handle("news"), on_event, NULL);

	(void)argc, (void)argv;
	if (status == OK)
		status = sys_timer_create(self.service.event, EVENT_RETRY, &self.timer);
	if (status != OK) {
		log_error("cannot begin: %s", status_name(status));
		return 1;
	}
	self.container = start_handle("linux");
	self.users = start_handle("users");
	listen_to_users();
	log_in();
	return service_run(&self.service, &type);
}
