#pragma once
#include <stdint.h>

/* Measures the TSC and the local APIC's timer; the clock counts from entry_ticks. */
void clock_init(uint64_t entry_ticks, uint16_t pm_timer_port);
/* Another CPU's turn, while the boot CPU calls clock_answer_cpu again and again: how its counter differs, its timer. */
void clock_init_cpu(void);
void clock_answer_cpu(void);
void clock_timer_fired(void);
