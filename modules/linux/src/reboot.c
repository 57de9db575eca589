/*
 * Switching the machine off from within: reboot(2), and the signals by which busybox's poweroff, halt and reboot
 * ask an init to do it, where pid 1 is this monitor. Both end at /sys/power, if the container's tree shows it; that
 * service has every container write its files out and stop before the machine does.
 */
#include "reboot.h"
#include "errno.h"
#include "object_access.h"
#include "signal.h"
#include "syscall.h"
#include "task.h"

#define POWER_SERVICE "/sys/power"
#define REBOOT_MAGIC1 0xfee1deadu
#define CMD_RESTART 0x01234567u
#define CMD_HALT 0xcdef0123u
#define CMD_CTRL_ALT_DELETE_ON 0x89abcdefu
#define CMD_CTRL_ALT_DELETE_OFF 0u
#define CMD_POWER_OFF 0x4321fedcu

static bool is_magic2(uint32_t magic)
{
	return magic == 672274793 || magic == 85072278 || magic == 369367448 || magic == 537993216;
}

static int64_t ask_power(struct task *task, const char *method)
{
	uint8_t value[64];
	struct obj_arguments arguments = {0};
	struct obj_result result = {.at = value, .max = sizeof(value)};
	status_t status = object_access_call(task, POWER_SERVICE, method, &arguments, &result);

	if (status == OK && !handle_is_none(result.cap))
		(void)sys_handle_close(result.cap);
	return status == OK ? 0 : -EPERM;
}

SYSCALL4(reboot, uint32_t, magic1, uint32_t, magic2, uint32_t, command, uint64_t, u_argument)
{
	if (!capable(task, CAP_SYS_BOOT))
		return -EPERM;
	if (magic1 != REBOOT_MAGIC1 || !is_magic2(magic2))
		return -EINVAL;
	switch (command) {
	case CMD_CTRL_ALT_DELETE_ON:
	case CMD_CTRL_ALT_DELETE_OFF: return 0;
	case CMD_RESTART: return ask_power(task, "reboot");
	case CMD_HALT:
	case CMD_POWER_OFF: return ask_power(task, "shutdown");
	default: return -EINVAL;
	}
}

void reboot_by_signal(struct task *sender, int32_t signal)
{
	if (signal == SIGTERM)
		(void)ask_power(sender, "reboot");
	else if (signal == SIGUSR1 || signal == SIGUSR2)
		(void)ask_power(sender, "shutdown");
}
