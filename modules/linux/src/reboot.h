/*
 * Switching the machine off (reboot.c).
 */
#pragma once
#include <stdint.h>

/* A signal for pid 1 where that is the monitor. */
void reboot_by_signal(int32_t signal);
