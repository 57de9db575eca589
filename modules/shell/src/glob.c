/*
 * Pathname expansion: component by component, reading a directory only for components that are patterns. Names that
 * begin with a dot want one in the pattern. With the option globstar, a component ** is any number of directories.
 */
#include "arena.h"
#include "expand.h"
#include "pattern.h"
#include "shell.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define GLOB_DEPTH 256

struct glob {
	struct shell *sh;
	struct fields *fields;
	struct text path; /* of the directory, with its slash */
	unsigned depth;
};

static void glob_from(struct glob *glob, const char *pattern);

static void path_cut(struct glob *glob, size_t len)
{
	glob->path.len = len;
	glob->path.start[len] = 0;
}

static void path_add(struct glob *glob, const char *bytes, size_t len)
{
	text_bytes(&glob->path, bytes, len);
	if (!glob->path.start)
		text_grow(&glob->path, 0);
	glob->path.start[glob->path.len] = 0;
}

static void add_match(struct glob *glob)
{
	struct stat status;

	if (lstat(glob->path.start, &status) == 0)
		fields_add(glob->fields,
		           arena_text(&glob->sh->temp, glob->path.start, glob->path.len));
}

/* Goes on after a component whose name the path now ends with. */
static void glob_after(struct glob *glob, const char *rest)
{
	size_t slashes = strspn(rest, "/");

	if (!*rest) {
		add_match(glob);
		return;
	}
	path_add(glob, rest, slashes);
	if (rest[slashes])
		glob_from(glob, rest + slashes);
	else
		add_match(glob);
}

static DIR *path_open(const struct glob *glob)
{
	return opendir(glob->path.len ? glob->path.start : ".");
}

static void glob_directory(struct glob *glob, const char *component, const char *rest)
{
	size_t len = glob->path.len;
	bool wants_dots = component[0] == '.' || (component[0] == '\\' && component[1] == '.');
	DIR *directory = path_open(glob);
	struct dirent *entry;

	if (!directory)
		return;
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.' && !wants_dots)
			continue;
		if (!pattern_match(component, entry->d_name, glob->sh->utf8))
			continue;
		path_add(glob, entry->d_name, strlen(entry->d_name));
		glob_after(glob, rest);
		path_cut(glob, len);
	}
	closedir(directory);
}

static bool is_real_directory(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* **: this directory and, not through symbolic links, all below it. */
static void glob_star(struct glob *glob, const char *rest)
{
	size_t len = glob->path.len;
	DIR *directory;
	struct dirent *entry;

	if (rest[0])
		glob_from(glob, rest + strspn(rest, "/"));
	if (glob->depth >= GLOB_DEPTH || !(directory = path_open(glob)))
		return;
	glob->depth++;
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		path_add(glob, entry->d_name, strlen(entry->d_name));
		if (!rest[0])
			add_match(glob);
		if (is_real_directory(glob->path.start)) {
			path_add(glob, "/", 1);
			glob_star(glob, rest);
		}
		path_cut(glob, len);
	}
	glob->depth--;
	closedir(directory);
}

/* The first component of a pattern, an escaped slash ending it as well as a plain one. */
static size_t component_len(const char *pattern)
{
	size_t len = 0;

	while (pattern[len] && pattern[len] != '/') {
		if (pattern[len] == '\\' && pattern[len + 1])
			len++;
		len++;
	}
	return len;
}

/* Takes components that are plain names; gives the first that is a pattern, NULL: it came to the end. */
static const char *glob_names(struct glob *glob, const char *pattern)
{
	while (*pattern) {
		size_t len = component_len(pattern), slashes;
		char *component = arena_text(&glob->sh->temp, pattern, len);

		if (pattern_is_active(component))
			return pattern;
		pattern_unescape(component);
		path_add(glob, component, strlen(component));
		slashes = strspn(pattern + len, "/");
		path_add(glob, pattern + len, slashes);
		pattern += len + slashes;
	}
	add_match(glob);
	return NULL;
}

static void glob_from(struct glob *glob, const char *pattern)
{
	size_t path_len = glob->path.len, len;
	char *component;

	pattern = glob_names(glob, pattern);
	if (pattern) {
		len = component_len(pattern);
		component = arena_text(&glob->sh->temp, pattern, len);
		if (glob->sh->options[OPT_GLOBSTAR] && strcmp(component, "**") == 0)
			glob_star(glob, pattern + len);
		else
			glob_directory(glob, component, pattern + len);
	}
	path_cut(glob, path_len);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

bool glob_expand(struct shell *sh, const char *pattern, struct fields *fields)
{
	struct glob glob = {.sh = sh, .fields = fields};
	size_t first = fields->count, slashes = strspn(pattern, "/");

	if (!pattern_is_active(pattern))
		return false;
	text_begin(&glob.path, &sh->temp);
	path_add(&glob, pattern, slashes);
	glob_from(&glob, pattern + slashes);
	if (fields->count == first)
		return false;
	qsort(fields->list + first, fields->count - first, sizeof(*fields->list), compare_names);
	return true;
}
