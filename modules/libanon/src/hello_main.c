/*
 * The smallest program: one log line with its arguments, then a clean end. The first smoke test of a
 * kernel or an image.
 */
#include <libanon/log.h>

int main(int argc, char **argv)
{
	log_info("hello, %d argument%s%s%s", argc - 1, argc == 2 ? "" : "s", argc > 1 ? ": " : "",
	         argc > 1 ? argv[1] : "");
	return 0;
}
