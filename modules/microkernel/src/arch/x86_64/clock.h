#pragma once
#include <stdint.h>

/* Measures the TSC and the local APIC's timer; the clock counts from entry_ticks. */
void clock_init(uint64_t entry_ticks, uint16_t pm_timer_port);
void clock_timer_fired(void);
