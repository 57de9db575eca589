/*
 * Decoding the battery clock: BCD or binary, 12 or 24 hours, as its status register B says. The time is taken
 * as UTC. A clock with a flat battery shows nonsense, which is told apart from a date.
 */
#include "time/rtc.h"

#define STATUS_24_HOURS 2u
#define STATUS_BINARY 4u
#define HOUR_PM 0x80u

static uint32_t number(const struct rtc_registers *r, uint8_t value)
{
	return r->status_b & STATUS_BINARY ? value : (value >> 4) * 10u + (value & 15);
}

static uint32_t hour_of(const struct rtc_registers *r)
{
	uint32_t hour = number(r, r->hour & 0x7f);

	if (r->status_b & STATUS_24_HOURS)
		return number(r, r->hour);
	return hour % 12 + (r->hour & HOUR_PM ? 12 : 0);
}

/* Years start in March here, so that the leap day is the last of its year. */
int64_t rtc_days(int64_t year, uint32_t month, uint32_t day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

static bool is_date(uint32_t month, uint32_t day, uint32_t hour, uint32_t minute, uint32_t second)
{
	return month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour < 24 && minute < 60 &&
	       second < 61;
}

bool rtc_decode(const struct rtc_registers *r, int64_t *out_seconds)
{
	uint32_t month = number(r, r->month), day = number(r, r->day), hour = hour_of(r);
	uint32_t minute = number(r, r->minute), second = number(r, r->second);
	int64_t century = r->century ? number(r, r->century) : 20;
	int64_t year = century * 100 + number(r, r->year);

	if (!is_date(month, day, hour, minute, second) || year < 1970 || year > 2200)
		return false;
	*out_seconds = rtc_days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
	return true;
}
