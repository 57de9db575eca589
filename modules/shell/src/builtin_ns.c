/*
 * ns: what this shell and its commands see.
 *
 *   ns                                      what is mounted where, and which objects are left
 *   ns rights OBJECT                        what may be done with an object
 *   ns bind [-r] PATH PLACE [-- COMMAND]    PATH is also at PLACE (-r: to be read only), for this shell or one command
 *   ns unbind PLACE
 *
 * The first bind gives the shell mounts of its own; a subshell makes its own again. Root gets a plain namespace of
 * mounts, others one in which set-id bits have no effect (ns_own of <linux/object_calls.h>).
 */
#include "builtins.h"
#include "confine.h"
#include "message.h"
#include "object_rights.h"
#include "shell.h"
#include <errno.h>
#include <linux/object_calls.h>
#include <linux/object_text.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NEW_MOUNTS 0x20000 /* CLONE_NEWNS, which only GNU programs are shown */
#define MOUNTINFO "/proc/self/mountinfo"
#define MOUNT_FORMAT "%-20s %-28s %s%s\n"

/* ---- what there is */

/* 36 35 98:0 ROOT PLACE OPTIONS ... - TYPE SOURCE OPTIONS */
static void print_mount(struct shell *sh, char *line)
{
	char *words[6] = {0}, *rest = line, *type, *source;
	char what[300];

	for (size_t i = 0; i < 6; i++)
		words[i] = strsep(&rest, " ");
	rest = rest ? strstr(rest, "- ") : NULL;
	if (!rest || !words[5])
		return;
	rest += 2;
	type = strsep(&rest, " ");
	source = strsep(&rest, " ");
	snprintf(what, sizeof(what), "%s%s%s", source ? source : type,
	         strcmp(words[3], "/") ? ":" : "", strcmp(words[3], "/") ? words[3] : "");
	out_format(sh, MOUNT_FORMAT, words[4], what, type,
	           strncmp(words[5], "ro", 2) == 0 ? ", read only" : "");
}

static bool print_mounts(struct shell *sh)
{
	FILE *file = fopen(MOUNTINFO, "re");
	char *line = NULL;
	size_t size = 0;

	if (!file)
		return false;
	out_format(sh, MOUNT_FORMAT, "PLACE", "WHAT", "KIND", "");
	while (getline(&line, &size, file) > 0)
		print_mount(sh, line);
	free(line);
	fclose(file);
	return true;
}

/* One layer, as it is typed. */
static void print_layer(struct shell *sh, struct cbor_reader *layers)
{
	uint64_t count = 0, rights;
	const char *path, *comma = "";
	size_t len;

	(void)cbor_get_map(layers, &count);
	if (count == 0)
		out_string(sh, "none");
	for (; count > 0; count--) {
		if (cbor_get_text(layers, &path, &len) != OK ||
		    cbor_get_uint(layers, &rights) != OK)
			break;
		out_format(sh, "%s%s%.*s", comma, object_rights_text((unsigned)rights), (int)len,
		           path);
		comma = ",";
	}
}

static void print_objects(struct shell *sh)
{
	unsigned char *value = arena_alloc(&sh->temp, OBJECT_LIMITS_MAX);
	long len = syscall(NR_obj_limits, value, OBJECT_LIMITS_MAX);
	struct cbor_reader layers;
	uint64_t count = 0;

	if (len < 0)
		return;
	cbor_reader_init(&layers, value, (size_t)len);
	(void)cbor_get_array(&layers, &count);
	out_string(sh, count ? "objects: " : "objects: all/");
	for (uint64_t i = 0; i < count; i++) {
		out_string(sh, i ? "\n   of    " : "");
		print_layer(sh, &layers);
	}
	out_char(sh, '\n');
}

static int show_all(struct shell *sh)
{
	if (!print_mounts(sh))
		return builtin_refuse(sh, MOUNTINFO ": %s", strerror(errno));
	print_objects(sh);
	return 0;
}

static int show_rights(struct shell *sh, const char *name)
{
	char folder[OBJECT_PATH_BYTES] = "", path[OBJECT_PATH_BYTES];
	int rights;

	if (name[0] != '/' && !getcwd(folder, sizeof(folder)))
		folder[0] = 0;
	if (object_path(folder, name, path, sizeof(path)) != OK)
		return builtin_error(sh, "%s: the path is too long", name);
	rights = rights_here(path);
	if (rights < 0 && errno == ENOSYS)
		return builtin_refuse(sh, "this system has no object tree");
	out_format(sh, "%s\n", object_rights_text(rights < 0 ? 0 : (unsigned)rights));
	return rights > 0 ? 0 : 1;
}

/* ---- binding */

struct binding {
	const char *path, *place;
	bool is_read_only;
};

static bool own_mounts(struct shell *sh)
{
	long result;

	if (sh->has_own_mounts)
		return true;
	result = geteuid() == 0 ? syscall(SYS_unshare, NEW_MOUNTS) : syscall(NR_ns_own);
	sh->has_own_mounts = result == 0;
	if (result < 0)
		builtin_error(sh, "no namespace of its own: %s",
		              errno == ENOSYS ? "only root can have one on this system"
		                              : strerror(errno));
	return result == 0;
}

static bool bind_one(struct shell *sh, void *context)
{
	const struct binding *binding = context;
	unsigned long flags = MS_BIND | (binding->is_read_only ? MS_RDONLY : 0);

	if (!own_mounts(sh))
		return false;
	if (mount(binding->path, binding->place, NULL, flags, NULL) == 0)
		return true;
	builtin_refuse(sh, "%s cannot be bound at %s: %s", binding->path, binding->place,
	               errno == ENOTDIR ? "a folder goes on a folder, a file on a file"
	                                : strerror(errno));
	return false;
}

static int bind(struct shell *sh, int argc, char **argv)
{
	struct binding binding = {.is_read_only = argc > 1 && strcmp(argv[1], "-r") == 0};

	if (binding.is_read_only)
		argc--, argv++;
	if (argc < 3 || (argc > 3 && (argc < 5 || strcmp(argv[3], "--") != 0)))
		return builtin_error(sh, "usage: ns bind [-r] PATH PLACE [-- COMMAND]");
	binding.path = argv[1];
	binding.place = argv[2];
	if (argc == 3)
		return bind_one(sh, &binding) ? 0 : 1;
	return confine_run(sh, bind_one, &binding, argc - 4, argv + 4);
}

static int unbind(struct shell *sh, const char *place)
{
	if (!own_mounts(sh))
		return 1;
	if (umount2(place, 0) == 0)
		return 0;
	return builtin_refuse(sh, "%s: %s", place,
	                      errno == EINVAL ? "nothing is bound there"
	                      : errno == EPERM
	                              ? "refused: it was there before this shell's own mounts"
	                              : strerror(errno));
}

BUILTIN(ns)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (argc == 1)
		return show_all(sh);
	if (strcmp(verb, "bind") == 0)
		return bind(sh, argc - 1, argv + 1);
	if (strcmp(verb, "unbind") == 0 && argc == 3)
		return unbind(sh, argv[2]);
	if (strcmp(verb, "rights") == 0 && argc == 3)
		return show_rights(sh, argv[2]);
	return builtin_error(sh,
	                     "usage: ns [bind [-r] PATH PLACE [-- COMMAND] | unbind PLACE | rights "
	                     "OBJECT]");
}
