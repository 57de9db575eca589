/*
 * The end of a container (stop.c).
 */
#pragma once
#include <libanon/syscall.h>

/* Ends all processes in a thread of its own, then signals. E_BUSY when that is under way. done is taken over on success. */
status_t stop_all(uint32_t grace_ms, handle_t done, uint64_t bits);
/* Pid 1 has ended with this wait4 status: so does the container, and the monitor with it. */
void stop_with_init(int32_t status) __attribute__((noreturn));
