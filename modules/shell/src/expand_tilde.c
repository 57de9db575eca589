/*
 * Tilde expansion: a user's home. The result is neither split nor globbed; a name that nobody has stays as it is.
 */
#include "expand.h"
#include "shell.h"
#include <pwd.h>
#include <string.h>

static const char *home_of(struct shell *sh, const char *user)
{
	struct passwd *entry;

	if (!*user)
		return var_value(sh, sh->vars.home);
	entry = getpwnam(user);
	return entry ? entry->pw_dir : NULL;
}

bool expand_tilde(struct expansion *ex, const struct part *part)
{
	const char *home = home_of(ex->sh, part->text);

	if (!home) {
		expansion_quoted(ex, "~", 1);
		home = part->text;
	}
	expansion_quoted(ex, home, strlen(home));
	return true;
}
