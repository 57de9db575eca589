/*
 * Terminal ioctls: settings, window size, flushing, flow control, counts. Job control's are in tty_jobctrl.c.
 */
#include "guest.h"
#include "signal.h"
#include "syscall.h"
#include "tty.h"
#include <base/string.h>

#define TERMIOS_SPEED 38400u
#define CBAUD_MASK 010017u

static int64_t get_settings(struct task *task, struct tty *tty, uint64_t u_termios, bool is_long)
{
	struct linux_termios2 t = {.ispeed = TERMIOS_SPEED, .ospeed = TERMIOS_SPEED};
	mutex_lock(&tty->lock);
	memcpy(&t, &tty->line.termios, sizeof(tty->line.termios));
	mutex_unlock(&tty->lock);
	return copy_to_guest(task, u_termios, &t,
	                     is_long ? sizeof(t) : sizeof(struct linux_termios));
}

static bool is_drained(struct tty *tty)
{
	mutex_lock(&tty->lock);
	bool result = tty->is_hung_up || n_tty_out_pending(&tty->line) == 0;
	mutex_unlock(&tty->lock);
	return result;
}

static int64_t drain(struct task *task, struct tty *tty)
{
	if (!tty->driver->can_drain)
		return 0;
	return wait_event(task, &tty->write_wait, is_drained(tty), 0);
}

static void apply_settings(struct tty *tty, const struct linux_termios *t, bool is_flushing)
{
	mutex_lock(&tty->lock);
	if (is_flushing)
		n_tty_flush_input(&tty->line);
	n_tty_set_termios(&tty->line, t);
	mutex_unlock(&tty->lock);
	wait_wake(&tty->read_wait);
	tty->driver->output(tty);
}

static int64_t set_settings(struct task *task, struct tty *tty, uint64_t u_termios, bool is_long,
                            unsigned how)
{
	struct linux_termios2 t;
	struct linux_termios plain;
	int64_t result = tty_check_background(task, tty, SIGTTOU);
	if (result == 0)
		result = copy_from_guest(task, &t, u_termios, is_long ? sizeof(t) : sizeof(plain));
	if (result == 0 && how > 0)
		result = drain(task, tty);
	if (result != 0)
		return result;
	memcpy(&plain, &t, sizeof(plain));
	apply_settings(tty, &plain, how == 2);
	return 0;
}

static int64_t settings_ioctl(struct task *task, struct tty *tty, uint32_t command,
                              uint64_t argument)
{
	switch (command) {
	case TCGETS: return get_settings(task, tty, argument, false);
	case TCGETS2: return get_settings(task, tty, argument, true);
	case TCSETS:
	case TCSETSW:
	case TCSETSF: return set_settings(task, tty, argument, false, command - TCSETS);
	case TCSETS2:
	case TCSETSW2:
	case TCSETSF2: return set_settings(task, tty, argument, true, command - TCSETS2);
	default: return -ENOTTY;
	}
}

static int64_t get_size(struct task *task, struct tty *tty, uint64_t u_size)
{
	mutex_lock(&tty->lock);
	struct linux_winsize size = tty->size;
	mutex_unlock(&tty->lock);
	return copy_to_guest(task, u_size, &size, sizeof(size));
}

static int64_t set_size(struct task *task, struct tty *tty, uint64_t u_size)
{
	struct linux_winsize size;
	int64_t result = copy_from_guest(task, &size, u_size, sizeof(size));
	if (result == 0)
		tty_set_size(tty, &size);
	return result;
}

static int64_t flush(struct task *task, struct tty *tty, uint64_t which)
{
	if (which > TCIOFLUSH)
		return -EINVAL;
	int64_t result = tty_check_background(task, tty, SIGTTOU);
	if (result != 0)
		return result;
	mutex_lock(&tty->lock);
	if (which != TCOFLUSH)
		n_tty_flush_input(&tty->line);
	if (which != TCIFLUSH)
		n_tty_flush_output(&tty->line);
	mutex_unlock(&tty->lock);
	wait_wake(&tty->write_wait);
	if (tty->driver->input_room)
		tty->driver->input_room(tty);
	return 0;
}

static int64_t flow(struct task *task, struct tty *tty, uint64_t action)
{
	int64_t result = tty_check_background(task, tty, SIGTTOU);
	if (result != 0)
		return result;
	if (action > TCION)
		return -EINVAL;
	mutex_lock(&tty->lock);
	if (action == TCOOFF || action == TCOON)
		tty->line.is_stopped = action == TCOOFF;
	mutex_unlock(&tty->lock);
	tty->driver->output(tty);
	return 0;
}

static int64_t put_count(struct task *task, struct tty *tty, uint64_t u_count, bool is_input)
{
	mutex_lock(&tty->lock);
	uint32_t count = is_input ? n_tty_available(&tty->line)
	                          : tty->line.out_head - tty->line.out_tail;
	mutex_unlock(&tty->lock);
	return put_guest_u32(task, u_count, count);
}

static int64_t set_exclusive(struct tty *tty, bool is_exclusive)
{
	mutex_lock(&tty->lock);
	tty->is_exclusive = is_exclusive;
	mutex_unlock(&tty->lock);
	return 0;
}

int64_t tty_ioctl_common(struct task *task, struct tty *tty, uint32_t command, uint64_t argument)
{
	switch (command) {
	case TIOCGWINSZ: return get_size(task, tty, argument);
	case TIOCSWINSZ: return set_size(task, tty, argument);
	case TCFLSH: return flush(task, tty, argument);
	case TCXONC: return flow(task, tty, argument);
	case TIOCEXCL: return set_exclusive(tty, true);
	case TIOCNXCL: return set_exclusive(tty, false);
	case TIOCGETD: return put_guest_u32(task, argument, 0);
	case TCSBRK:
	case TCSBRKP: return drain(task, tty);
	default: return settings_ioctl(task, tty, command, argument);
	}
}

int64_t tty_ioctl(struct task *task, struct file *file, uint32_t command, uint64_t argument)
{
	struct tty *tty = file->private;
	if (tty->is_hung_up)
		return command == TIOCSPGRP ? -ENOTTY : -EIO;
	switch (command) {
	case FIONREAD: return put_count(task, tty, argument, true);
	case TIOCOUTQ: return put_count(task, tty, argument, false);
	case TIOCSCTTY:
	case TIOCNOTTY:
	case TIOCSPGRP:
	case TIOCGPGRP:
	case TIOCGSID: return tty_job_ioctl(task, tty, command, argument);
	default: return tty_ioctl_common(task, tty, command, argument);
	}
}
