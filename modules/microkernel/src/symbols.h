/*
 * Names of the kernel's own functions, for back traces.
 */
#pragma once
#include <stdint.h>

/* The function that contains address and how far into it; null when unknown. */
const char *symbol_find(uint64_t address, uint64_t *out_offset);
