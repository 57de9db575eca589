/*
 * A kernel without in-kernel tests.
 */
#include "ktest.h"

void ktest_main(void) {}
