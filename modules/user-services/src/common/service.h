/*
 * What the small services share: a server on the endpoint "serve", one event, and one object that is served
 * from its declaration (<object-tree/object_serve.h>). A service with a typed interface besides (stream.ipc,
 * ...) answers it in its dispatch function, which returns SERVICE_OBJECT for everything else.
 */
#pragma once
#include "common/listeners.h"

#include <libanon/server.h>
#include <object-tree/object_serve.h>

#define SERVICE_OBJECT ((status_t)2) /* not mine: the object's */
#define SERVICE_EVENTS_MAX 4

struct service {
	struct server server;
	handle_t event; /* bound to the server's thread */
	const struct object_type *type;
	/* Typed interfaces; null: none. */
	status_t (*dispatch)(struct service *service, struct ipc_message *m, void *page);
	/* What a badge may do; null: everything. */
	uint32_t (*granted)(uint64_t badge);
	struct listeners listeners[SERVICE_EVENTS_MAX]; /* of the object's events, in their order */
};

/* event NONE: a fresh one. context is the server's. The object's self is the struct service. */
status_t service_begin(struct service *s, handle_t event,
                       void (*on_event)(struct server *, uint64_t), void *context);
/* The same for a program that has its endpoint from elsewhere. */
status_t service_begin_at(struct service *s, handle_t endpoint, handle_t event,
                          void (*on_event)(struct server *, uint64_t), void *context);
/* Answers for ever; the exit status when that ends. */
int service_run(struct service *s, const struct object_type *type);
/* For object_type.subscribe of a service with events. */
status_t service_subscribe(void *self, const char *event, handle_t news, uint64_t bits);
/* Event number `event` of the type happened. */
void service_news(struct service *s, uint32_t event);

/* A pair of a map that is being written. */
void service_put_uint(struct cbor_writer *w, const char *key, uint64_t value);
void service_put_text(struct cbor_writer *w, const char *key, const char *value);
/* A number given as an argument to the program. */
bool service_number(const char *text, uint64_t *out);
