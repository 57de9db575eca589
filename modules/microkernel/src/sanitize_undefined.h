/* Between the sanitizers: whether a test wants this fault, which is then counted. */
#pragma once
#include <stdbool.h>

bool sanitize_is_expected(void);
