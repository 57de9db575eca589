/*
 * A single-threaded server loop: requests from an endpoint, news from an event. Objects are found by the
 * badge of the handle that the caller used; `dispatch` takes badges that no object has.
 *
 * A dispatch function is mostly one line: return volume_dispatch(&ops, context, m, page). What it leaves in
 * m is the reply. A handler that cannot answer yet calls server_defer, keeps the reply handle, returns
 * IPC_DEFERRED (wire.h) and answers later with server_answer.
 */
#pragma once
#include <stdbool.h>
#include <base/tree.h>
#include <libanon/ipc.h>

struct server;

struct server_object {
	struct tree_node node; /* key: the badge */
	status_t (*dispatch)(struct server *server, struct server_object *object,
	                     struct ipc_message *m, void *page);
};

struct server {
	handle_t endpoint;
	handle_t reply;       /* of the request being handled */
	handle_t spare_reply; /* empty, or HANDLE_NONE */
	struct tree objects;
	uint64_t next_badge;
	bool is_deferred;
	bool is_stopping;
	void *context; /* the program's own */
	status_t (*dispatch)(struct server *server, struct ipc_message *m, void *page);
	void (*on_event)(struct server *server,
	                 uint64_t bits); /* of the event bound to the thread */
};

/* endpoint NONE: creates one. */
status_t server_init(struct server *server, handle_t endpoint, void *context);
/* ipc_receive of the calling thread, which runs the server, also returns for this event. */
status_t server_bind_event(struct server *server, handle_t event);
/* Answers requests until server_stop; returns why it ended. */
status_t server_run(struct server *server);
void server_stop(struct server *server);

/* Registers under a fresh badge, returned in *out_badge. */
status_t server_publish(struct server *server, struct server_object *object);
void server_withdraw(struct server *server, struct server_object *object);
/* A handle that calls this object: derived from the endpoint with its badge. */
status_t server_handle(struct server *server, struct server_object *object, uint32_t rights,
                       handle_t *out);

/* Within a handler: takes the reply over; the loop then does not answer. The handle is used up by server_answer. */
status_t server_defer(struct server *server, handle_t *out_reply);
status_t server_answer(struct server *server, handle_t reply, const struct ipc_message *m);
