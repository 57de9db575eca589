/*
 * Serving an object: a service states what its objects are in one constant, and the library answers kind,
 * describe, call and get from it. Arguments are checked against the declared ones before a method runs, and so
 * is the right: a method never meets a missing argument or one of the wrong type.
 *
 * Arguments, results and properties are declared as text:  "user: text, groups?: [text], size: uint"
 * Types: null bool uint int bytes text float map any, and [TYPE]; "?" behind the name: may be left out.
 * A result is one type, or such a list in braces.
 */
#pragma once
#include <object-tree/object.h>

#define OBJECT_MAY_READ 1u
#define OBJECT_MAY_CHANGE 2u
#define OBJECT_MAY_MANAGE 4u
#define OBJECT_MAY_ALL 7u

struct object_call {
	void *self;
	uint64_t badge;
	const void *args; /* a CBOR map that fits the declaration */
	size_t args_len;
	handle_t argument;         /* the method's when it returns OK */
	struct cbor_writer result; /* nothing written: null */
	handle_t result_cap;
};

struct object_method {
	const char *name, *doc;
	const char *args, *result; /* NULL: none */
	uint32_t right;            /* OBJECT_MAY_* */
	status_t (*run)(struct object_call *call);
};
struct object_property {
	const char *name, *doc, *type;
	void (*get)(void *self, struct cbor_writer *out);
};
struct object_event {
	const char *name, *doc;
	uint64_t bits;
};

struct object_type {
	const char *name, *doc;
	uint32_t kind; /* OBJECT_KIND_*; 0: plain */
	const struct object_method *methods;
	uint32_t method_count;
	const struct object_property *properties;
	uint32_t property_count;
	const struct object_event *events;
	uint32_t event_count;
	/* On OK the handle is the object's. NULL: E_NOENT. */
	status_t (*subscribe)(void *self, const char *event, handle_t news, uint64_t bits);
};

/* What one badge stands for. */
struct object_instance {
	const struct object_type *type;
	void *self;
	uint32_t granted; /* OBJECT_MAY_* of whoever calls */
};

/* Answer one request of interface object; as the generated dispatch. */
status_t object_serve(struct object_instance *instance, struct ipc_message *message, void *page);

/* For objects with operations of their own: parts of struct object_ops whose context is a struct object_instance. */
status_t described_kind(void *context, uint64_t badge, uint32_t *kind, struct ipc_out *type);
status_t described_describe(void *context, uint64_t badge, uint32_t offset, uint32_t *total,
                            struct ipc_out *piece);
status_t described_call(void *context, uint64_t badge, struct ipc_text method,
                        struct ipc_bytes args, handle_t argument_cap, struct ipc_out *result,
                        handle_t *result_cap);
status_t described_get(void *context, uint64_t badge, struct ipc_text property,
                       struct ipc_out *value);
status_t described_subscribe(void *context, uint64_t badge, struct ipc_text name, handle_t news,
                             uint64_t bits);

/* Arguments by name. Missing optional ones leave *out as it is. A text must fit size, terminated: E_RANGE. */
status_t object_arg_text(const struct object_call *call, const char *name, char *out, size_t size);
status_t object_arg_uint(const struct object_call *call, const char *name, uint64_t *out);
status_t object_arg_int(const struct object_call *call, const char *name, int64_t *out);
status_t object_arg_bool(const struct object_call *call, const char *name, bool *out);

/* Do these arguments (a checked CBOR map, or nothing) fit the declaration? E_INVAL. */
status_t schema_check_args(const char *schema, const void *args, size_t len);
