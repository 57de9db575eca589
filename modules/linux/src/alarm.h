/*
 * Alarms: functions that are called at a time (alarm.c).
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct alarm {
	void (*ring)(struct alarm *alarm); /* [I] called once for each setting, without any lock */
	struct alarm *next;                /* alarm.c's, under its lock, like the rest */
	uint64_t deadline;
	bool is_set;
};

int64_t alarms_start(void); /* once, before the first is set */
/* At a monotonic time, which may have passed; in place of an earlier one. */
void alarm_set(struct alarm *alarm, uint64_t deadline);
/* When it returns, the alarm neither rings nor will. Not from ring, nor with a lock that ring takes. */
void alarm_cancel(struct alarm *alarm);
