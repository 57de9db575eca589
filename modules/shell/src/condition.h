/*
 * What test, [ and [[ ask about strings, numbers and files.
 */
#pragma once
#include <stdbool.h>

struct shell;

/* -op operand. */
bool test_is_unary(const char *op);
bool test_unary(struct shell *sh, char op, const char *operand);

/* left op right; *out_error: not 0 when an operand is no number (told). */
bool test_is_binary(const char *op);
bool test_binary(struct shell *sh, const char *op, const char *left, const char *right,
                 bool *out_error);
