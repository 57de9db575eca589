/*
 * Indexed arrays of variables.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shell;
struct var;

void array_free(struct var *var);

/* Makes the variable an array, its old value element 0. */
bool array_make(struct shell *sh, struct var *var);
bool array_clear(struct shell *sh, struct var *var);
bool array_set(struct shell *sh, struct var *var, intmax_t index, const char *value, bool append);
void array_unset(struct shell *sh, struct var *var, intmax_t index);

/* NULL when there is none; a plain variable has the element 0. */
const char *array_get(struct shell *sh, const struct var *var, intmax_t index);
size_t array_count(struct shell *sh, const struct var *var);
const char *array_at(struct shell *sh, const struct var *var, size_t place);

/* The index after the last one. */
intmax_t array_next(const struct var *var);
