/*
 * Using the object tree: names are resolved from a directory that the caller holds, across as many servers
 * as it takes, and methods are called on what is found. All handles given out belong to the caller.
 *
 * A path may name several objects (unions). The functions that act on one take the first, or the first
 * that offers the operation; listing takes all. Values that come back are checked CBOR; else E_PROTO.
 */
#pragma once
#include <object-tree/cbor.h>
#include <object-tree/object_ipc.h>

#define OBJECT_KIND_UNKNOWN 0u /* in a list: ask the object itself */
#define OBJECT_KIND_PLAIN 1u
#define OBJECT_KIND_DIRECTORY 2u
#define OBJECT_KIND_FILE 3u
#define OBJECT_KIND_LINK 4u
#define OBJECT_KIND_DEVICE 5u

#define OBJECT_BIND_BEFORE 1u
#define OBJECT_BIND_AFTER 2u
#define OBJECT_BIND_REPLACE 4u
#define OBJECT_READ_ONLY 1u /* attach, subtree */
#define OBJECT_MAKE 2u      /* subtree: the directory comes into being */

#define OBJ_WALK_MAX 24  /* servers waiting to be asked */
#define OBJ_STEPS_MAX 64 /* servers asked in one walk */

/* A walk over everything a path names, in order. */
struct obj_place {
	handle_t server;
	const char *rest; /* of the path */
	bool is_root;     /* the caller's handle: stays open */
};
struct obj_walk {
	handle_t root;
	const char *path;
	struct obj_place places[OBJ_WALK_MAX];
	uint32_t count;
	uint32_t tries_left;
	bool has_found;
	uint32_t steps;
	status_t status; /* what to say when nothing is found */
};

void obj_walk_begin(struct obj_walk *walk, handle_t root, const char *path);
/* The next object, which then belongs to the caller. At the end E_NOENT, or what kept a server from answering. */
status_t obj_walk_next(struct obj_walk *walk, handle_t *out_object);
void obj_walk_end(struct obj_walk *walk);
/*
 * An object that the walk gave out says E_GONE: its server may have been started again, with other directories in the
 * place of those it had. True: forget what was found, the walk begins at the root once more. False: that was tried often
 * enough, it goes on.
 */
bool obj_walk_anew(struct obj_walk *walk);

status_t obj_resolve(handle_t root, const char *path, handle_t *out_object);

struct obj_arguments {
	const void *args; /* CBOR map; NULL: none */
	uint32_t args_len;
	handle_t cap; /* or HANDLE_NONE; stays the caller's */
};
struct obj_result {
	void *at; /* room for CBOR */
	uint32_t max;
	uint32_t len;
	handle_t cap;
};
/* E_UNSUPPORTED when no object at path has the method. */
status_t obj_call(handle_t root, const char *path, const char *method,
                  const struct obj_arguments *arguments, struct obj_result *result);

/* The same for a caller who has only some rights (OBJECT_MAY_*): what a method needs is read from the object's description. */
struct obj_limit {
	uint32_t rights;
	void *room; /* for a description */
	uint32_t room_bytes;
};
/* E_ACCESS: the method needs more. Descriptions that do not fit or do not speak of the method are passed over. */
status_t obj_call_limited(handle_t root, const char *path, const char *method,
                          const struct obj_limit *limit, const struct obj_arguments *arguments,
                          struct obj_result *result);
status_t obj_get(handle_t root, const char *path, const char *property, void *value, uint32_t max,
                 uint32_t *out_len);
/* The whole description of the object. */
status_t obj_describe(handle_t root, const char *path, void *value, uint32_t max,
                      uint32_t *out_len);
status_t obj_describe_handle(handle_t object, void *value, uint32_t max, uint32_t *out_len);
/* A file session on the directory at path. */
status_t obj_attach(handle_t root, const char *path, uint32_t flags, handle_t *out_session);

/* Names of a directory, all members of unions together, each once. Entries as in object.ipc: kind, length, name. */
struct obj_names {
	uint8_t *at;
	uint32_t max;
	uint32_t len;
};
status_t obj_list(handle_t root, const char *path, struct obj_names *names);
/* Over the entries: false at the end. *at starts at 0; name is not terminated. */
bool obj_names_next(const struct obj_names *names, uint32_t *at, uint8_t *kind, const char **name,
                    uint32_t *name_len);
