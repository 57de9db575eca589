/*
 * Views of the object tree (object_view.h). A view never changes: who gives up rights gets a new one whose layer lies on
 * the old one, which it keeps alive. What a layer refuses no later one can grant, so rights only shrink; tasks
 * inherit the view with everything else.
 *
 * In a layer the longest rule that a path begins with decides, by whole names. A path with "." or ".." in it is
 * granted nothing, since which object that is would be for somebody else to say.
 */
#include "object_view.h"
#include <base/string.h>
#include <libanon/heap.h>
#include <object-tree/object_serve.h>

struct object_view {
	uint32_t references; /* [a] */
	uint32_t depth;
	struct object_view *outer;
	size_t len;
	uint8_t rules[];
};

struct rule {
	const char *path; /* not terminated */
	size_t len;
	uint64_t rights;
};

/* --- paths, name by name --- */

static size_t skip_slashes(const char *path, size_t at, size_t len)
{
	while (at < len && path[at] == '/')
		at++;
	return at;
}

static size_t name_end(const char *path, size_t at, size_t len)
{
	while (at < len && path[at] != '/')
		at++;
	return at;
}

static bool is_dots(const char *name, size_t len)
{
	return (len == 1 && name[0] == '.') || (len == 2 && name[0] == '.' && name[1] == '.');
}

/* Whether below is the path above or lies under it. */
static bool is_under(const char *above, size_t above_len, const char *below, size_t below_len)
{
	size_t a = 0, b = 0;

	for (;;) {
		a = skip_slashes(above, a, above_len);
		b = skip_slashes(below, b, below_len);
		size_t len = name_end(above, a, above_len) - a;

		if (len == 0)
			return true;
		if (name_end(below, b, below_len) - b != len ||
		    memcmp(above + a, below + b, len) != 0)
			return false;
		a += len;
		b += len;
	}
}

static bool has_dots(const char *path, size_t len)
{
	for (size_t at = skip_slashes(path, 0, len); at < len; at = skip_slashes(path, at, len)) {
		size_t end = name_end(path, at, len);

		if (is_dots(path + at, end - at))
			return true;
		at = end;
	}
	return false;
}

/* --- layers --- */

/* At the end, and at what is no rule, false. */
static bool next_rule(struct cbor_reader *rules, struct rule *out)
{
	return cbor_get_text(rules, &out->path, &out->len) == OK &&
	       cbor_get_uint(rules, &out->rights) == OK;
}

static bool is_written_plainly(const struct rule *rule)
{
	const char *path = rule->path;

	if (rule->len == 0 || path[0] != '/' || memchr(path, 0, rule->len) ||
	    has_dots(path, rule->len))
		return false;
	for (size_t i = 1; i < rule->len; i++) {
		if (path[i - 1] == '/' && path[i] == '/')
			return false;
	}
	return rule->len == 1 || path[rule->len - 1] != '/';
}

static bool are_rules(const void *rules, size_t len)
{
	struct cbor_reader reader;
	struct rule rule;
	uint64_t count;

	if (cbor_check(rules, len) != OK)
		return false;
	cbor_reader_init(&reader, rules, len);
	if (cbor_get_map(&reader, &count) != OK)
		return false;
	for (; count > 0; count--) {
		if (!next_rule(&reader, &rule) || rule.rights > OBJECT_MAY_ALL ||
		    !is_written_plainly(&rule))
			return false;
	}
	return true;
}

static struct cbor_reader layer_rules(const struct object_view *view)
{
	struct cbor_reader reader;
	uint64_t count;

	cbor_reader_init(&reader, view->rules, view->len);
	(void)cbor_get_map(&reader, &count);
	return reader;
}

static uint64_t layer_rights(const struct object_view *view, const char *path, size_t len)
{
	struct cbor_reader reader = layer_rules(view);
	struct rule rule;
	size_t longest = 0;
	uint64_t rights = 0;

	while (next_rule(&reader, &rule)) {
		if (rule.len > longest && is_under(rule.path, rule.len, path, len)) {
			longest = rule.len;
			rights = rule.rights;
		}
	}
	return rights;
}

static bool layer_leads_on(const struct object_view *view, const char *path, size_t len)
{
	struct cbor_reader reader = layer_rules(view);
	struct rule rule;

	while (next_rule(&reader, &rule)) {
		if (rule.rights != 0 && is_under(path, len, rule.path, rule.len))
			return true;
	}
	return false;
}

/* --- views --- */

status_t object_view_create(struct object_view *outer, const void *rules, size_t len,
                            struct object_view **out)
{
	uint32_t depth = outer ? outer->depth + 1 : 1;

	if (!are_rules(rules, len))
		return E_INVAL;
	if (depth > OBJECT_VIEW_DEPTH_MAX)
		return E_LIMIT;
	struct object_view *view = heap_alloc(sizeof(*view) + len);

	if (!view)
		return E_NOMEM;
	*view = (struct object_view){.references = 1, .depth = depth, .outer = outer, .len = len};
	memcpy(view->rules, rules, len);
	object_view_get(outer);
	*out = view;
	return OK;
}

void object_view_get(struct object_view *view)
{
	if (view)
		__atomic_fetch_add(&view->references, 1, __ATOMIC_RELAXED);
}

void object_view_put(struct object_view *view)
{
	while (view && __atomic_sub_fetch(&view->references, 1, __ATOMIC_ACQ_REL) == 0) {
		struct object_view *outer = view->outer;

		heap_free(view);
		view = outer;
	}
}

uint32_t object_view_rights(const struct object_view *view, const char *path)
{
	size_t len = strlen(path);
	uint64_t rights = OBJECT_MAY_ALL;

	if (view && has_dots(path, len))
		return 0;
	for (; view; view = view->outer)
		rights &= layer_rights(view, path, len);
	return (uint32_t)rights;
}

bool object_view_shows(const struct object_view *view, const char *path)
{
	size_t len = strlen(path);

	if (view && has_dots(path, len))
		return false;
	for (; view; view = view->outer) {
		if (layer_rights(view, path, len) == 0 && !layer_leads_on(view, path, len))
			return false;
	}
	return true;
}

void object_view_write(const struct object_view *view, struct cbor_writer *out)
{
	cbor_put_array(out, view ? view->depth : 0);
	for (; view; view = view->outer)
		cbor_put_raw(out, view->rules, view->len);
}
