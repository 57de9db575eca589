/*
 * Automatic log-in: who sits at the console gets a shell there without being asked. At the start that is the user
 * in /cfg/system.json, who becomes the user manager's current one; when the shell ends, the one who is current then.
 *
 *   WAITING --user manager and container answer--> RUNNING --shell ends--> WAITING (at once, or after a
 *   pause that grows while shells end within a second of their start)
 */
#include "common/client.h"
#include "common/service.h"
#include "session/login.h"
#include "session/settings.h"

#include <base/bits.h>
#include <base/string.h>
#include <libanon/log.h>
#include <libanon/start.h>
#include <libanon/time.h>

#define EVENT_NEWS 1ul
#define EVENT_ENDED 2ul
#define EVENT_RETRY 4ul

#define PATIENCE_MS 5000u
#define SHORT_LIFE_NS NS_PER_S
#define PAUSE_FIRST_MS 100u
#define PAUSE_MAX_MS 10000u
#define DEFAULT_USER "alice"

struct session {
	struct service service;
	handle_t container, users, timer;
	struct login_user user;
	uint32_t job;
	bool is_running;
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

static void choose_user(void)
{
	char name[SETTINGS_NAME_MAX + 1] = DEFAULT_USER;
	struct client_call call;
	status_t status = settings_autologin(start_handle("files"), name);

	if (status != OK)
		log_warn("/cfg/system.json: %s; logging in %s", status_name(status), name);
	client_begin(&call);
	client_put_text(&call, "name", name);
	status = ask_users(&call, "setCurrentUser");
	if (status != OK)
		log_warn("user %s: %s", name, status_name(status));
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

static void look_after(void)
{
	if (!self.is_running || !login_has_ended(self.container, self.job))
		return;
	self.is_running = false;
	if (clock_ns() - self.started_ns < SHORT_LIFE_NS) {
		pause_then_retry();
		return;
	}
	self.pause_ms = 0;
	log_in();
}

static void on_event(struct server *server, uint64_t bits)
{
	(void)server;
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
	choose_user();
	log_in();
	return service_run(&self.service, &type);
}
