/*
 * Any bytes as a script: parsed, and every word of it expanded, without running a command.
 */
#pragma once
#include <stddef.h>

void fuzz_script(const char *bytes, size_t len);
