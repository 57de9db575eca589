/*
 * signalfd: signals taken by reading a file. What is pending belongs to whoever reads or polls, not to who made the
 * file; so the file waits on the signals of every process that has asked it, and keeps those processes.
 *
 * Locks: [s] signalfd->lock
 */
#include <base/assert.h>
#include <base/string.h>
#include <libanon/heap.h>
#include "file.h"
#include "guest.h"
#include "signal_queue.h"
#include "syscall.h"

/* A process whose signals a wait queue entry may hang on. */
struct home {
	struct home *next;
	struct process *process; /* a reference */
};

struct signalfd {
	struct mutex lock;  /* RANK_FILE */
	sigset_t64 mask;    /* [a] */
	struct home *homes; /* [s] */
};

struct signalfd_siginfo {
	uint32_t signo;
	int32_t error, code;
	uint32_t pid, uid;
	int32_t fd;
	uint32_t tid, band, overrun, trap_number;
	int32_t status, value_int;
	uint64_t value, utime, stime, address;
	uint16_t address_lsb, pad;
	uint8_t reserved[44];
};
STATIC_ASSERT(sizeof(struct signalfd_siginfo) == 128);

/* --- what comes back --- */

enum layout { LAYOUT_KILL, LAYOUT_VALUE, LAYOUT_TIMER, LAYOUT_CHILD, LAYOUT_FAULT, LAYOUT_POLL };

/* Which of its parts a siginfo has. */
static enum layout layout_of(const struct linux_siginfo *info)
{
	if (info->si_code == SI_TIMER)
		return LAYOUT_TIMER;
	if (info->si_code < 0)
		return LAYOUT_VALUE;
	if (info->si_code == SI_USER || info->si_code >= SI_KERNEL)
		return LAYOUT_KILL;
	if (info->si_signo == SIGCHLD)
		return LAYOUT_CHILD;
	if (info->si_signo == SIGIO)
		return LAYOUT_POLL;
	return SIGNALS_SYNCHRONOUS & signal_bit(info->si_signo) ? LAYOUT_FAULT : LAYOUT_KILL;
}

static struct signalfd_siginfo convert(const struct linux_siginfo *info)
{
	struct signalfd_siginfo out = {
		.signo = (uint32_t)info->si_signo,
		.error = info->si_errno,
		.code = info->si_code,
	};

	switch (layout_of(info)) {
	case LAYOUT_VALUE:
		out.value = info->user.value;
		out.value_int = (int32_t)info->user.value;
		/* fall through */
	case LAYOUT_KILL:
		out.pid = (uint32_t)info->user.pid;
		out.uid = info->user.uid;
		break;
	case LAYOUT_TIMER:
		out.tid = (uint32_t)info->timer.timer;
		out.overrun = (uint32_t)info->timer.overrun;
		out.value = info->timer.value;
		out.value_int = (int32_t)info->timer.value;
		break;
	case LAYOUT_CHILD:
		out.pid = (uint32_t)info->child.pid;
		out.uid = info->child.uid;
		out.status = info->child.status;
		out.utime = (uint64_t)info->child.utime;
		out.stime = (uint64_t)info->child.stime;
		break;
	case LAYOUT_FAULT:
		out.address = info->fault.address;
		out.address_lsb = info->fault.address_lsb;
		break;
	case LAYOUT_POLL:
		out.band = (uint32_t)info->poll.band;
		out.fd = info->poll.fd;
		break;
	}
	return out;
}

/* --- the file --- */

static sigset_t64 mask_of(const struct signalfd *s)
{
	return __atomic_load_n(&s->mask, __ATOMIC_RELAXED);
}

static int64_t signalfd_read(struct file *file, struct iter *to, uint64_t *position)
{
	struct signalfd *s = file->private;
	struct task *task = to->task;
	struct linux_siginfo info;
	int64_t done = 0;

	(void)position;
	if (to->left < sizeof(struct signalfd_siginfo))
		return -EINVAL;
	if (!task)
		return -EAGAIN;
	while (to->left >= sizeof(struct signalfd_siginfo)) {
		bool is_taken = signal_take(task, mask_of(s), &info);

		if (!is_taken && (done > 0 || file_is_nonblocking(file)))
			break;
		int64_t result = is_taken ? 0
		                          : wait_event(task, &task->process->signal_wait,
		                                       signal_take(task, mask_of(s), &info), 0);
		if (result != 0)
			return result;
		struct signalfd_siginfo out = convert(&info);

		if (iter_put(to, &out, sizeof(out)) != sizeof(out))
			return done > 0 ? done : -EFAULT;
		done += sizeof(out);
	}
	return done > 0 ? done : -EAGAIN;
}

static bool has_home_locked(const struct signalfd *s, const struct process *process)
{
	const struct home *home = s->homes;

	while (home && home->process != process)
		home = home->next;
	return home;
}

/* False without memory. */
static bool keep(struct signalfd *s, struct process *process)
{
	struct home *home = heap_alloc(sizeof(*home));

	mutex_lock(&s->lock);
	bool is_kept = has_home_locked(s, process);

	if (!is_kept && home) {
		process_get(process);
		*home = (struct home){s->homes, process};
		s->homes = home;
		home = 0;
		is_kept = true;
	}
	mutex_unlock(&s->lock);
	heap_free(home);
	return is_kept;
}

static uint32_t signalfd_poll(struct file *file, struct poll_table *table)
{
	struct signalfd *s = file->private;
	struct task *task = task_current();

	if (!task)
		return 0;
	if (table && !keep(s, task->process))
		return POLLERR;
	poll_add(table, &task->process->signal_wait, 0);
	return signal_pending_set(task) & mask_of(s) ? POLLIN : 0;
}

static void signalfd_free(struct signalfd *s)
{
	while (s->homes) {
		struct home *next = s->homes->next;

		process_put(s->homes->process);
		heap_free(s->homes);
		s->homes = next;
	}
	heap_free(s);
}

/* Nobody waits any more: who polls has a reference, and an epoll has forgotten the file. */
static void signalfd_release(struct file *file)
{
	signalfd_free(file->private);
}

static const struct file_ops signalfd_ops = {
	.name = "signalfd",
	.flags = FILE_STREAM,
	.read = signalfd_read,
	.poll = signalfd_poll,
	.release = signalfd_release,
};

/* --- the calls --- */

static int64_t create(struct task *task, sigset_t64 mask, uint32_t flags)
{
	struct signalfd *s = heap_zalloc(sizeof(*s));
	struct file *file;

	if (!s)
		return -ENOMEM;
	mutex_init(&s->lock, RANK_FILE);
	s->mask = mask;
	int64_t result = file_create_anonymous("anon_inode:[signalfd]", 0600,
	                                       O_RDWR | (flags & O_NONBLOCK), &signalfd_ops, s,
	                                       &file);
	if (result != 0) {
		signalfd_free(s);
		return result;
	}
	return files_add_new(task, file, flags & O_CLOEXEC);
}

static int64_t change(struct task *task, int32_t fd, sigset_t64 mask)
{
	struct file *file = files_lookup(task->files, fd);

	if (!file)
		return -EBADF;
	bool is_right = file->ops == &signalfd_ops;

	if (is_right) {
		struct signalfd *s = file->private;

		__atomic_store_n(&s->mask, mask, __ATOMIC_RELAXED);
		wait_wake(&task->process->signal_wait);
	}
	file_put(file);
	return is_right ? fd : -EINVAL;
}

static int64_t signalfd(struct task *task, int32_t fd, uint64_t u_mask, uint64_t bytes,
                        uint32_t flags)
{
	sigset_t64 mask;

	if (bytes != sizeof(mask) || flags & ~(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	if (copy_from_guest(task, &mask, u_mask, sizeof(mask)) != 0)
		return -EFAULT;
	mask &= ~SIGNALS_UNBLOCKABLE;
	return fd == -1 ? create(task, mask, flags) : change(task, fd, mask);
}

SYSCALL3(signalfd, int32_t, fd, uint64_t, u_mask, uint64_t, bytes)
{
	return signalfd(task, fd, u_mask, bytes, 0);
}

SYSCALL4(signalfd4, int32_t, fd, uint64_t, u_mask, uint64_t, bytes, uint32_t, flags)
{
	return signalfd(task, fd, u_mask, bytes, flags);
}
