/*
 * Random bytes for guests: getrandom, /dev/urandom, AT_RANDOM.
 */
#pragma once
#include <stddef.h>

void random_bytes(void *buffer, size_t bytes);
