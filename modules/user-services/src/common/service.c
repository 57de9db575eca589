/*
 * The shared part of the small services: the server loop, the object's declaration behind it, and the
 * listeners of its events.
 */
#include "common/service.h"

#include "common/text.h"

#include <base/assert.h>
#include <libanon/log.h>
#include <libanon/start.h>

static status_t dispatch(struct server *server, struct ipc_message *m, void *page)
{
	struct service *s = (struct service *)((char *)server - offsetof(struct service, server));
	struct object_instance instance = {.type = s->type, .self = s, .granted = OBJECT_MAY_ALL};
	status_t status = s->dispatch ? s->dispatch(s, m, page) : SERVICE_OBJECT;

	if (status != SERVICE_OBJECT)
		return status;
	if (s->granted)
		instance.granted = s->granted(m->badge);
	return object_serve(&instance, m, page);
}

status_t service_begin(struct service *s, handle_t event,
                       void (*on_event)(struct server *, uint64_t), void *context)
{
	handle_t endpoint = start_handle("serve");

	if (handle_is_none(endpoint))
		return E_HANDLE;
	return service_begin_at(s, endpoint, event, on_event, context);
}

status_t service_begin_at(struct service *s, handle_t endpoint, handle_t event,
                          void (*on_event)(struct server *, uint64_t), void *context)
{
	status_t status = server_init(&s->server, endpoint, context);

	s->event = event;
	if (status == OK && handle_is_none(event))
		status = sys_event_create(&s->event);
	if (status == OK && on_event)
		status = server_bind_event(&s->server, s->event);
	s->server.dispatch = dispatch;
	s->server.on_event = on_event;
	return status;
}

int service_run(struct service *s, const struct object_type *type)
{
	ASSERT(type->event_count <= SERVICE_EVENTS_MAX);
	s->type = type;
	log_error("the server loop ended: %s", status_name(server_run(&s->server)));
	return 1;
}

status_t service_subscribe(void *self, const char *event, handle_t news, uint64_t bits)
{
	struct service *s = self;

	for (uint32_t i = 0; i < s->type->event_count; i++) {
		if (text_is(text_of(event), s->type->events[i].name))
			return listeners_add(&s->listeners[i], news, bits);
	}
	return E_NOENT;
}

void service_news(struct service *s, uint32_t event)
{
	listeners_signal(&s->listeners[event], NEWS_INPUT);
}

void service_put_uint(struct cbor_writer *w, const char *key, uint64_t value)
{
	cbor_put_text(w, key);
	cbor_put_uint(w, value);
}

void service_put_text(struct cbor_writer *w, const char *key, const char *value)
{
	cbor_put_text(w, key);
	cbor_put_text(w, value);
}

bool service_number(const char *text, uint64_t *out)
{
	return text_number(text_of(text), out);
}
