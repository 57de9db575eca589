/*
 * All that the store takes from outside itself: status codes, four memory functions and
 * assertions. ASSERT is for our own mistakes only, never for what comes from a disk.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/assert.h>
#include <base/string.h>
#include <microkernel/errors.h>

#define CHECKED __attribute__((warn_unused_result))

static inline uint64_t min_u64(uint64_t left, uint64_t right)
{
	return left < right ? left : right;
}
