/*
 * Alarms. One thread sleeps until the earliest deadline of all and makes the calls, one after the other; so these
 * must be short and wait for nobody.
 *
 * Locks: [a] alarm_lock, the innermost
 */
#include "alarm.h"
#include <libanon/thread.h>
#include "errno.h"
#include "lock.h"
#include "time.h"

static struct mutex alarm_lock = MUTEX_RANKED(RANK_LEAF);
static struct condition alarm_news = CONDITION_INIT;
static struct condition has_rung = CONDITION_INIT;
static struct alarm *first;   /* [a] by deadline */
static struct alarm *ringing; /* [a] */

static void unlink_locked(struct alarm *alarm)
{
	struct alarm **at = &first;

	if (!alarm->is_set)
		return;
	while (*at != alarm)
		at = &(*at)->next;
	*at = alarm->next;
	alarm->is_set = false;
}

void alarm_set(struct alarm *alarm, uint64_t deadline)
{
	struct alarm **at = &first;

	mutex_lock(&alarm_lock);
	unlink_locked(alarm);
	while (*at && (*at)->deadline <= deadline)
		at = &(*at)->next;
	alarm->deadline = deadline;
	alarm->next = *at;
	alarm->is_set = true;
	*at = alarm;
	if (first == alarm)
		condition_signal(&alarm_news);
	mutex_unlock(&alarm_lock);
}

void alarm_cancel(struct alarm *alarm)
{
	mutex_lock(&alarm_lock);
	while (ringing == alarm)
		condition_wait(&has_rung, &alarm_lock, 0);
	unlink_locked(alarm);
	mutex_unlock(&alarm_lock);
}

static void ring_first_locked(void)
{
	ringing = first;
	unlink_locked(ringing);
	mutex_unlock(&alarm_lock);
	ringing->ring(ringing);
	mutex_lock(&alarm_lock);
	ringing = 0;
	condition_broadcast(&has_rung);
}

static void alarm_thread(void *argument)
{
	(void)argument;
	mutex_lock(&alarm_lock);
	for (;;) {
		while (first && first->deadline <= time_monotonic_ns())
			ring_first_locked();
		condition_wait(&alarm_news, &alarm_lock, first ? first->deadline : 0);
	}
}

int64_t alarms_start(void)
{
	static const struct thread_options options = {.name = "alarms"};

	return errno_from_status(thread_spawn(alarm_thread, 0, &options, 0));
}
