/*
 * Where libanon's own mappings go; not for programs.
 */
#pragma once
#include <stdint.h>

/* An address for a mapping of so many bytes, probably free; 0 leaves it to the kernel. */
uint64_t memory_hint(uint64_t bytes);
