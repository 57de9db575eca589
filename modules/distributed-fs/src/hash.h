/* The store's 128-bit checksum; see hash.c. */
#pragma once

#include "store_os.h"

struct hash128 {
	uint64_t half[2];
};

struct hash128 hash128_of(const void *data, size_t bytes, uint64_t seed);
