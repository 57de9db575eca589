/*
 * sh-fuzz: what libFuzzer calls with each script that it makes up; test/fuzz/run.py starts it. With files as
 * arguments the program takes these and ends.
 */
#include "fuzz.h"
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	fuzz_script((const char *)bytes, len);
	return 0;
}
