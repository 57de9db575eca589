/*
 * The object tree in commands: PATH.METHOD is called like a program.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct shell;

/*
 * Whether a command's name means a method: a path whose last part has a dot, where no file is. Calls it, prints the
 * result and gives the status.
 */
bool objects_is_call(const struct shell *sh, const char *name);
int objects_call(struct shell *sh, int argc, char **argv);

/*
 * Names for completion, each given to add with the directory bit: those bound below a path in the tree, and the methods and
 * properties of an object.
 */
typedef void objects_name(void *context, const char *name, bool is_directory);
void objects_list(const char *path, objects_name *add, void *context);
/* The arguments of PATH.METHOD with their types. */
typedef void objects_argument(void *context, const char *name, const char *type);
void objects_arguments(const char *name, objects_argument *add, void *context);
void objects_members(const char *path, const char *kind, objects_name *add, void *context);
