/*
 * Calling another service's object: arguments are put key by key, the result is read by key. For services
 * that hold the endpoint; programs that go through the tree use the object tree's own library.
 */
#pragma once
#include <libanon/syscall.h>
#include <object-tree/cbor.h>
#include <object-tree/object_serve.h>

/* How long to wait for an answer of init: more than it waits for others. */
#define INIT_PATIENCE_MS 10000

#define CLIENT_ARGS_MAX 1024
#define CLIENT_RESULT_MAX 4000

struct client_call {
	struct cbor_writer args;
	struct cbor_mark map;
	handle_t cap;        /* to send along; stays the caller's */
	handle_t result_cap; /* that came back; the caller's */
	uint32_t result_len;
	uint8_t args_bytes[CLIENT_ARGS_MAX];
	uint8_t result[CLIENT_RESULT_MAX];
};

void client_begin(struct client_call *call);
void client_put_uint(struct client_call *call, const char *key, uint64_t value);
void client_put_text(struct client_call *call, const char *key, const char *value);
status_t client_call(struct client_call *call, handle_t object, const char *method,
                     uint64_t deadline);
status_t client_get_uint(const struct client_call *call, const char *key, uint64_t *out);
status_t client_get_text(const struct client_call *call, const char *key, char *out, size_t size);

/* A whole method of an object, with the argument `from`: what init says of the services, passed on unchanged. */
status_t client_pass_on_services(struct object_call *call);
