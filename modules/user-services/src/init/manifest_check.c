/*
 * The rules between the entries of a manifest. The one that matters most: calls only go down the levels,
 * so a cycle of services waiting for each other cannot be written. Whoever may call a directory service can
 * reach everything bound in the tree and so must stand above all that bind; whoever only holds an endpoint
 * to pass it on need not.
 */
#include "common/text.h"
#include "init/manifest.h"

static bool refuse(struct manifest_error *error, const struct manifest_service *s, const char *what,
                   const char *name)
{
	const char *parts[] = {s->name, ": ", what, name};
	size_t used = 0;

	error->line = s->line;
	for (int i = 0; i < 4; i++) {
		for (const char *c = parts[i]; *c && used < sizeof(error->text) - 1; c++)
			error->text[used++] = *c;
	}
	error->text[used] = 0;
	return false;
}

static bool same(const char *a, const char *b)
{
	return text_is(text_of(a), b);
}

int manifest_find(const struct manifest *m, const char *name)
{
	for (uint32_t i = 0; i < m->count; i++) {
		if (same(m->services[i].name, name))
			return (int)i;
	}
	return -1;
}

bool manifest_serves(const struct manifest_service *s)
{
	for (uint32_t i = 0; i < s->cap_count; i++) {
		if (s->caps[i].kind == CAP_SERVE)
			return true;
	}
	return same(s->name, MANIFEST_SELF);
}

bool manifest_wanted(const struct manifest_service *s, const char *cmdline)
{
	if (s->when[0] && !text_has_word(cmdline, s->when))
		return false;
	return !s->unless[0] || !text_has_word(cmdline, s->unless);
}

/* The highest level of any service that is bound in the tree. */
static uint32_t highest_bound(const struct manifest *m)
{
	uint32_t level = 0;

	for (uint32_t i = 0; i < m->count; i++) {
		if (m->services[i].bind_count && m->services[i].level > level)
			level = m->services[i].level;
	}
	return level;
}

static bool check_target(const struct manifest *m, const struct manifest_service *s,
                         const struct manifest_cap *c, struct manifest_error *error)
{
	int at = manifest_find(m, c->target);
	const struct manifest_service *t = at < 0 ? NULL : &m->services[at];

	if (!t || !manifest_serves(t))
		return refuse(error, s, "no service answers as ", c->target);
	if (c->kind == CAP_HOLD)
		return true;
	if (t->level >= s->level)
		return refuse(error, s, "calls only go down the levels, not to ", c->target);
	/* init only binds into the tree; it follows no path there. */
	if (t->is_directory && !same(s->name, MANIFEST_SELF) && s->level <= highest_bound(m))
		return refuse(error, s, "could call up through the directory ", c->target);
	return true;
}

static bool check_cap(const struct manifest *m, const struct manifest_service *s, uint32_t at,
                      struct manifest_error *error)
{
	const struct manifest_cap *c = &s->caps[at];

	for (uint32_t i = 0; i < at; i++) {
		if (same(s->caps[i].name, c->name))
			return refuse(error, s, "two capabilities are called ", c->name);
	}
	if (c->kind == CAP_ENDPOINT || c->kind == CAP_HOLD || c->kind == CAP_PCI)
		return check_target(m, s, c, error);
	return true;
}

static bool check_service(const struct manifest *m, uint32_t at, struct manifest_error *error)
{
	const struct manifest_service *s = &m->services[at];

	if (manifest_find(m, s->name) != (int)at)
		return refuse(error, s, "a second service of this name", "");
	if (!same(s->name, MANIFEST_SELF) && (!s->pages || !s->handles || !s->threads))
		return refuse(error, s, "the budget must say pages, handles and threads", "");
	if (s->shares_root && !same(s->program, MANIFEST_MONITOR))
		return refuse(error, s, "shared_root is for program " MANIFEST_MONITOR ", not ",
		              s->program);
	if (s->bind_count && !manifest_serves(s))
		return refuse(error, s, "binds without `cap serve`: ", s->binds[0].path);
	for (uint32_t i = 0; i < s->cap_count; i++) {
		if (!check_cap(m, s, i, error))
			return false;
	}
	return true;
}

bool manifest_check(const struct manifest *m, struct manifest_error *error)
{
	for (uint32_t i = 0; i < m->count; i++) {
		if (!check_service(m, i, error))
			return false;
	}
	return true;
}
