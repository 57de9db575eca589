/*
 * timerfd (timerfd.c).
 */
#pragma once

/* The time of day was set: timers on it fire by the new one, and some are called off. */
void timerfd_clock_was_set(void);
