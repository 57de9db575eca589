/*
 * Answering for described objects (object_serve.h): kind, describe, call, get and subscribe from one
 * constant description; the directory operations are left out, which makes them E_NOTDIR here.
 *
 * A description may be longer than a message. It is written anew for every piece into a window that keeps
 * only that piece, so nothing is stored; its maps are written in sorted order for the same reason.
 */
#include <base/string.h>
#include <object-tree/object_serve.h>

static struct object_instance *instance_of(void *context)
{
	return context;
}

status_t described_kind(void *context, uint64_t badge, uint32_t *kind, struct ipc_out *type)
{
	const struct object_type *of = instance_of(context)->type;
	size_t len = strlen(of->name);

	(void)badge;
	if (len > type->max)
		return E_RANGE;
	memcpy(type->at, of->name, len);
	type->len = (uint32_t)len;
	*kind = of->kind == OBJECT_KIND_UNKNOWN ? OBJECT_KIND_PLAIN : of->kind;
	return OK;
}

/* --- describe --- */

/* A table whose rows begin with their name. */
struct table {
	const void *rows;
	size_t row_bytes;
	uint32_t count;
};

static const char *row_name(const struct table *table, uint32_t i)
{
	return *(const char *const *)((const char *)table->rows + i * table->row_bytes);
}

/* Order of text keys in CBOR: shorter ones first. */
static int compare_names(const char *a, const char *b)
{
	size_t a_len = strlen(a), b_len = strlen(b);

	return a_len != b_len ? (a_len > b_len) - (a_len < b_len) : memcmp(a, b, a_len);
}

/* The row whose name comes next behind `last` (NULL: the first of all). */
static const void *next_row(const struct table *table, const char *last)
{
	const char *best = NULL;
	uint32_t found = 0;

	for (uint32_t i = 0; i < table->count; i++) {
		const char *name = row_name(table, i);
		if ((last == NULL || compare_names(name, last) > 0) &&
		    (best == NULL || compare_names(name, best) < 0)) {
			best = name;
			found = i;
		}
	}
	return best == NULL ? NULL : (const char *)table->rows + found * table->row_bytes;
}

static void put_pair(struct cbor_writer *w, const char *key, const char *value)
{
	cbor_put_text(w, key);
	if (value != NULL)
		cbor_put_text(w, value);
	else
		cbor_put_null(w);
}

static void put_method(struct cbor_writer *w, const void *row)
{
	const struct object_method *method = row;

	cbor_put_map(w, 4);
	put_pair(w, "doc", method->doc);
	put_pair(w, "args", method->args);
	cbor_put_text(w, "right");
	cbor_put_uint(w, method->right);
	put_pair(w, "result", method->result);
}

static void put_property(struct cbor_writer *w, const void *row)
{
	const struct object_property *property = row;

	cbor_put_map(w, 2);
	put_pair(w, "doc", property->doc);
	put_pair(w, "type", property->type);
}

static void put_event(struct cbor_writer *w, const void *row)
{
	const struct object_event *event = row;

	cbor_put_map(w, 2);
	put_pair(w, "doc", event->doc);
	cbor_put_text(w, "bits");
	cbor_put_uint(w, event->bits);
}

static void put_table(struct cbor_writer *w, const struct table *table,
                      void (*put)(struct cbor_writer *w, const void *row))
{
	const void *row;
	const char *last = NULL;

	cbor_put_map(w, table->count);
	while ((row = next_row(table, last)) != NULL) {
		last = *(const char *const *)row;
		cbor_put_text(w, last);
		put(w, row);
	}
}

static void put_description(struct cbor_writer *w, const struct object_type *of)
{
	struct table events = {of->events, sizeof(*of->events), of->event_count};
	struct table methods = {of->methods, sizeof(*of->methods), of->method_count};
	struct table properties = {of->properties, sizeof(*of->properties), of->property_count};

	cbor_put_map(w, 5);
	put_pair(w, "doc", of->doc);
	put_pair(w, "type", of->name);
	cbor_put_text(w, "events");
	put_table(w, &events, put_event);
	cbor_put_text(w, "methods");
	put_table(w, &methods, put_method);
	cbor_put_text(w, "properties");
	put_table(w, &properties, put_property);
}

status_t described_describe(void *context, uint64_t badge, uint32_t offset, uint32_t *total,
                            struct ipc_out *piece)
{
	struct cbor_writer w;

	(void)badge;
	cbor_window_init(&w, piece->at, piece->max, offset);
	put_description(&w, instance_of(context)->type);
	if (w.status != OK || w.len > UINT32_MAX)
		return w.status != OK ? w.status : E_RANGE;
	if (offset > w.len)
		return E_RANGE;
	*total = (uint32_t)w.len;
	piece->len = w.len - offset < piece->max ? (uint32_t)(w.len - offset) : piece->max;
	return OK;
}

/* --- call --- */

static const struct object_method *find_method(const struct object_type *of, struct ipc_text name)
{
	for (uint32_t i = 0; i < of->method_count; i++) {
		if (strcmp(of->methods[i].name, name.at) == 0)
			return &of->methods[i];
	}
	return NULL;
}

static status_t check_call(const struct object_instance *instance,
                           const struct object_method *method, struct ipc_bytes args)
{
	if (method == NULL)
		return E_UNSUPPORTED;
	if ((method->right & ~instance->granted) != 0)
		return E_ACCESS;
	if (args.len > 0 && cbor_check(args.at, args.len) != OK)
		return E_INVAL;
	return schema_check_args(method->args == NULL ? "" : method->args, args.at, args.len);
}

status_t described_call(void *context, uint64_t badge, struct ipc_text method,
                        struct ipc_bytes args, handle_t argument_cap, struct ipc_out *result,
                        handle_t *result_cap)
{
	const struct object_instance *instance = instance_of(context);
	const struct object_method *found = find_method(instance->type, method);
	struct object_call call = {.self = instance->self,
	                           .badge = badge,
	                           .args = args.at,
	                           .args_len = args.len,
	                           .argument = argument_cap};
	status_t status = check_call(instance, found, args);

	if (status != OK)
		return status;
	cbor_writer_init(&call.result, result->at, result->max);
	status = found->run(&call);
	*result_cap = call.result_cap; /* closed by the dispatch when the call failed */
	if (status != OK)
		return status;
	if (call.result.len == 0)
		cbor_put_null(&call.result);
	result->len = (uint32_t)call.result.len;
	return call.result.status;
}

/* --- get and subscribe --- */

status_t described_get(void *context, uint64_t badge, struct ipc_text property,
                       struct ipc_out *value)
{
	const struct object_instance *instance = instance_of(context);
	const struct object_type *of = instance->type;
	struct cbor_writer w;

	(void)badge;
	if ((instance->granted & OBJECT_MAY_READ) == 0)
		return E_ACCESS;
	for (uint32_t i = 0; i < of->property_count; i++) {
		if (strcmp(of->properties[i].name, property.at) != 0)
			continue;
		cbor_writer_init(&w, value->at, value->max);
		of->properties[i].get(instance->self, &w);
		value->len = (uint32_t)w.len;
		return w.status;
	}
	return E_NOENT;
}

status_t described_subscribe(void *context, uint64_t badge, struct ipc_text name, handle_t news,
                             uint64_t bits)
{
	const struct object_instance *instance = instance_of(context);
	const struct object_type *of = instance->type;

	(void)badge;
	for (uint32_t i = 0; of->subscribe != NULL && i < of->event_count; i++) {
		if (strcmp(of->events[i].name, name.at) == 0)
			return of->subscribe(instance->self, name.at, news, bits);
	}
	return E_NOENT;
}

/* --- what a plain object says to a directory's operations --- */

static status_t no_lookup(void *context, uint64_t badge, struct ipc_text path, uint32_t *count,
                          uint32_t *used0, uint32_t *used1, uint32_t *used2, handle_t *c0,
                          handle_t *c1, handle_t *c2)
{
	(void)context, (void)badge, (void)path, (void)count, (void)used0, (void)used1, (void)used2;
	(void)c0, (void)c1, (void)c2;
	return E_NOTDIR;
}

static status_t no_list(void *context, uint64_t badge, uint64_t cursor, uint64_t *next,
                        struct ipc_out *entries)
{
	(void)context, (void)badge, (void)cursor, (void)next, (void)entries;
	return E_NOTDIR;
}

static status_t no_bind(void *context, uint64_t badge, struct ipc_text path, handle_t object,
                        uint32_t rights, uint32_t flags)
{
	(void)context, (void)badge, (void)path, (void)object, (void)rights, (void)flags;
	return E_NOTDIR;
}

static status_t no_unbind(void *context, uint64_t badge, struct ipc_text path)
{
	(void)context, (void)badge, (void)path;
	return E_NOTDIR;
}

static status_t no_watch(void *context, uint64_t badge, handle_t news, uint64_t bits)
{
	(void)context, (void)badge, (void)news, (void)bits;
	return E_NOTDIR;
}

static const struct object_ops plain_ops = {
	.kind = described_kind,
	.describe = described_describe,
	.call = described_call,
	.get = described_get,
	.subscribe = described_subscribe,
	.lookup = no_lookup,
	.list = no_list,
	.bind = no_bind,
	.unbind = no_unbind,
	.watch = no_watch,
};

status_t object_serve(struct object_instance *instance, struct ipc_message *message, void *page)
{
	return object_dispatch(&plain_ops, instance, message, page);
}

/* --- arguments --- */

static status_t find_arg(const struct object_call *call, const char *name, struct cbor_reader *out)
{
	return call->args_len == 0 ? E_NOENT : cbor_find(call->args, call->args_len, name, out);
}

status_t object_arg_text(const struct object_call *call, const char *name, char *out, size_t size)
{
	struct cbor_reader r;
	const char *text;
	size_t len;
	status_t status = find_arg(call, name, &r);

	if (status != OK)
		return status == E_NOENT ? OK : status;
	status = cbor_get_text(&r, &text, &len);
	if (status != OK)
		return status;
	if (len >= size || memchr(text, 0, len) != NULL)
		return len >= size ? E_RANGE : E_INVAL;
	memcpy(out, text, len);
	out[len] = 0;
	return OK;
}

status_t object_arg_uint(const struct object_call *call, const char *name, uint64_t *out)
{
	struct cbor_reader r;
	status_t status = find_arg(call, name, &r);

	return status == OK ? cbor_get_uint(&r, out) : status == E_NOENT ? OK : status;
}

status_t object_arg_int(const struct object_call *call, const char *name, int64_t *out)
{
	struct cbor_reader r;
	status_t status = find_arg(call, name, &r);

	return status == OK ? cbor_get_int(&r, out) : status == E_NOENT ? OK : status;
}

status_t object_arg_bool(const struct object_call *call, const char *name, bool *out)
{
	struct cbor_reader r;
	status_t status = find_arg(call, name, &r);

	return status == OK ? cbor_get_bool(&r, out) : status == E_NOENT ? OK : status;
}
