/*
 * /dev/kmsg: what a program writes there becomes a line of the system's log, under the container's name for itself.
 * As on Linux, who writes more than a few lines in a few seconds is not heard. Reading is syslog(2)'s business.
 */
#include <base/bits.h>
#include <libanon/log.h>
#include "device.h"
#include "syscall.h"

#define RECORD_MAX 1024 /* longer ones are refused, as on Linux */
#define LINES_AT_ONCE 10u
#define PERIOD_NS (5 * NS_PER_SECOND)

static struct mutex rate_lock = MUTEX_RANKED(RANK_LEAF);
static uint64_t period_end_ns; /* [rate_lock] */
static uint32_t lines;         /* [rate_lock] in this period */

static bool may_speak(void)
{
	uint64_t now = time_monotonic_ns();

	mutex_lock(&rate_lock);
	if (now >= period_end_ns) {
		period_end_ns = now + PERIOD_NS;
		lines = 0;
	}
	bool is_heard = lines++ < LINES_AT_ONCE;

	mutex_unlock(&rate_lock);
	return is_heard;
}

/* Over "<N>", where there is one; N is a priority and, above its three bits, who speaks. */
static const char *take_priority(const char *text, uint32_t *out_priority)
{
	const char *at = text;
	uint32_t number = 0;

	*out_priority = 4; /* as Linux's default */
	if (*at++ != '<')
		return text;
	for (; *at >= '0' && *at <= '9' && number < 1000; at++)
		number = number * 10 + (uint32_t)(*at - '0');
	if (*at != '>' || at == text + 1)
		return text;
	*out_priority = number & 7;
	return at + 1;
}

static uint32_t level_of(uint32_t priority)
{
	if (priority <= 3)
		return LOG_ERROR;
	if (priority == 4)
		return LOG_WARN;
	return priority <= 6 ? LOG_INFO : LOG_DEBUG;
}

static int64_t kmsg_write(struct file *file, struct iter *from, uint64_t *position)
{
	char record[RECORD_MAX + 1];
	size_t bytes = from->left;
	uint32_t priority;

	(void)file, (void)position;
	if (bytes > RECORD_MAX)
		return -EINVAL;
	if (iter_get(from, record, bytes) != bytes)
		return -EFAULT;
	size_t len = bytes > 0 && record[bytes - 1] == '\n' ? bytes - 1 : bytes;

	record[len] = 0;
	const char *text = take_priority(record, &priority);

	if (may_speak())
		log_line(level_of(priority), "%s", text);
	return (int64_t)bytes;
}

const struct file_ops kmsg_ops = {
	.name = "kmsg",
	.write = kmsg_write,
};
