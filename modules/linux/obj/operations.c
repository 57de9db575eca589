/*
 * What the command obj does with one object, by the monitor's system calls: list, describe, call, get. A refused call
 * is explained from the object's own description.
 */
#include "obj.h"
#include <errno.h>
#include <linux/object_calls.h>
#include <linux/object_text.h>
#include <object-tree/json.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KIND_DIRECTORY 2 /* of an entry: OBJECT_KIND_DIRECTORY */
#define ARGUMENTS_MAX 3900

static enum object_form form = OBJECT_FORM_JSON;
static const char *form_fields;
static unsigned char value[OBJECT_CALL_VALUE_MAX];
static char text[4 * OBJECT_CALL_VALUE_MAX];

void obj_set_form(enum object_form new_form, const char *fields)
{
	form = new_form;
	form_fields = fields;
}

static int fail_errno(const char *path, const char *member)
{
	return obj_fail(path, member,
	                errno == ENOSYS ? "this system has no object tree" : strerror(errno));
}

static int print_value(const char *path, size_t len)
{
	size_t text_len = 0;

	if (len == 0)
		return OBJ_OK;
	if (object_show(value, len, form, form_fields, text, sizeof(text), &text_len) != OK)
		return obj_fail(path, NULL,
		                form == OBJECT_FORM_FIELDS ? "the answer has no fields"
		                                           : "the answer cannot be shown as JSON");
	if (text_len == 0)
		return OBJ_OK;
	puts(text);
	return OBJ_OK;
}

int obj_ls(const char *path)
{
	long len = syscall(NR_obj_list, path, value, sizeof(value));

	if (len < 0)
		return fail_errno(path, NULL);
	for (long at = 0; at + 2 <= len; at += 2 + value[at + 1])
		printf("%.*s%s\n", value[at + 1], (char *)value + at + 2,
		       value[at] == KIND_DIRECTORY ? "/" : "");
	return OBJ_OK;
}

int obj_describe_object(const char *path)
{
	long len = syscall(NR_obj_describe, path, value, sizeof(value));

	return len < 0 ? fail_errno(path, NULL) : print_value(path, (size_t)len);
}

int obj_get_property(const char *path, const char *property)
{
	long len = syscall(NR_obj_get, path, property, value, sizeof(value));

	return len < 0 ? fail_errno(path, property) : print_value(path, (size_t)len);
}

/* Whether the caller has given up rights to the object, and which are left. */
static bool is_limited(const char *path, char *line, size_t size)
{
	long rights = syscall(NR_obj_rights, path);

	if (rights < 0 || rights >= OBJECT_RIGHT_ALL)
		return false;
	snprintf(line, size, "refused: only '%s' is left on %s",
	         object_rights_text((unsigned)rights), path);
	return true;
}

/* What the object says about the method that refused. */
static int explain_refusal(const char *path, const char *method, int error)
{
	char arguments[512], line[600];
	long len = syscall(NR_obj_describe, path, value, sizeof(value));
	enum object_refusal why = OBJECT_REFUSAL_OTHER;

	errno = error;
	if (error == EACCES && is_limited(path, line, sizeof(line)))
		return obj_fail(path, method, line);
	if (len < 0)
		return fail_errno(path, NULL);
	why = object_refusal(value, (size_t)len, method, arguments, sizeof(arguments));
	if (why == OBJECT_NO_METHOD)
		return obj_fail(path, method, "no such method");
	if (error != EINVAL || why == OBJECT_REFUSAL_OTHER)
		return fail_errno(path, method);
	if (why == OBJECT_NO_ARGUMENTS)
		return obj_fail(path, method, "refused: the method takes no arguments");
	snprintf(line, sizeof(line), "refused: the arguments are {%s}", arguments);
	return obj_fail(path, method, line);
}

static const char *read_input(void)
{
	size_t len = fread(text, 1, sizeof(text) - 1, stdin);

	text[len] = 0;
	return text;
}

int obj_call_method(const char *path, const char *method, const char *json)
{
	unsigned char arguments[ARGUMENTS_MAX];
	size_t len = 0;

	if (json && strcmp(json, "-") == 0)
		json = read_input();
	if (json && json_parse(json, arguments, sizeof(arguments), &len) != OK) {
		obj_fail(path, method, "the arguments are not JSON (whole numbers only)");
		return OBJ_USAGE;
	}
	long got = syscall(NR_obj_call, path, method, arguments, len, value, sizeof(value));

	return got < 0 ? explain_refusal(path, method, errno) : print_value(path, (size_t)got);
}
