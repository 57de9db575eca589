/*
 * The tree service: the system's namespace. It knows no other service; init and whoever was handed a writable
 * directory bind objects into it. Of two endpoints it answers the first until that is taken away: by it init binds all
 * that there is, so that nobody meets a tree without its names. Then it answers everybody by the second.
 */
#include "tree_serve.h"
#include <base/string.h>
#include <libanon/heap.h>
#include <libanon/log.h>
#include <libanon/server.h>
#include <libanon/start.h>
#include <libanon/wire.h>

static void *heap_alloc_for(void *context, size_t bytes)
{
	(void)context;
	return heap_alloc(bytes);
}

static void heap_free_for(void *context, void *block)
{
	(void)context;
	heap_free(block);
}

static void release(void *context, handle_t handle)
{
	(void)context;
	ipc_close(handle);
}

static status_t signal_event(void *context, handle_t event, uint64_t bits)
{
	(void)context;
	return sys_event_signal(event, bits);
}

static const struct namespace_ops namespace_ops = {heap_alloc_for, heap_free_for, release,
                                                   signal_event};

static status_t dispatch(struct server *server, struct ipc_message *message, void *page)
{
	return tree_service_dispatch(server->context, message, page);
}

static status_t serve(struct server *server, handle_t first, handle_t all)
{
	server->endpoint = first;
	if (!handle_is_none(first))
		(void)server_run(server);
	server->endpoint = all;
	return server_run(server);
}

int main(void)
{
	static struct tree_service service;
	static struct server server;
	status_t status = server_init(&server, start_handle("serve"), &service);

	if (status == OK)
		status = tree_service_init(&service, server.endpoint, &namespace_ops);
	if (status == OK) {
		server.dispatch = dispatch;
		status = serve(&server, start_handle("serve.first"), start_handle("serve"));
	}
	log_error("ends: %s", status_name(status));
	return 1;
}
