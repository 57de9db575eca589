/*
 * What the instrumented kernel does at each access to memory: nothing, until somebody wants to know.
 */
#pragma once
#include <stdbool.h>

extern void (*access_hook)(const void *at, bool is_atomic, bool is_write);
