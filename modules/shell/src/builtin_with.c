/*
 * with and as: commands that may do less than the shell.
 *
 *   with read/sys,all/user COMMAND      only these objects, with these rights
 *   as bob COMMAND                      as that user, which only root and the user can become
 *   as viewer COMMAND                   in a role: rules by a name, from /cfg/roles/viewer.json or, for two, from here
 */
#include "builtins.h"
#include "confine.h"
#include "message.h"
#include "object_rights.h"
#include "shell.h"
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROLES "/cfg/roles"
#define ROLE_BYTES 4096

static bool apply_rules(struct shell *sh, void *rules)
{
	return rules_apply(sh, rules);
}

BUILTIN(with)
{
	struct rules rules;

	if (argc > 1 && strcmp(argv[1], "--") == 0)
		argc--, argv++;
	if (argc < 3)
		return builtin_error(sh, "usage: with RIGHTS/OBJECT[,RIGHTS/OBJECT...] COMMAND");
	if (!rules_read(sh, argv[1], &rules))
		return 2;
	return confine_run(sh, apply_rules, &rules, argc - 2, argv + 2);
}

/* ---- users */

static bool export_name(struct shell *sh, const char *name, const char *value)
{
	struct var *var = var_slot(sh, name, strlen(name));

	var->flags |= VAR_EXPORT;
	return var_set_string(sh, var, value);
}

static bool become_user(struct shell *sh, void *context)
{
	const struct passwd *user = context;

	if (geteuid() == 0 && (initgroups(user->pw_name, user->pw_gid) != 0 ||
	                       setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)) {
		builtin_error(sh, "%s: cannot become this user: %s", user->pw_name,
		              strerror(errno));
		return false;
	}
	return export_name(sh, "HOME", user->pw_dir) && export_name(sh, "USER", user->pw_name) &&
	       export_name(sh, "LOGNAME", user->pw_name);
}

static int as_user(struct shell *sh, struct passwd *user, int argc, char **argv)
{
	if (geteuid() != 0 && user->pw_uid != getuid()) {
		builtin_error(sh,
		              "%s: refused: only root may become another user; rights only shrink",
		              user->pw_name);
		return 126;
	}
	return confine_run(sh, become_user, user, argc, argv);
}

/* ---- roles */

/* What the file says; NULL: there is no such file. */
static const char *role_file(const char *name, char text[ROLE_BYTES])
{
	char path[256];
	size_t len;
	FILE *file;

	if (strchr(name, '/') ||
	    snprintf(path, sizeof(path), ROLES "/%s.json", name) >= (int)sizeof(path))
		return NULL;
	file = fopen(path, "re");
	if (!file)
		return NULL;
	len = fread(text, 1, ROLE_BYTES - 1, file);
	text[len] = 0;
	fclose(file);
	return text;
}

static const char *role_text(const char *name, char text[ROLE_BYTES])
{
	const char *found = role_file(name, text);

	if (found)
		return found;
	if (strcmp(name, "viewer") == 0)
		return "{\"objects\": {\"/\": \"read\"}}";
	return strcmp(name, "stranger") == 0 ? "{\"objects\": {}}" : NULL;
}

BUILTIN(as)
{
	char text[ROLE_BYTES];
	const char *role;
	struct passwd *user;
	struct rules rules;

	if (argc > 1 && strcmp(argv[1], "--") == 0)
		argc--, argv++;
	if (argc < 3)
		return builtin_error(sh,
		                     "usage: as USER|ROLE COMMAND (`command as` is the assembler)");
	user = getpwnam(argv[1]);
	if (user)
		return as_user(sh, user, argc - 2, argv + 2);
	role = role_text(argv[1], text);
	if (!role)
		return builtin_refuse(sh, "%s: no such user, and no role of that name in " ROLES,
		                      argv[1]);
	if (!rules_read_role(sh, argv[1], role, &rules))
		return 2;
	return confine_run(sh, apply_rules, &rules, argc - 2, argv + 2);
}
