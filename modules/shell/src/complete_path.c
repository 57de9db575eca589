/*
 * Completion of paths: files, and objects of the tree.
 */
#include "complete_word.h"
#include "objects.h"
#include "shell.h"
#include <dirent.h>
#include <linux/object_text.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- files */

/* The folder to look into; a leading ~ is the home. */
static const char *real_folder(const struct completion *c)
{
	char *folder = complete_folder(c);
	const char *home = var_value(c->sh, c->sh->vars.home);
	struct text text;

	if (!*folder)
		return ".";
	if (c->text[c->start] != '~' || strncmp(folder, "~/", 2) != 0 || !home)
		return folder;
	text_begin(&text, &c->sh->temp);
	text_format(&text, "%s%s", home, folder + 1);
	return text_end(&text);
}

static bool is_wanted(int folder, const char *name, const struct stat *status,
                      enum file_filter filter)
{
	if (S_ISDIR(status->st_mode) || filter == FILES_ALL)
		return true;
	return filter == FILES_COMMANDS && faccessat(folder, name, X_OK, 0) == 0;
}

void complete_files(struct completion *c, enum file_filter filter)
{
	DIR *dir = opendir(real_folder(c));
	size_t len = strlen(c->part);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		const char *name = entry->d_name;
		struct stat status;

		if (strncmp(name, c->part, len) != 0 || (name[0] == '.' && c->part[0] != '.'))
			continue;
		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		if (fstatat(dirfd(dir), name, &status, 0) != 0)
			status.st_mode = S_IFREG; /* a link to nowhere */
		if (is_wanted(dirfd(dir), name, &status, filter))
			complete_add(c, name, S_ISDIR(status.st_mode) ? '/' : ' ');
	}
	if (dir)
		closedir(dir);
}

/* ---- objects */

struct adding {
	struct completion *c;
	char suffix;
	const char *before; /* of each name */
};

static bool tree_path(const char *typed, char path[OBJECT_PATH_BYTES])
{
	char folder[OBJECT_PATH_BYTES] = "";

	if (typed[0] != '/' && !getcwd(folder, sizeof(folder)))
		folder[0] = 0;
	return object_path(folder, typed, path, OBJECT_PATH_BYTES) == OK;
}

static void note_any(void *context, const char *name, bool is_directory)
{
	(void)name;
	(void)is_directory;
	*(bool *)context = true;
}

/* A directory that is an object with methods as well can be gone into or called. */
static bool has_methods(struct completion *c, const char *name)
{
	char path[OBJECT_PATH_BYTES];
	struct text typed;
	bool any = false;

	text_begin(&typed, &c->sh->temp);
	text_format(&typed, "%s%s", complete_folder(c), name);
	if (tree_path(text_end(&typed), path))
		objects_members(path, "methods", note_any, &any);
	return any;
}

/* With its own text: the file system may show the same object as a folder. */
static void add_with_dot(struct completion *c, const char *name)
{
	struct text text;

	text_begin(&text, &c->sh->temp);
	text_format(&text, "%s.", name);
	complete_add(c, text_end(&text), 0);
}

static void add_object(void *context, const char *name, bool is_directory)
{
	struct adding *adding = context;
	struct completion *c = adding->c;
	struct arena_mark mark = arena_mark(&c->sh->temp);
	struct text text;

	text_begin(&text, &c->sh->temp);
	text_format(&text, "%s%s", adding->before, name);
	name = text_end(&text);
	if (strncmp(name, c->part, strlen(c->part)) == 0) {
		if (adding->suffix == '.' && (!is_directory || has_methods(c, name)))
			add_with_dot(c, name);
		if (is_directory || adding->suffix != '.')
			complete_add(c, name, is_directory ? '/' : adding->suffix);
	}
	arena_release(&c->sh->temp, mark);
}

static void add_objects(struct completion *c, const char *folder, char suffix)
{
	struct adding adding = {c, suffix, ""};
	char path[OBJECT_PATH_BYTES];

	if (tree_path(folder, path))
		objects_list(path, add_object, &adding);
}

void complete_objects(struct completion *c, char suffix)
{
	add_objects(c, complete_folder(c), suffix);
}

void complete_objects_in(struct completion *c, const char *folder)
{
	add_objects(c, folder, ' ');
}

void complete_members(struct completion *c, const char *path, const char *kind)
{
	struct adding adding = {c, ' ', ""};
	char tree[OBJECT_PATH_BYTES];

	if (tree_path(path, tree))
		objects_members(tree, kind, add_object, &adding);
}

void complete_method(struct completion *c)
{
	char *dot = strrchr(c->part, '.');
	struct adding adding = {c, ' ', NULL};
	char path[OBJECT_PATH_BYTES];

	adding.before = arena_text(&c->sh->temp, c->part, (size_t)(dot + 1 - c->part));
	if (!tree_path(arena_text(&c->sh->temp, c->value, (size_t)(dot - c->value)), path))
		return;
	objects_members(path, "methods", add_object, &adding);
	objects_members(path, "properties", add_object, &adding);
}
