/*
 * Completion for with, as and ns, and for the arguments of an object's method.
 */
#include "complete_word.h"
#include "objects.h"
#include "shell.h"
#include <dirent.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#define ROLES "/cfg/roles"

static bool begins(const struct completion *c, const char *name)
{
	return strncmp(name, c->value, strlen(c->value)) == 0;
}

/* ---- with: RIGHTS/PATH,RIGHTS/PATH */

/* The rule that the cursor is in. */
static char *last_rule(const struct completion *c)
{
	char *comma = strrchr(c->value, ',');

	return comma ? comma + 1 : c->value;
}

/* The part may begin with the end of the rule before. */
static void complete_rights(struct completion *c, const char *rule)
{
	static const char *const rights[] = {"read", "change", "manage", "all", "none", NULL};
	const char *plus = strrchr(rule, '+'), *begun = plus ? plus + 1 : rule;
	struct text name;

	for (size_t i = 0; rights[i]; i++) {
		struct arena_mark mark = arena_mark(&c->sh->temp);

		if (strncmp(rights[i], begun, strlen(begun)) == 0) {
			text_begin(&name, &c->sh->temp);
			text_bytes(&name, c->part, (size_t)(begun - c->part));
			text_format(&name, "%s/", rights[i]);
			complete_add(c, text_end(&name), 0);
		}
		arena_release(&c->sh->temp, mark);
	}
}

static void complete_with(struct completion *c)
{
	char *rule = last_rule(c), *slash = strchr(rule, '/');

	if (slash)
		complete_objects_in(c, arena_text(&c->sh->temp, slash, (size_t)(c->part - slash)));
	else
		complete_rights(c, rule);
}

/* ---- as */

static void complete_users(struct completion *c)
{
	const struct passwd *user;

	setpwent();
	while ((user = getpwent()))
		if (begins(c, user->pw_name))
			complete_add(c, user->pw_name, ' ');
	endpwent();
}

static void complete_roles(struct completion *c)
{
	DIR *dir = opendir(ROLES);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		const char *dot = strrchr(entry->d_name, '.');

		if (dot && strcmp(dot, ".json") == 0 && begins(c, entry->d_name))
			complete_add(c,
			             arena_text(&c->sh->temp, entry->d_name,
			                        (size_t)(dot - entry->d_name)),
			             ' ');
	}
	if (dir)
		closedir(dir);
	complete_list(c, (const char *const[]){"stranger", "viewer", NULL});
}

/* ---- ns */

static void complete_ns(struct completion *c)
{
	const char *verb = c->word_count > 1 ? c->words[1] : "";

	if (c->word_count == 1)
		complete_list(c, (const char *const[]){"bind", "rights", "unbind", NULL});
	else if (strcmp(verb, "rights") == 0)
		complete_objects(c, ' ');
	else
		complete_files(c, FILES_ALL);
}

bool complete_confined(struct completion *c)
{
	const char *name = c->word_count > 0 ? c->words[0] : "";

	if (strcmp(name, "ns") == 0) {
		complete_ns(c);
	} else if (strcmp(name, "with") == 0 && c->word_count == 1) {
		complete_with(c);
	} else if (strcmp(name, "as") == 0 && c->word_count == 1) {
		complete_users(c);
		complete_roles(c);
	} else {
		return false;
	}
	return true;
}

void complete_skip_confining(struct completion *c)
{
	while (c->word_count >= 2 &&
	       (strcmp(c->words[0], "with") == 0 || strcmp(c->words[0], "as") == 0)) {
		c->word_count -= 2;
		memmove(c->words, c->words + 2, c->word_count * sizeof(c->words[0]));
		c->is_command = c->word_count == 0 && !c->is_file;
	}
}

/* ---- NAME=VALUE of a method */

static void add_argument(void *context, const char *name, const char *type)
{
	struct completion *c = context;
	char given[128], shown[256];

	snprintf(given, sizeof(given), "%s=", name);
	snprintf(shown, sizeof(shown), "%s=%s", name, type);
	if (begins(c, given))
		editor_candidate(c->out, given, shown, 0);
}

void complete_method_argument(struct completion *c)
{
	objects_arguments(c->words[0], add_argument, c);
}
