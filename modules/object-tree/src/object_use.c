/*
 * Using what a path names (object.h). An operation goes to the first object that offers it: a directory that
 * lies over an object of the same name says E_UNSUPPORTED to the object's methods, and the next one is asked.
 */
#include <base/string.h>
#include <object-tree/object.h>
#include "ask_again.h"

/* One attempt with one object; E_UNSUPPORTED: try the next. */
typedef status_t try_fn(handle_t object, void *attempt);

enum repetition {
	MAY_TAKE_EFFECT, /* E_GONE is the answer: nobody knows what was done */
	CHANGES_NOTHING, /* may be asked for again */
};

static status_t try_each(handle_t root, const char *path, enum repetition repetition, try_fn *try,
                         void *attempt)
{
	struct obj_walk walk;
	handle_t object;
	bool has_object = false, is_next_wanted = true;
	status_t status = OK;

	obj_walk_begin(&walk, root, path);
	while (is_next_wanted && (status = obj_walk_next(&walk, &object)) == OK) {
		status = try(object, attempt);
		ipc_close(object);
		bool begins_anew = status == E_GONE && repetition == CHANGES_NOTHING &&
		                   obj_walk_anew(&walk);
		has_object = !begins_anew;
		is_next_wanted = begins_anew || status == E_UNSUPPORTED;
	}
	obj_walk_end(&walk);
	return is_next_wanted && has_object ? E_UNSUPPORTED : status;
}

struct call_attempt {
	const char *method;
	const struct obj_limit *limit; /* or NULL */
	const struct obj_arguments *arguments;
	struct obj_result *result;
};

/* Whoever reads a result may rely on its form, whatever the server is worth. */
static status_t check_value(const void *value, uint32_t len)
{
	return cbor_check(value, len) == OK ? OK : E_PROTO;
}

static status_t find_right(const void *description, uint32_t len, const char *method,
                           uint64_t *out_right)
{
	struct cbor_reader at;
	status_t status = cbor_find(description, len, "methods", &at);

	if (status == OK)
		status = cbor_find(at.at + at.pos, at.len - at.pos, method, &at);
	if (status == OK)
		status = cbor_find(at.at + at.pos, at.len - at.pos, "right", &at);
	return status == OK ? cbor_get_uint(&at, out_right) : status;
}

static status_t check_limit(handle_t object, const char *method, const struct obj_limit *limit)
{
	uint64_t right;
	uint32_t len;

	if (obj_describe_handle(object, limit->room, limit->room_bytes, &len) != OK ||
	    find_right(limit->room, len, method, &right) != OK)
		return E_UNSUPPORTED;
	return right & ~(uint64_t)limit->rights ? E_ACCESS : OK;
}

static status_t try_call(handle_t object, void *attempt)
{
	struct call_attempt *a = attempt;
	const struct obj_arguments *with = a->arguments;
	struct obj_result *r = a->result;
	status_t refusal = a->limit ? check_limit(object, a->method, a->limit) : OK;

	if (refusal != OK)
		return refusal;
	status_t status = object_call(object, a->method, with->args, with->args_len, with->cap,
	                              r->at, r->max, &r->len, &r->cap);

	if (status != OK)
		return status;
	status = check_value(r->at, r->len);
	if (status != OK)
		ipc_close(r->cap);
	return status;
}

status_t obj_call(handle_t root, const char *path, const char *method,
                  const struct obj_arguments *arguments, struct obj_result *result)
{
	struct call_attempt attempt = {method, NULL, arguments, result};

	return try_each(root, path, MAY_TAKE_EFFECT, try_call, &attempt);
}

status_t obj_call_limited(handle_t root, const char *path, const char *method,
                          const struct obj_limit *limit, const struct obj_arguments *arguments,
                          struct obj_result *result)
{
	struct call_attempt attempt = {method, limit, arguments, result};

	return try_each(root, path, MAY_TAKE_EFFECT, try_call, &attempt);
}

struct get_attempt {
	const char *property;
	void *value;
	uint32_t max;
	uint32_t *len;
};

static status_t try_get(handle_t object, void *attempt)
{
	struct get_attempt *a = attempt;
	status_t status = object_get(object, a->property, a->value, a->max, a->len);

	return status == OK ? check_value(a->value, *a->len) : status;
}

status_t obj_get(handle_t root, const char *path, const char *property, void *value, uint32_t max,
                 uint32_t *out_len)
{
	struct get_attempt attempt = {property, value, max, out_len};

	return try_each(root, path, CHANGES_NOTHING, try_get, &attempt);
}

struct attach_attempt {
	uint32_t flags;
	handle_t *session;
};

static status_t try_attach(handle_t object, void *attempt)
{
	struct attach_attempt *a = attempt;

	return object_attach(object, a->flags, a->session);
}

status_t obj_attach(handle_t root, const char *path, uint32_t flags, handle_t *out_session)
{
	struct attach_attempt attempt = {flags, out_session};

	return try_each(root, path, MAY_TAKE_EFFECT, try_attach, &attempt);
}

status_t obj_describe_handle(handle_t object, void *value, uint32_t max, uint32_t *out_len)
{
	uint32_t at = 0, total = 0, len = 0;

	do {
		status_t status;
		ASK_AGAIN(status, object_describe(object, at, &total, (uint8_t *)value + at,
		                                  max - at, &len));
		if (status != OK)
			return status;
		at += len;
	} while (at < total && len > 0);
	*out_len = at;
	return at == total ? check_value(value, at) : E_PROTO;
}

struct describe_attempt {
	void *value;
	uint32_t max;
	uint32_t *len;
};

static status_t try_describe(handle_t object, void *attempt)
{
	struct describe_attempt *a = attempt;

	return obj_describe_handle(object, a->value, a->max, a->len);
}

status_t obj_describe(handle_t root, const char *path, void *value, uint32_t max, uint32_t *out_len)
{
	struct describe_attempt attempt = {value, max, out_len};

	return try_each(root, path, CHANGES_NOTHING, try_describe, &attempt);
}

/* --- listing --- */

bool obj_names_next(const struct obj_names *names, uint32_t *at, uint8_t *kind, const char **name,
                    uint32_t *name_len)
{
	if (names->len - *at < 2 || names->len - *at - 2 < names->at[*at + 1])
		return false;
	*kind = names->at[*at];
	*name_len = names->at[*at + 1];
	*name = (const char *)names->at + *at + 2;
	*at += 2 + *name_len;
	return true;
}

static bool has_name(const struct obj_names *names, const char *wanted, uint32_t wanted_len)
{
	const char *name;
	uint32_t at = 0, len;
	uint8_t kind;

	while (obj_names_next(names, &at, &kind, &name, &len)) {
		if (len == wanted_len && memcmp(name, wanted, len) == 0)
			return true;
	}
	return false;
}

static status_t merge(struct obj_names *names, const struct obj_names *more)
{
	const char *name;
	uint32_t at = 0, len;
	uint8_t kind;

	while (obj_names_next(more, &at, &kind, &name, &len)) {
		if (has_name(names, name, len))
			continue;
		if (names->max - names->len < 2 + len)
			return E_RANGE;
		names->at[names->len++] = kind;
		names->at[names->len++] = (uint8_t)len;
		memcpy(names->at + names->len, name, len);
		names->len += len;
	}
	return at == more->len ? OK : E_PROTO;
}

static status_t list_object(handle_t object, struct obj_names *names)
{
	uint8_t entries[OBJECT_LIST_ENTRIES_MAX];
	uint64_t cursor = 0, next = 0;

	do {
		struct obj_names piece = {.at = entries};
		cursor = next;
		status_t status;
		status = object_list(object, cursor, &next, entries, sizeof(entries), &piece.len);
		if (status == OK)
			status = merge(names, &piece);
		if (status != OK)
			return status;
	} while (next > cursor);
	return next == 0 ? OK : E_PROTO; /* a cursor that does not rise would never end */
}

/* A member that is gone for good, or no directory, does not hide the others. */
status_t obj_list(handle_t root, const char *path, struct obj_names *names)
{
	struct obj_walk walk;
	handle_t object;
	bool has_listed = false;
	status_t status = OK, failure = E_NOENT;

	names->len = 0;
	obj_walk_begin(&walk, root, path);
	while (failure != E_RANGE && (status = obj_walk_next(&walk, &object)) == OK) {
		status = list_object(object, names);
		ipc_close(object);
		if (status == E_GONE && obj_walk_anew(&walk)) {
			names->len = 0;
			has_listed = false;
			failure = E_NOENT;
		} else if (status == OK) {
			has_listed = true;
		} else if (status == E_RANGE || failure == E_NOENT) {
			failure = status == E_UNSUPPORTED ? E_NOTDIR : status;
		}
	}
	obj_walk_end(&walk);
	if (failure == E_RANGE || (!has_listed && failure != E_NOENT))
		return failure;
	return has_listed ? OK : status;
}
