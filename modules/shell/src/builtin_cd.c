/*
 * cd and pwd: the directory as its user walked there (-L), or without symbolic links (-P).
 */
#include "builtins.h"
#include "message.h"
#include "shell.h"
#include <base/path.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool same_directory(const char *a, const char *b)
{
	struct stat left, right;

	return stat(a, &left) == 0 && stat(b, &right) == 0 && left.st_dev == right.st_dev &&
	       left.st_ino == right.st_ino;
}

static char *physical(struct shell *sh)
{
	char *path = arena_alloc(&sh->temp, PATH_MAX);

	return getcwd(path, PATH_MAX);
}

static bool has_dots(const char *path)
{
	for (const char *at = path; (at = strstr(at, "/.")); at += 2)
		if (!at[2] || at[2] == '/' || (at[2] == '.' && (!at[3] || at[3] == '/')))
			return true;
	return false;
}

/* PWD of the environment is good when it names this directory. */
void cd_init(struct shell *sh)
{
	struct arena_mark mark = arena_mark(&sh->temp);
	const char *path = var_value(sh, sh->vars.pwd);

	if (!path || path[0] != '/' || has_dots(path) || !same_directory(path, "."))
		path = physical(sh);
	if (path)
		var_set_string(sh, sh->vars.pwd, path);
	arena_release(&sh->temp, mark);
}

BUILTIN(pwd)
{
	const char *path = var_value(sh, sh->vars.pwd);
	bool is_physical = false;
	struct scan scan;
	int option;

	scan_begin(&scan, argc, argv);
	while ((option = scan_option(sh, &scan, "LP")) > 0)
		is_physical = option == 'P';
	if (option < 0)
		return 2;
	if (is_physical || !path || path[0] != '/' || !same_directory(path, "."))
		path = physical(sh);
	if (!path)
		return builtin_refuse(sh, "%s", strerror(errno));
	out_format(sh, "%s\n", path);
	return 0;
}

/* The path from the root, as the user sees it; NULL: only the system can say. */
static char *logical(struct shell *sh, const char *path)
{
	const char *here = var_value(sh, sh->vars.pwd);
	struct text text;

	if (path[0] != '/' && (!here || here[0] != '/'))
		return NULL;
	text_begin(&text, &sh->temp);
	if (path[0] != '/')
		text_format(&text, "%s/", here);
	text_string(&text, path);
	path_shorten(text_end(&text));
	return text.start;
}

/* ".." must not skip a name that is no directory. */
static bool parts_exist(struct shell *sh, const char *path)
{
	const char *here = var_value(sh, sh->vars.pwd);
	struct stat status;
	struct text text;

	for (const char *at = path; (at = strstr(at, "/..")); at += 3) {
		if (at[3] && at[3] != '/')
			continue;
		text_begin(&text, &sh->temp);
		if (path[0] != '/')
			text_format(&text, "%s/", here ? here : ".");
		text_bytes(&text, path, (size_t)(at - path));
		if (text.len && stat(text_end(&text), &status) < 0)
			return false;
	}
	return true;
}

static bool change(struct shell *sh, const char *path, bool is_physical)
{
	char *full = is_physical ? NULL : logical(sh, path);

	if (full && strstr(path, "..") && !parts_exist(sh, path))
		return false;
	if (chdir(full ? full : path) < 0) {
		/* A path that is too long from the root may be short from here. */
		if (!full || errno != ENAMETOOLONG || chdir(path) < 0)
			return false;
	}
	if (!full)
		full = physical(sh);
	if (var_value(sh, sh->vars.pwd))
		var_set_string(sh, sh->vars.oldpwd, var_value(sh, sh->vars.pwd));
	if (full)
		var_set_string(sh, sh->vars.pwd, full);
	return true;
}

static bool uses_cdpath(const char *path)
{
	return path[0] != '/' && strcmp(path, ".") != 0 && strcmp(path, "..") != 0 &&
	       strncmp(path, "./", 2) != 0 && strncmp(path, "../", 3) != 0;
}

/* Along CDPATH; false: nothing there has it. */
static bool change_along(struct shell *sh, const char *path, bool is_physical, bool *out_prints)
{
	const char *at = var_value(sh, sh->vars.cdpath);
	struct stat status;

	if (at)
		at = arena_text(&sh->temp, at, strlen(at));
	while (at && *at) {
		const char *end = strchr(at, ':');
		size_t len = end ? (size_t)(end - at) : strlen(at);
		struct text text;

		text_begin(&text, &sh->temp);
		text_bytes(&text, at, len);
		if (len > 0 && at[len - 1] != '/')
			text_char(&text, '/');
		text_string(&text, path);
		text_end(&text);
		if (stat(text.start, &status) == 0 && S_ISDIR(status.st_mode)) {
			*out_prints = len > 0;
			return change(sh, text.start, is_physical);
		}
		at = end ? end + 1 : NULL;
	}
	return false;
}

static const char *cd_target(struct shell *sh, const char *operand)
{
	const struct var *var = operand ? sh->vars.oldpwd : sh->vars.home;
	const char *path;

	if (operand && strcmp(operand, "-") != 0)
		return operand;
	path = var_value(sh, var);
	if (!path || (!operand && !*path)) {
		builtin_refuse(sh, "%s not set", operand ? "OLDPWD" : "HOME");
		return NULL;
	}
	return arena_text(&sh->temp, path, strlen(path));
}

BUILTIN(cd)
{
	bool is_physical = false, prints;
	const char *operand, *path;
	struct scan scan;
	int option;

	scan_begin(&scan, argc, argv);
	while ((option = scan_option(sh, &scan, "LPe")) > 0)
		is_physical = option == 'P' || (option == 'e' && is_physical);
	if (option < 0)
		return 2;
	if (argc - scan.index > 1)
		return builtin_error(sh, "too many arguments");
	operand = scan.index < argc ? argv[scan.index] : NULL;
	path = cd_target(sh, operand);
	if (!path)
		return 2;
	prints = operand && strcmp(operand, "-") == 0;
	if (!prints && uses_cdpath(path) && change_along(sh, path, is_physical, &prints)) {
		if (prints)
			out_format(sh, "%s\n", var_value(sh, sh->vars.pwd));
		return 0;
	}
	if (!*path)
		return 0;
	if (!change(sh, path, is_physical)) {
		builtin_refuse(sh, "%s: %s", path, strerror(errno));
		return 2;
	}
	if (prints)
		out_format(sh, "%s\n", var_value(sh, sh->vars.pwd));
	return 0;
}
