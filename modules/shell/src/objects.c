/*
 * Objects as commands, by the system calls of linux/object_calls.h:
 *
 *   /sys/power.shutdown                         a method without arguments
 *   /user/userManager.createUser name=carol     arguments by name
 *   /user/userManager.createUser '{"name":"carol"}'
 *
 * A value after "=" that is JSON is taken as such (a number, true, a list), anything else as a text. A name that is no
 * method but a property gives its value. Results are JSON, lists of maps tables; with -j in front of the arguments always
 * JSON, with -f NAME[,NAME...] the values of these fields. Refusals are explained from what the
 * object says of itself.
 */
#include "objects.h"
#include "builtins.h"
#include "message.h"
#include "object_rights.h"
#include "shell.h"
#include <errno.h>
#include <linux/object_calls.h>
#include <linux/object_text.h>
#include <object-tree/json.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ARGUMENTS_MAX 3900
#define KIND_DIRECTORY 2
#define STATUS_FAILED 1
#define STATUS_USAGE 2
#define STATUS_DENIED 126
#define STATUS_NOT_FOUND 127

struct object_call {
	struct shell *sh;
	char path[OBJECT_PATH_BYTES];
	char *member; /* within path */
	const char *name;
	unsigned char arguments[ARGUMENTS_MAX];
	size_t arguments_len;
	enum object_form form;
	const char *fields;
	unsigned char *value; /* OBJECT_CALL_VALUE_MAX bytes of the temp arena */
};

bool objects_is_call(const struct shell *sh, const char *name)
{
	const char *slash = strrchr(name, '/'), *dot = slash ? strrchr(slash, '.') : NULL;

	return dot && dot > slash + 1 && dot[1] && !sh->options[OPT_POSIX] &&
	       access(name, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR);
}

/* Cuts PATH.MEMBER, as typed, into the two; NULL: too long. */
static char *find_member(const char *name, char path[OBJECT_PATH_BYTES])
{
	char folder[OBJECT_PATH_BYTES] = "", *dot;

	if (name[0] != '/' && !getcwd(folder, sizeof(folder)))
		folder[0] = 0;
	if (object_path(folder, name, path, OBJECT_PATH_BYTES) != OK)
		return NULL;
	dot = strrchr(path, '.');
	*dot = 0;
	return dot + 1;
}

/* ---- arguments */

/* The value after "=": JSON when it is that, or a text. */
static void put_value(struct cbor_writer *w, const char *text)
{
	unsigned char value[ARGUMENTS_MAX];
	size_t len;

	if (json_parse(text, value, sizeof(value), &len) == OK)
		cbor_put_raw(w, value, len);
	else
		cbor_put_text(w, text);
}

/* name=value words, as a map. NULL, or the word that is wrong. */
static const char *put_named(struct cbor_writer *w, int argc, char **argv)
{
	struct cbor_mark map = cbor_open_map(w);

	for (int i = 1; i < argc; i++) {
		const char *equals = strchr(argv[i], '=');

		if (!equals || equals == argv[i])
			return argv[i];
		cbor_put_text_len(w, argv[i], (size_t)(equals - argv[i]));
		put_value(w, equals + 1);
	}
	cbor_close(w, map);
	return NULL;
}

/* How the result is to be shown; gives how many words said so. */
static int take_form(struct object_call *call, int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "-j") == 0) {
		call->form = OBJECT_FORM_JSON;
		return 1;
	}
	if (argc > 2 && strcmp(argv[1], "-f") == 0) {
		call->form = OBJECT_FORM_FIELDS;
		call->fields = argv[2];
		return 2;
	}
	return 0;
}

static int take_arguments(struct object_call *call, int argc, char **argv)
{
	struct cbor_writer w;
	const char *wrong;

	if (argc == 2 && argv[1][0] == '{') {
		if (json_parse(argv[1], call->arguments, ARGUMENTS_MAX, &call->arguments_len) == OK)
			return 0;
		sh_error(call->sh, "%s: the arguments are not JSON (whole numbers only)",
		         call->name);
		return STATUS_USAGE;
	}
	if (argc == 1)
		return 0;
	cbor_writer_init(&w, call->arguments, ARGUMENTS_MAX);
	wrong = put_named(&w, argc, argv);
	call->arguments_len = w.len;
	if (wrong)
		sh_error(call->sh, "%s: %s: arguments are name=value, or one JSON object",
		         call->name, wrong);
	else if (w.status != OK)
		sh_error(call->sh, "%s: the arguments are too long, or one is given twice",
		         call->name);
	return wrong || w.status != OK ? STATUS_USAGE : 0;
}

/* ---- what went wrong */

static const char *user_name(struct shell *sh)
{
	const struct var *var = var_find(sh, "USER");
	const char *name = var ? var_value(sh, var) : NULL;

	return name ? name : "this user";
}

/* There is no object to ask. */
static int no_object(const struct object_call *call, int error)
{
	if (error == ENOSYS) /* who writes ./x.sh means a file */
		sh_error(call->sh, "%s: not found%s", call->name,
		         call->name[0] == '/' ? " (this system has no object tree)" : "");
	else if (error == ENOENT || error == ENOTDIR)
		sh_error(call->sh, "%s: not found: no such file, and no object %s%s", call->name,
		         call->path, rights_are_limited() ? " in this shell's namespace" : "");
	else
		sh_error(call->sh, "%s: %s: %s", call->name, call->path, strerror(error));
	return STATUS_NOT_FOUND;
}

/* A failure that has nothing to do with the method's arguments. */
static int refused(const struct object_call *call, int error)
{
	int rights = error == EACCES ? rights_here(call->path) : -1;

	if (rights >= 0 && rights != OBJECT_RIGHT_ALL) {
		sh_error(call->sh, "%s: refused: this shell's namespace gives only '%s' on %s",
		         call->name, object_rights_text((unsigned)rights), call->path);
		return STATUS_DENIED;
	}
	if (error == EACCES || error == EPERM) {
		sh_error(call->sh, "%s: refused: %s may not call %s of %s", call->name,
		         user_name(call->sh), call->member, call->path);
		return STATUS_DENIED;
	}
	sh_error(call->sh, "%s: refused by %s: %s", call->name, call->path, strerror(error));
	return STATUS_FAILED;
}

static int explain(const struct object_call *call, int error)
{
	char arguments[512];
	long len = syscall(NR_obj_describe, call->path, call->value, OBJECT_CALL_VALUE_MAX);
	enum object_refusal why;

	if (error == ENOSYS || (len < 0 && errno != EACCES))
		return no_object(call, error == ENOSYS ? error : errno);
	if (len < 0)
		return refused(call, EACCES);
	why = object_refusal(call->value, (size_t)len, call->member, arguments, sizeof(arguments));
	if (why == OBJECT_NO_METHOD) {
		sh_error(call->sh, "%s: %s has no method %s", call->name, call->path, call->member);
		return STATUS_NOT_FOUND;
	}
	if (error != EINVAL || why == OBJECT_REFUSAL_OTHER)
		return refused(call, error);
	if (why == OBJECT_NO_ARGUMENTS)
		sh_error(call->sh, "%s: refused: %s takes no arguments", call->name, call->member);
	else
		sh_error(call->sh, "%s: refused: the arguments are {%s}", call->name, arguments);
	return STATUS_USAGE;
}

/* ---- the call */

static int print_result(const struct object_call *call, size_t len)
{
	size_t size = 4 * OBJECT_CALL_VALUE_MAX, text_len;
	char *text;

	if (len == 0)
		return 0;
	text = arena_alloc(&call->sh->temp, size);
	if (object_show(call->value, len, call->form, call->fields, text, size, &text_len) != OK) {
		sh_error(call->sh, "%s: the answer %s", call->name,
		         call->form == OBJECT_FORM_FIELDS ? "has no fields"
		                                          : "cannot be shown as JSON");
		return STATUS_FAILED;
	}
	if (text_len > 0)
		out_format(call->sh, "%s\n", text);
	return 0;
}

/* A member that is no method may be a property. */
static long get_property(const struct object_call *call, int argc)
{
	long len = argc == 1 ? syscall(NR_obj_get, call->path, call->member, call->value,
	                               OBJECT_CALL_VALUE_MAX)
	                     : -1;

	return len;
}

int objects_call(struct shell *sh, int argc, char **argv)
{
	struct object_call *call = arena_alloc(&sh->temp, sizeof(*call));
	int status, error;
	long len;

	*call = (struct object_call){.sh = sh, .name = argv[0]};
	call->member = find_member(call->name, call->path);
	if (!call->member) {
		sh_error(sh, "%s: the path is too long", argv[0]);
		return STATUS_USAGE;
	}
	status = take_form(call, argc, argv);
	argc -= status;
	argv += status;
	call->value = arena_alloc(&sh->temp, OBJECT_CALL_VALUE_MAX);
	status = take_arguments(call, argc, argv);
	if (status)
		return status;
	len = syscall(NR_obj_call, call->path, call->member, call->arguments, call->arguments_len,
	              call->value, OBJECT_CALL_VALUE_MAX);
	error = errno;
	if (len < 0 && error != ENOSYS)
		len = get_property(call, argc);
	return len < 0 ? explain(call, error) : print_result(call, (size_t)len);
}

/* ---- for completion */

void objects_list(const char *path, objects_name *add, void *context)
{
	static unsigned char value[OBJECT_CALL_VALUE_MAX];
	char name[256];
	long len = syscall(NR_obj_list, path, value, sizeof(value));

	for (long at = 0; at + 2 <= len; at += 2 + value[at + 1]) {
		snprintf(name, sizeof(name), "%.*s", value[at + 1], (char *)value + at + 2);
		add(context, name, value[at] == KIND_DIRECTORY);
	}
}

void objects_members(const char *path, const char *kind, objects_name *add, void *context)
{
	static unsigned char value[OBJECT_CALL_VALUE_MAX];
	struct cbor_reader members;
	uint64_t pairs;
	long len = syscall(NR_obj_describe, path, value, sizeof(value));

	if (len < 0 || cbor_find(value, (size_t)len, kind, &members) != OK ||
	    cbor_get_map(&members, &pairs) != OK)
		return;
	while (pairs-- > 0) {
		const char *key;
		size_t key_len;
		char name[256];

		if (cbor_get_text(&members, &key, &key_len) != OK || cbor_skip(&members) != OK)
			return;
		snprintf(name, sizeof(name), "%.*s", (int)key_len, key);
		add(context, name, false);
	}
}

/* "name: text, loud?: bool", as an object writes it. */
static void each_argument(char *text, objects_argument *add, void *context)
{
	char *argument;

	while ((argument = strsep(&text, ","))) {
		char *colon = strchr(argument, ':');

		argument += strspn(argument, " ");
		if (!colon)
			continue;
		*colon++ = 0;
		argument[strcspn(argument, "?")] = 0;
		add(context, argument, colon + strspn(colon, " "));
	}
}

void objects_arguments(const char *name, objects_argument *add, void *context)
{
	static unsigned char value[OBJECT_CALL_VALUE_MAX];
	char path[OBJECT_PATH_BYTES], text[512];
	const char *member = find_member(name, path);
	long len = member ? syscall(NR_obj_describe, path, value, sizeof(value)) : -1;

	if (len >= 0 &&
	    object_refusal(value, (size_t)len, member, text, sizeof(text)) == OBJECT_ARGUMENTS)
		each_argument(text, add, context);
}
