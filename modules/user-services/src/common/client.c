/*
 * Calls of another service's methods, with CBOR arguments and results. A result is checked as CBOR
 * before any of it is read, so a hostile service can only refuse.
 */
#include "common/client.h"

#include "common/text.h"

#include <base/string.h>
#include <libanon/start.h>
#include <libanon/time.h>
#include <object-tree/object_ipc.h>

void client_begin(struct client_call *call)
{
	call->cap = call->result_cap = HANDLE_NONE;
	call->result_len = 0;
	cbor_writer_init(&call->args, call->args_bytes, sizeof(call->args_bytes));
	call->map = cbor_open_map(&call->args);
}

void client_put_uint(struct client_call *call, const char *key, uint64_t value)
{
	cbor_put_text(&call->args, key);
	cbor_put_uint(&call->args, value);
}

void client_put_text(struct client_call *call, const char *key, const char *value)
{
	cbor_put_text(&call->args, key);
	cbor_put_text(&call->args, value);
}

status_t client_call(struct client_call *call, handle_t object, const char *method,
                     uint64_t deadline)
{
	status_t status;

	cbor_close(&call->args, call->map);
	if (call->args.status != OK)
		return call->args.status;
	status = object_call_until(object, deadline, method, call->args_bytes,
	                           (uint32_t)call->args.len, call->cap, call->result,
	                           sizeof(call->result), &call->result_len, &call->result_cap);
	if (status != OK)
		return status;
	return cbor_check(call->result, call->result_len) == OK ? OK : E_PROTO;
}

status_t client_get_uint(const struct client_call *call, const char *key, uint64_t *out)
{
	struct cbor_reader value;
	status_t status = cbor_find(call->result, call->result_len, key, &value);

	return status == OK ? cbor_get_uint(&value, out) : status;
}

status_t client_get_text(const struct client_call *call, const char *key, char *out, size_t size)
{
	struct cbor_reader value;
	const char *text;
	size_t len;
	status_t status = cbor_find(call->result, call->result_len, key, &value);

	if (status == OK)
		status = cbor_get_text(&value, &text, &len);
	if (status != OK)
		return status;
	return text_copy((struct text){text, len}, out, size) ? OK : E_RANGE;
}

status_t client_pass_on_services(struct object_call *call)
{
	struct client_call ask;
	uint64_t from = 0;
	status_t status = object_arg_uint(call, "from", &from);

	if (status != OK)
		return status;
	client_begin(&ask);
	client_put_uint(&ask, "from", from);
	status = client_call(&ask, start_handle("init"), "services",
	                     deadline_in_ms(INIT_PATIENCE_MS));
	if (status == OK)
		cbor_put_raw(&call->result, ask.result, ask.result_len);
	return status;
}
