/* The battery clock's registers (MC146818) as seconds since 1970 UTC. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct rtc_registers {
	uint8_t second, minute, hour, day, month, year, century;
	uint8_t status_b;
};

/* False when they hold no date. century 0: the 2000s. */
bool rtc_decode(const struct rtc_registers *r, int64_t *out_seconds);
/* Days from 1970-01-01 to a date of the Gregorian calendar; month 1-12. */
int64_t rtc_days(int64_t year, uint32_t month, uint32_t day);
