/*
 * Rights to objects (object_rights.h): reading and writing them, and the system calls of <linux/object_calls.h> that give
 * them up and tell what is left. Only the monitor decides; here is nothing that could be got around.
 */
#include "object_rights.h"
#include "arena.h"
#include "message.h"
#include "shell.h"
#include <errno.h>
#include <linux/object_calls.h>
#include <linux/object_text.h>
#include <object-tree/json.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *name;
	unsigned rights;
} names[] = {
	{"read", OBJECT_RIGHT_READ},
	{"change", OBJECT_RIGHT_CHANGE},
	{"manage", OBJECT_RIGHT_MANAGE},
	{"all", OBJECT_RIGHT_ALL},
	{"none", 0},
};
#define NAMES (sizeof(names) / sizeof(names[0]))

static bool read_one(const char *text, size_t len, unsigned *rights)
{
	for (size_t i = 0; i < NAMES; i++) {
		if (strlen(names[i].name) == len && strncmp(names[i].name, text, len) == 0) {
			*rights |= names[i].rights;
			return true;
		}
	}
	return false;
}

bool rights_read(const char *text, size_t len, unsigned *out)
{
	size_t at = 0;

	*out = 0;
	for (;;) {
		const char *plus = memchr(text + at, '+', len - at);
		size_t end = plus ? (size_t)(plus - text) : len;

		if (!read_one(text + at, end - at, out))
			return false;
		if (end == len)
			return true;
		at = end + 1;
	}
}

/* ---- rules */

static bool put_rule(struct shell *sh, struct cbor_writer *w, const char *path, unsigned rights)
{
	char plain[OBJECT_PATH_BYTES];

	if (object_path("", path, plain, sizeof(plain)) != OK) {
		builtin_error(sh, "%s: the path is too long", path);
		return false;
	}
	cbor_put_text(w, plain);
	cbor_put_uint(w, rights);
	return true;
}

static bool rules_end(struct shell *sh, struct cbor_writer *w, struct cbor_mark map,
                      struct rules *rules)
{
	cbor_close(w, map);
	rules->len = w->len;
	if (w->status != OK)
		builtin_error(sh, "there are too many rules, or two for one object");
	return w->status == OK;
}

static bool put_typed_rule(struct shell *sh, struct cbor_writer *w, char *rule)
{
	char *slash = strchr(rule, '/');
	unsigned rights;

	if (!slash || !rights_read(rule, (size_t)(slash - rule), &rights)) {
		builtin_error(
			sh,
			"%s: RIGHTS/OBJECT expected, as in read/sys or read+change/user (rights: "
			"read change manage all none)",
			rule);
		return false;
	}
	return put_rule(sh, w, slash, rights);
}

bool rules_read(struct shell *sh, const char *text, struct rules *rules)
{
	char *rest = arena_text(&sh->temp, text, strlen(text)), *rule;
	struct cbor_writer w;
	struct cbor_mark map;

	cbor_writer_init(&w, rules->map, sizeof(rules->map));
	map = cbor_open_map(&w);
	if (strcmp(text, "none") != 0) {
		while ((rule = strsep(&rest, ",")))
			if (!put_typed_rule(sh, &w, rule))
				return false;
	}
	return rules_end(sh, &w, map, rules);
}

static bool put_role_rule(struct shell *sh, const char *name, struct cbor_reader *objects,
                          struct cbor_writer *w)
{
	const char *path, *text;
	size_t path_len, len;
	unsigned rights;

	if (cbor_get_text(objects, &path, &path_len) != OK ||
	    cbor_get_text(objects, &text, &len) != OK || !rights_read(text, len, &rights) ||
	    path_len == 0 || path[0] != '/') {
		builtin_error(sh,
		              "the role %s: \"objects\" maps paths to rights, as in {\"/sys\": "
		              "\"read\"}",
		              name);
		return false;
	}
	return put_rule(sh, w, arena_text(&sh->temp, path, path_len), rights);
}

bool rules_read_role(struct shell *sh, const char *name, const char *json, struct rules *rules)
{
	unsigned char value[RULES_BYTES];
	struct cbor_reader objects;
	struct cbor_writer w;
	struct cbor_mark map;
	uint64_t count;
	size_t len;

	if (json_parse(json, value, sizeof(value), &len) != OK ||
	    cbor_find(value, len, "objects", &objects) != OK ||
	    cbor_get_map(&objects, &count) != OK) {
		builtin_error(sh, "the role %s is not JSON with a map \"objects\"", name);
		return false;
	}
	cbor_writer_init(&w, rules->map, sizeof(rules->map));
	map = cbor_open_map(&w);
	for (; count > 0; count--)
		if (!put_role_rule(sh, name, &objects, &w))
			return false;
	return rules_end(sh, &w, map, rules);
}

/* ---- the calls */

bool rules_apply(struct shell *sh, const struct rules *rules)
{
	if (syscall(NR_obj_limit, rules->map, rules->len) == 0)
		return true;
	if (errno == ENOSYS)
		builtin_error(sh, "this system has no object tree");
	else if (errno == E2BIG)
		builtin_error(sh, "rights were given up too often already");
	else
		builtin_error(sh, "rights cannot be given up: %s", strerror(errno));
	return false;
}

int rights_here(const char *path)
{
	return (int)syscall(NR_obj_rights, path);
}

bool rights_are_limited(void)
{
	unsigned char none;

	return syscall(NR_obj_limits, &none, 1) < 0 && errno == ERANGE;
}
