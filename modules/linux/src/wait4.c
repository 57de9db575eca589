/*
 * wait4 and waitid. A child is news when it is a zombie, has stopped, or goes on; each piece of news is
 * fetched once. The search runs under tasks_lock; sleeping is on the caller's process->child_wait, which
 * exit.c wakes.
 */
#include "wait4.h"
#include <base/string.h>
#include <libanon/heap.h>
#include "guest.h"
#include "rusage.h"
#include "syscall.h"
#include "task_table.h"

#define WNOHANG 1u
#define WUNTRACED 2u
#define WSTOPPED WUNTRACED
#define WEXITED 4u
#define WCONTINUED 8u
#define WNOWAIT 0x01000000u
#define WNOTHREAD 0x20000000u
#define WALL 0x40000000u
#define WCLONE 0x80000000u
#define STATUS_CONTINUED 0xffff
#define P_ALL 0
#define P_PID 1
#define P_PGID 2

enum id_type { WAIT_ANY, WAIT_PID, WAIT_GROUP };

struct wait_request {
	enum id_type type;
	int32_t id;
	uint32_t options;
};

struct wait_news {
	int32_t pid; /* 0: none */
	uint32_t uid;
	int32_t status;
	int32_t code; /* CLD_* */
	struct process_times times;
	struct process *zombie; /* a reference, or null */
	struct task *leader;    /* of the zombie: what its burial left to do */
};

/* --- burying --- */

static void remove_child_locked(struct process *process)
{
	struct process **at;

	if (!process->parent)
		return;
	for (at = &process->parent->children; *at != process; at = &(*at)->sibling)
		;
	*at = process->sibling;
}

struct task *wait_bury_locked(struct process *process)
{
	struct task *leader = process->tasks;

	if (process->state != PROCESS_ZOMBIE)
		return 0;
	process->state = PROCESS_REAPED;
	remove_child_locked(process);
	process_unlink_locked(process);
	task_unlink_locked(leader);
	session_put_locked(process->session);
	return leader;
}

void wait_buried(struct process *process, struct task *leader)
{
	if (!leader)
		return;
	task_put(leader);
	process_put(process);
}

/* --- looking --- */

static bool is_asked_for(const struct process *child, const struct wait_request *request)
{
	if (request->type == WAIT_PID && child->pid != request->id)
		return false;
	if (request->type == WAIT_GROUP && child->pgid != request->id)
		return false;
	if (request->options & WALL)
		return true;
	return (child->exit_signal != SIGCHLD) == !!(request->options & WCLONE);
}

/* That it has stopped or goes on. */
static bool stop_news_of(struct process *child, uint32_t options, struct wait_news *news)
{
	bool is_kept = options & WNOWAIT;

	mutex_lock(&child->lock);
	bool is_stop = child->wait_stopped && (options & WSTOPPED);
	bool is_continue = !is_stop && child->wait_continued && (options & WCONTINUED);

	if (is_stop) {
		news->status = child->stop_signal << 8 | 0x7f;
		news->code = CLD_STOPPED;
		child->wait_stopped = is_kept;
	} else if (is_continue) {
		news->status = STATUS_CONTINUED;
		news->code = CLD_CONTINUED;
		child->wait_continued = is_kept;
	}
	mutex_unlock(&child->lock);
	return is_stop || is_continue;
}

static bool news_of_locked(struct process *child, uint32_t options, struct wait_news *news)
{
	bool is_kept = options & WNOWAIT;

	if (child->state == PROCESS_ZOMBIE && (options & WEXITED)) {
		news->status = child->exit_status;
		news->code = child->exit_status & 0x7f ? CLD_KILLED : CLD_EXITED;
		if (!is_kept) {
			news->zombie = child;
			process_get(child);
		}
	} else if (!stop_news_of(child, options, news)) {
		return false;
	}
	news->pid = child->pid;
	news->uid = child->tasks ? child->tasks->cred.uid : 0;
	return true;
}

static struct process_times times_of_zombie_locked(const struct process *child)
{
	struct process_times times = child->times;

	times.user_ns += child->tasks->cpu_ns + child->child_times.user_ns;
	times.system_ns += child->child_times.system_ns;
	return times;
}

/* 1: news found, a zombie buried: no other thread finds it; 0: children, but no news; -ECHILD: nobody to wait for. */
static int64_t look(struct process *process, const struct wait_request *request,
                    struct wait_news *news)
{
	int64_t result = -ECHILD;

	mutex_lock(&tasks_lock);
	for (struct process *child = process->children; child && result != 1;
	     child = child->sibling) {
		if (!is_asked_for(child, request))
			continue;
		result = news_of_locked(child, request->options, news);
	}
	if (news->zombie) {
		news->times = times_of_zombie_locked(news->zombie);
		process->child_times.user_ns += news->times.user_ns;
		process->child_times.system_ns += news->times.system_ns;
		news->leader = wait_bury_locked(news->zombie);
	}
	mutex_unlock(&tasks_lock);
	return result;
}

static int64_t wait_for_news(struct task *task, const struct wait_request *request,
                             struct wait_news *news)
{
	int64_t found = 0;
	int64_t result = wait_event(task, &task->process->child_wait,
	                            (found = look(task->process, request, news)) != 0 ||
	                                    (request->options & WNOHANG),
	                            0);

	if (result != 0)
		return result;
	if (found == 1 && news->zombie) {
		wait_buried(news->zombie, news->leader);
		process_put(news->zombie);
	}
	return found == 1 ? news->pid : found;
}

/* --- calls --- */

SYSCALL4(wait4, int32_t, pid, uint64_t, u_status, uint32_t, options, uint64_t, u_rusage)
{
	struct wait_request request = {.options = options | WEXITED};
	struct wait_news news;

	if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | WNOTHREAD | WCLONE | WALL))
		return -EINVAL;
	if (pid == INT32_MIN)
		return -ESRCH;
	if (pid > 0)
		request.type = WAIT_PID, request.id = pid;
	else if (pid != -1)
		request.type = WAIT_GROUP, request.id = pid == 0 ? task->process->pgid : -pid;
	memset(&news, 0, sizeof(news));
	int64_t result = wait_for_news(task, &request, &news);

	if (result <= 0)
		return result;
	if (u_status && put_guest_u32(task, u_status, (uint32_t)news.status) != 0)
		return -EFAULT;
	if (u_rusage && rusage_put(task, u_rusage, &news.times) != 0)
		return -EFAULT;
	return result;
}

static int64_t put_wait_info(struct task *task, uint64_t u_info, const struct wait_news *news)
{
	struct linux_siginfo info;

	memset(&info, 0, sizeof(info));
	if (news->pid != 0) {
		info.si_signo = SIGCHLD;
		info.si_code = news->code;
		info.child.pid = news->pid;
		info.child.uid = news->uid;
		info.child.status = news->code == CLD_EXITED      ? news->status >> 8 & 0xff
		                    : news->code == CLD_STOPPED   ? news->status >> 8
		                    : news->code == CLD_CONTINUED ? SIGCONT
		                                                  : news->status & 0x7f;
	}
	return copy_to_guest(task, u_info, &info, sizeof(info));
}

SYSCALL5(waitid, int32_t, type, int32_t, id, uint64_t, u_info, uint32_t, options, uint64_t,
         u_rusage)
{
	struct wait_request request = {.id = id, .options = options};
	struct wait_news news;

	if (options &
	    ~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | WNOTHREAD | WCLONE | WALL))
		return -EINVAL;
	if (!(options & (WEXITED | WSTOPPED | WCONTINUED)))
		return -EINVAL;
	if ((type == P_PID && id <= 0) || (type == P_PGID && id < 0) || type < 0 || type > P_PGID)
		return -EINVAL;
	if (type == P_PGID && id == 0)
		request.id = task->process->pgid;
	request.type = type == P_PID ? WAIT_PID : type == P_PGID ? WAIT_GROUP : WAIT_ANY;
	memset(&news, 0, sizeof(news));
	int64_t result = wait_for_news(task, &request, &news);

	if (result < 0)
		return result;
	if (u_info && put_wait_info(task, u_info, &news) != 0)
		return -EFAULT;
	if (u_rusage && result > 0 && rusage_put(task, u_rusage, &news.times) != 0)
		return -EFAULT;
	return 0;
}
