/*
 * The object tree for people: paths as they are typed, values and refusals as text. For Linux programs that use the
 * system calls of object_calls.h; needs neither them nor a C library itself.
 */
#pragma once
#include <object-tree/cbor.h>

#define OBJECT_PATH_BYTES 1024
#define OBJECT_MOUNTPOINT "/obj"
#define OBJECT_LINE_BYTES 78 /* longer values get an item a line */

/*
 * The path in the tree that argument means in a working directory: a leading /obj, "." and ".." and doubled slashes go.
 * E_NAMETOOLONG.
 */
status_t object_path(const char *folder, const char *argument, char *path, size_t size);

/* A value as JSON, long ones with an item a line. Terminated; E_RANGE: it does not fit. */
status_t object_json(const void *value, size_t len, char *text, size_t size, size_t *out_len);

/*
 * The same, but a list of maps becomes a table with a line for each and one for the names; a map with such a list in it, a
 * line for each of its fields. Without a newline at the end.
 */
status_t object_text(const void *value, size_t len, char *text, size_t size, size_t *out_len);

/*
 * Of a list of maps, or of the one that a map has, or of a map: the values of these fields (names with commas between), a line for each
 * map, tabs between. For pipelines: texts are plain unless they have control characters, a field that is not there is empty.
 * E_INVAL: the value is nothing of these, or there are too many fields.
 */
status_t object_fields(const void *value, size_t len, const char *fields, char *text, size_t size,
                       size_t *out_len);

/* How a value is to be shown. */
enum object_form { OBJECT_FORM_TABLE, OBJECT_FORM_JSON, OBJECT_FORM_FIELDS };
/* By one of the three; fields for the last. */
status_t object_show(const void *value, size_t len, enum object_form form, const char *fields,
                     char *text, size_t size, size_t *out_len);

enum object_refusal {
	OBJECT_NO_METHOD,
	OBJECT_NO_ARGUMENTS,  /* the method takes none */
	OBJECT_ARGUMENTS,     /* text: what it takes */
	OBJECT_REFUSAL_OTHER, /* the description does not tell */
};

/* Why a method may have refused its arguments, from what the object says of itself. */
enum object_refusal object_refusal(const void *description, size_t len, const char *method,
                                   char *text, size_t size);

/* A sum of OBJECT_RIGHT_* in words: "read+change", "all", "none". */
const char *object_rights_text(unsigned rights);
