/*
 * Kernel log. Every line goes to a ring that stays in memory, for debuggers and memory dumps, and to the
 * console. It may be called anywhere from the first C instruction on, since it needs neither locks nor memory.
 * A line longer than LINE_MAX is cut.
 */
#include "printk.h"
#include <stdarg.h>
#include <base/bits.h>
#include <base/format.h>
#include "arch/arch.h"

#define LINE_MAX 512
#define RING_BYTES 65536ul

static struct {
	uint64_t written; /* bytes ever written; the next one goes to written % RING_BYTES */
	char text[RING_BYTES];
} ring;

void printk_text(const char *text, uint64_t len)
{
	for (uint64_t i = 0; i < len; i++)
		ring.text[ring.written++ % RING_BYTES] = text[i];
	arch_console_write(text, len);
}

void printk(const char *fmt, ...)
{
	char line[LINE_MAX];
	va_list args;

	va_start(args, fmt);
	size_t len = format_vstring(line, sizeof(line), fmt, args);
	va_end(args);
	printk_text(line, MIN(len, sizeof(line) - 1));
}
