/*
 * The single-threaded server loop (server.h). One reply object answers all requests in turn; a handler
 * that defers takes it along and the loop goes on with a new one. A reply object that has answered is
 * empty again, so server_answer keeps one in reserve.
 */
#include <base/assert.h>
#include <libanon/server.h>
#include <libanon/thread.h>
#include <libanon/wire.h>

status_t server_init(struct server *server, handle_t endpoint, void *context)
{
	status_t status = OK;

	*server = (struct server){.endpoint = endpoint, .next_badge = 1, .context = context};
	tree_init(&server->objects);
	if (handle_is_none(endpoint))
		status = sys_endpoint_create(&server->endpoint);
	return status == OK ? sys_reply_create(&server->reply) : status;
}

status_t server_bind_event(struct server *server, handle_t event)
{
	(void)server;
	return sys_thread_bind_event(thread_self()->handle, event);
}

/* --- objects --- */

status_t server_publish(struct server *server, struct server_object *object)
{
	if (server->next_badge == UINT64_MAX)
		return E_LIMIT;
	return tree_insert(&server->objects, &object->node, server->next_badge++) ? OK : E_EXIST;
}

void server_withdraw(struct server *server, struct server_object *object)
{
	tree_remove(&server->objects, &object->node);
}

status_t server_handle(struct server *server, struct server_object *object, uint32_t rights,
                       handle_t *out)
{
	return sys_handle_derive(server->endpoint, rights, object->node.key, out);
}

/* --- replies --- */

static status_t fresh_reply(struct server *server, handle_t *out)
{
	if (handle_is_none(server->spare_reply))
		return sys_reply_create(out);
	*out = server->spare_reply;
	server->spare_reply = HANDLE_NONE;
	return OK;
}

status_t server_defer(struct server *server, handle_t *out_reply)
{
	handle_t fresh;
	status_t status = fresh_reply(server, &fresh);

	if (status != OK)
		return status;
	ASSERT(!server->is_deferred);
	server->is_deferred = true;
	*out_reply = server->reply;
	server->reply = fresh;
	return OK;
}

status_t server_answer(struct server *server, handle_t reply, const struct ipc_message *m)
{
	status_t status = ipc_reply(reply, m);

	if (handle_is_none(server->spare_reply))
		server->spare_reply = reply;
	else
		(void)sys_handle_close(reply);
	return status;
}

/* --- the loop --- */

static status_t dispatch(struct server *server, struct ipc_message *m)
{
	struct tree_node *node = tree_find(&server->objects, m->badge);

	if (node) {
		struct server_object *object = tree_entry(node, struct server_object, node);

		return object->dispatch(server, object, m, message_page());
	}
	if (server->dispatch)
		return server->dispatch(server, m, message_page());
	return ipc_dispatch_end(m, E_UNSUPPORTED);
}

/* True when m now holds a reply to send. */
static bool handle_message(struct server *server, struct ipc_message *m)
{
	status_t status;

	if (ipc_tag_op(m->tag) == IPC_OP_EVENT) {
		if (server->on_event)
			server->on_event(server, m->words[0]);
		return false;
	}
	server->is_deferred = false;
	status = dispatch(server, m);
	if (server->is_deferred)
		return false;
	if (status != OK)
		ipc_set_status(m, status == IPC_DEFERRED ? E_UNSUPPORTED : status);
	return true;
}

static status_t next_message(struct server *server, struct ipc_message *m, bool has_reply)
{
	if (has_reply)
		return ipc_reply_receive(server->endpoint, server->reply, m, 0);
	return ipc_receive(server->endpoint, server->reply, m, 0);
}

/* The kernel refused the reply, for a bad handle in it: the caller must not wait for ever. */
static void answer_refused(struct server *server, struct ipc_message *m, status_t status)
{
	ipc_set_status(m, status);
	(void)ipc_reply(server->reply, m);
}

status_t server_run(struct server *server)
{
	struct ipc_message m;
	bool has_reply = false;

	server->is_stopping = false;
	while (!server->is_stopping) {
		status_t status = next_message(server, &m, has_reply);

		if (status != OK && status != E_INTR) {
			if (!has_reply)
				return status;
			answer_refused(server, &m, status);
		}
		has_reply = status == OK && handle_message(server, &m);
	}
	return has_reply ? ipc_reply(server->reply, &m) : OK;
}

void server_stop(struct server *server)
{
	server->is_stopping = true;
}
