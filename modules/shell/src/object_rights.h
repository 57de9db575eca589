/*
 * Rights to objects as they are typed: "read+change", and rules RIGHTS/PATH for what is left to a command.
 */
#pragma once
#include <object-tree/cbor.h>
#include <stdbool.h>
#include <stddef.h>

struct shell;
struct text;

#define RULES_BYTES 3900

struct rules {
	unsigned char map[RULES_BYTES]; /* as obj_limit takes it */
	size_t len;
};

/* "read", "change", "manage" joined by "+", "all" or "none"; false: something else. */
bool rights_read(const char *text, size_t len, unsigned *out);

/* RIGHTS/PATH[,RIGHTS/PATH...] or none. False: told, in the built-in's name. */
bool rules_read(struct shell *sh, const char *text, struct rules *rules);
/* {"objects": {PATH: RIGHTS}} of a role's file. False: told. */
bool rules_read_role(struct shell *sh, const char *name, const char *json, struct rules *rules);

/* Gives up all objects but these, in this process and for good. False: told. */
bool rules_apply(struct shell *sh, const struct rules *rules);

/* What this process may do at a path; -1: nothing leads there, or (errno ENOSYS) there is no tree. */
int rights_here(const char *path);
/* Whether anything was given up. */
bool rights_are_limited(void);
