/*
 * Reads address 0, for tests of supervision. The compiler must not see that it is null.
 */
#include <stdint.h>
#include <libanon/log.h>

int main(void)
{
	volatile uint32_t *volatile nothing = 0;

	log_info("crashing");
	return (int)*nothing;
}
