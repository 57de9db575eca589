/*
 * The kernel's messages on the host: for unit tests and explorers.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "panic.h"
#include "printk.h"

void printk(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
}

void panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	abort();
}
