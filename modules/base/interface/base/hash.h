/*
 * Hashes for tables in memory: a 64-bit mix and FNV-1a. Neither resists an attacker who picks the keys; a
 * table with such keys bounds its chains or mixes in a secret.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Every input bit changes about half of the output bits; one to one. */
static inline uint64_t hash_mix(uint64_t value)
{
	value ^= value >> 32;
	value *= 0xd6e8feb86659fd93ull;
	value ^= value >> 32;
	value *= 0xd6e8feb86659fd93ull;
	value ^= value >> 32;
	return value;
}

/* FNV-1a byte by byte, for who looks at them anyway. */
#define HASH_START 0xcbf29ce484222325ull
static inline uint64_t hash_byte(uint64_t hash, unsigned char byte)
{
	return (hash ^ byte) * 0x100000001b3ull;
}

static inline uint64_t hash_bytes(const void *data, size_t len)
{
	const unsigned char *byte = data;
	uint64_t hash = HASH_START;

	for (size_t i = 0; i < len; i++)
		hash = hash_byte(hash, byte[i]);
	return hash;
}

static inline uint64_t hash_string(const char *text)
{
	uint64_t hash = HASH_START;

	while (*text)
		hash = hash_byte(hash, (unsigned char)*text++);
	return hash;
}
