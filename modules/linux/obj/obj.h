/* The parts of the command obj. Each operation gives the exit status. */
#pragma once
#include <linux/object_text.h>

#define OBJ_OK 0
#define OBJ_FAILED 1
#define OBJ_USAGE 2

/* How values are printed; fields for OBJECT_FORM_FIELDS. Before anything is. */
void obj_set_form(enum object_form form, const char *fields);

int obj_ls(const char *path);
int obj_describe_object(const char *path);
int obj_call_method(const char *path, const char *method, const char *json);
int obj_get_property(const char *path, const char *property);
int obj_watch_events(const char *path, const char *event);

/* Tells what is wrong; OBJ_FAILED. member may be NULL. */
int obj_fail(const char *path, const char *member, const char *text);
