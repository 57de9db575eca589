#pragma once
#include <stdbool.h>

void machine_read_options(const char *cmdline);
bool machine_has_option(const char *cmdline, const char *option); /* a word of its own */
