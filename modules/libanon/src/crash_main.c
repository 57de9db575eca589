/*
 * Reads address 0, or with an argument executes what is no instruction, for tests of supervision. The compiler must not see
 * that the address is null.
 */
#include <stdint.h>
#include <libanon/log.h>

int main(int argc, char **argv)
{
	volatile uint32_t *volatile nothing = 0;

	log_info("crashing");
	if (argc > 1 && argv[1][0])
		__builtin_trap();
	return (int)*nothing;
}
