/*
 * Switching the machine off (reboot.c).
 */
#pragma once
#include <stdint.h>

struct task;

/* A signal for pid 1 where that is the monitor. */
void reboot_by_signal(struct task *sender, int32_t signal);
