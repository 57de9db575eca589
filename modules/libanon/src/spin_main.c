/*
 * Uses the processor for ever, for tests of scheduling, shares and killing.
 */
#include <libanon/log.h>

int main(void)
{
	log_info("spinning");
	for (;;)
		__builtin_ia32_pause();
}
