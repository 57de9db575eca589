/*
 * sh-fuzz: reads a script from standard input, parses and expands it, runs nothing. What a fuzzer such as AFL feeds;
 * to be built with its compiler and with sanitizers.
 */
#include "arena.h"
#include "fuzz.h"
#include <stdlib.h>
#include <unistd.h>

#define MOST_BYTES (1 << 20)

int main(void)
{
	char *bytes = memory_new(MOST_BYTES);
	size_t len = 0;
	ssize_t done;

	while (len < MOST_BYTES && (done = read(0, bytes + len, MOST_BYTES - len)) > 0)
		len += (size_t)done;
	fuzz_script(bytes, len);
	free(bytes);
	return 0;
}
