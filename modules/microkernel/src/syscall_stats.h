/*
 * Counters for system_info.
 */
#pragma once
#include <stdint.h>

extern uint64_t syscall_count;
