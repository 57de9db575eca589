/*
 * Bounded string copies, in every environment.
 */
#include <base/assert.h>
#include <base/string.h>

bool string_copy_len(char *to, const char *from, size_t len, size_t size)
{
	bool fits = len < size;
	size_t kept = fits ? len : size - 1;

	DEBUG_ASSERT(size > 0);
	memcpy(to, from, kept);
	to[kept] = '\0';
	return fits;
}

bool string_copy(char *to, const char *from, size_t size)
{
	return string_copy_len(to, from, strnlen(from, size), size);
}
