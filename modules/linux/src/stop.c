/*
 * Ending a container: SIGTERM to all, a time of grace, SIGKILL to who is left, file systems written back.
 */
#include "stop.h"
#include <base/bits.h>
#include <libanon/start.h>
#include <libanon/thread.h>
#include <libanon/time.h>
#include "file_api.h"
#include "signal.h"
#include "task.h"

#define LOOK_AGAIN_NS (10 * NS_PER_MS)
#define KILL_WAIT_NS (2 * NS_PER_S)

static struct {
	uint32_t is_running; /* [a] */
	uint32_t grace_ms;
	handle_t done;
	uint64_t bits;
} stop;

static void signal_everyone(int signal)
{
	int32_t pid = 1;
	struct process *process;

	while ((process = process_next(pid))) {
		pid = process->pid;
		signal_send_process(process, signal);
		if (signal == SIGTERM)
			signal_send_process(process, SIGCONT);
		process_put(process);
	}
}

/* Pid 1 stays. */
static void wait_until_empty(uint64_t deadline)
{
	while (process_count() > 1 && clock_ns() < deadline)
		sleep_ns(LOOK_AGAIN_NS);
}

static void stop_thread(void *argument)
{
	(void)argument;
	signal_everyone(SIGTERM);
	wait_until_empty(deadline_in_ms(stop.grace_ms));
	signal_everyone(SIGKILL);
	wait_until_empty(deadline_in_ns(KILL_WAIT_NS));
	vfs_sync_all();
	sys_event_signal(stop.done, stop.bits);
	sys_handle_close(stop.done);
	__atomic_store_n(&stop.is_running, 0, __ATOMIC_RELEASE);
}

void stop_with_init(int32_t status)
{
	uint32_t code = status & 0x7f ? 128 + ((uint32_t)status & 0x7f) : (uint32_t)status >> 8;

	signal_everyone(SIGKILL);
	wait_until_empty(deadline_in_ns(KILL_WAIT_NS));
	vfs_sync_all();
	program_exit(code);
}

status_t stop_all(uint32_t grace_ms, handle_t done, uint64_t bits)
{
	static const struct thread_options options = {.name = "stop"};

	if (__atomic_exchange_n(&stop.is_running, 1, __ATOMIC_ACQUIRE))
		return E_BUSY;
	stop.grace_ms = grace_ms;
	stop.done = done;
	stop.bits = bits;
	status_t status = thread_spawn(stop_thread, 0, &options, 0);

	if (status != OK)
		__atomic_store_n(&stop.is_running, 0, __ATOMIC_RELEASE);
	return status;
}
