/*
 * Waiting for time and events, through the kicks that end kernel waits early.
 */
#include <libanon/time.h>

void sleep_ns(uint64_t ns)
{
	uint64_t deadline = deadline_in_ns(ns);

	while (sys_thread_sleep(deadline) == E_INTR)
		;
}

status_t event_await(handle_t event, uint64_t mask, uint64_t timeout_ns, uint64_t *out_bits)
{
	uint64_t deadline = timeout_ns ? deadline_in_ns(timeout_ns) : 0;
	status_t status;

	do {
		status = sys_event_wait(event, mask, deadline, out_bits);
	} while (status == E_INTR);
	return status;
}
