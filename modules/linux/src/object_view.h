/*
 * What of the object tree a task sees and may do there: layers of rules, each a CBOR map from paths to rights
 * (OBJECT_MAY_*, <linux/object_calls.h> says how they are read). NULL is a task that nothing was taken from.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <object-tree/object.h>

#define OBJECT_VIEW_DEPTH_MAX 16u

struct object_view;

/*
 * One more layer on outer, which may be NULL and stays the caller's; the new view is the caller's, too. E_INVAL: no map from paths to
 * rights; E_LIMIT: too many layers; E_NOMEM.
 */
status_t object_view_create(struct object_view *outer, const void *rules, size_t len,
                            struct object_view **out);
void object_view_get(struct object_view *view);
void object_view_put(struct object_view *view);

/* What all layers grant at the path: 0 where one has no rule for it. */
uint32_t object_view_rights(const struct object_view *view, const char *path);
/* Whether the name is there at all: something is granted at the path, or it leads to where something is. */
bool object_view_shows(const struct object_view *view, const char *path);
/* The layers' maps as an array, the newest first. */
void object_view_write(const struct object_view *view, struct cbor_writer *out);
