/*
 * Terminal files: opening, reading and writing with all the waiting that the line discipline leaves to its
 * callers (VMIN and VTIME, full output), hang-up. Guest memory is touched between, never under, the
 * terminal's lock; bytes pass through a page on the stack.
 */
#include "tty.h"
#include "signal.h"
#include "syscall.h"
#include "time.h"
#include <base/bits.h>
#include <base/string.h>

#define CHUNK 2048
#define OUTPUT_ROOM_FOR_POLL 256u
#define DECISECOND_NS 100000000ull

void tty_init(struct tty *tty, const struct tty_driver *driver, uint64_t rdev)
{
	memset(tty, 0, sizeof(*tty));
	mutex_init(&tty->lock, RANK_TTY);
	wait_queue_init(&tty->read_wait);
	wait_queue_init(&tty->write_wait);
	n_tty_init(&tty->line);
	tty->driver = driver;
	tty->rdev = rdev;
	tty->size = (struct linux_winsize){.rows = 24, .columns = 80};
	tty->is_started = true;
}

struct tty *tty_of(struct file *file)
{
	return file->ops == &tty_file_ops ? file->private : NULL;
}

int64_t tty_open(struct task *task, struct tty *tty, struct file *file)
{
	mutex_lock(&tty->lock);
	bool is_barred = tty->is_exclusive && !capable(task, CAP_SYS_ADMIN);
	if (!is_barred) {
		tty->opens++;
		tty->is_hung_up = tty->is_hung_up && tty->opens > 1;
	}
	mutex_unlock(&tty->lock);
	if (is_barred)
		return -EBUSY;
	file->ops = &tty_file_ops;
	file->private = tty;
	if (tty->driver->opened)
		tty->driver->opened(tty, 1);
	if (task && !(file->flags & O_NOCTTY))
		tty_take_control(task, tty);
	return 0;
}

static void tty_release(struct file *file)
{
	struct tty *tty = file->private;
	mutex_lock(&tty->lock);
	if (--tty->opens == 0)
		tty->is_exclusive = false;
	mutex_unlock(&tty->lock);
	if (tty->driver->opened)
		tty->driver->opened(tty, -1);
}

/* --- from and to the device --- */

size_t tty_receive(struct tty *tty, const uint8_t *bytes, size_t len)
{
	mutex_lock(&tty->lock);
	size_t taken = n_tty_receive(&tty->line, bytes, len);
	uint32_t signals = tty->line.signals;
	int32_t group = tty->group;
	tty->line.signals = 0;
	bool is_readable = n_tty_is_readable(&tty->line, 1);
	bool has_output = n_tty_out_pending(&tty->line) > 0;
	mutex_unlock(&tty->lock);
	tty_send_signals(signals, group);
	if (is_readable || signals)
		wait_wake_events(&tty->read_wait, POLLIN);
	if (has_output)
		tty->driver->output(tty);
	return taken;
}

size_t tty_drain(struct tty *tty, uint8_t *to, size_t len)
{
	mutex_lock(&tty->lock);
	size_t count = n_tty_drain(&tty->line, to, len);
	mutex_unlock(&tty->lock);
	if (count > 0)
		wait_wake_events(&tty->write_wait, POLLOUT);
	return count;
}

void tty_hangup(struct tty *tty)
{
	mutex_lock(&tty->lock);
	tty->is_hung_up = true;
	int32_t group = tty->group, session = tty->session;
	n_tty_flush_input(&tty->line);
	n_tty_flush_output(&tty->line);
	mutex_unlock(&tty->lock);
	if (session > 0)
		(void)signal_send_group(session, SIGHUP);
	if (group > 0 && group != session)
		(void)signal_send_group(group, SIGHUP);
	if (group > 0)
		(void)signal_send_group(group, SIGCONT);
	tty_disassociate(tty);
	wait_wake(&tty->read_wait);
	wait_wake(&tty->write_wait);
}

void tty_set_size(struct tty *tty, const struct linux_winsize *size)
{
	mutex_lock(&tty->lock);
	bool is_changed = memcmp(&tty->size, size, sizeof(*size)) != 0;
	tty->size = *size;
	int32_t group = tty->group;
	mutex_unlock(&tty->lock);
	if (is_changed && group > 0)
		(void)signal_send_group(group, SIGWINCH);
}

/* --- reading --- */

struct reading {
	struct tty *tty;
	struct task *task;
	bool is_canonical;
	size_t wanted;     /* bytes that end the call: VMIN, or what the caller has room for */
	uint64_t gap_ns;   /* VTIME */
	uint64_t deadline; /* of the next sleep; 0: none */
};

static void start_reading(struct reading *r, size_t room)
{
	const struct linux_termios *t = &r->tty->line.termios;
	mutex_lock(&r->tty->lock);
	r->is_canonical = t->lflag & ICANON;
	r->wanted = r->is_canonical ? 1 : MIN((size_t)t->cc[VMIN], room);
	r->gap_ns = r->is_canonical ? 0 : t->cc[VTIME] * DECISECOND_NS;
	mutex_unlock(&r->tty->lock);
	r->deadline = r->wanted == 0 && r->gap_ns ? time_deadline_in(r->gap_ns) : 0;
}

/* What is there now: bytes; *is_over when the call ends with it (end of file, hang-up). */
static size_t take_some(struct reading *r, uint8_t *chunk, size_t len, bool *is_over)
{
	struct tty *tty = r->tty;
	bool is_eof, was_hungry;
	mutex_lock(&tty->lock);
	bool is_mode_changed = r->is_canonical != (bool)(tty->line.termios.lflag & ICANON);
	size_t got = is_mode_changed ? 0 : n_tty_take(&tty->line, chunk, len, &is_eof);
	*is_over = !is_mode_changed && (is_eof || (got == 0 && tty->is_hung_up));
	was_hungry = tty->line.is_hungry;
	if (got > 0)
		tty->line.is_hungry = false;
	mutex_unlock(&tty->lock);
	if (is_mode_changed)
		start_reading(r, len);
	if (got > 0 && was_hungry && tty->driver->input_room)
		tty->driver->input_room(tty);
	return got;
}

static bool is_wake_worthy(struct reading *r)
{
	mutex_lock(&r->tty->lock);
	bool result = n_tty_is_readable(&r->tty->line, 1) || r->tty->is_hung_up ||
	              r->is_canonical != (bool)(r->tty->line.termios.lflag & ICANON);
	mutex_unlock(&r->tty->lock);
	return result;
}

/* 0: look again. 1: the read ends with what it has. Or a negated errno. */
static int64_t wait_for_input(struct reading *r, struct file *file, size_t done)
{
	if (file_is_nonblocking(file) || !r->task)
		return done > 0 ? 1 : -EAGAIN;
	if (!r->is_canonical && r->wanted == 0 && r->gap_ns == 0)
		return 1;
	if (r->wanted > 0)
		r->deadline = done > 0 && r->gap_ns ? time_deadline_in(r->gap_ns) : 0;
	int64_t result = wait_event(r->task, &r->tty->read_wait, is_wake_worthy(r), r->deadline);
	if (result == -ETIMEDOUT)
		return 1;
	return result != 0 && done > 0 ? 1 : result;
}

static int64_t tty_read(struct file *file, struct iter *to, uint64_t *position)
{
	uint8_t chunk[CHUNK];
	struct reading r = {.tty = file->private, .task = to->task};
	size_t done = 0;
	bool is_over = false;
	(void)position;
	if (to->left == 0)
		return 0;
	start_reading(&r, to->left);
	for (;;) {
		int64_t result = r.task ? tty_check_background(r.task, r.tty, SIGTTIN) : 0;
		if (result != 0)
			return done > 0 ? (int64_t)done : result;
		size_t got = take_some(&r, chunk, MIN(to->left, sizeof(chunk)), &is_over);
		size_t moved = iter_put(to, chunk, got);
		done += moved;
		if (moved < got)
			return done > 0 ? (int64_t)done : -EFAULT;
		bool is_line_cut = r.is_canonical && got == sizeof(chunk) && chunk[got - 1] != '\n';
		if (is_over || to->left == 0 || (done > 0 && done >= r.wanted && !is_line_cut))
			return (int64_t)done;
		if (got > 0)
			continue;
		result = wait_for_input(&r, file, done);
		if (result != 0)
			return result < 0 ? result : (int64_t)done;
	}
}

/* --- writing --- */

static bool can_write(struct tty *tty)
{
	mutex_lock(&tty->lock);
	bool result = tty->is_hung_up || n_tty_out_room(&tty->line) >= OUTPUT_ROOM_FOR_POLL;
	mutex_unlock(&tty->lock);
	return result;
}

static int64_t write_some(struct tty *tty, const uint8_t *chunk, size_t len)
{
	mutex_lock(&tty->lock);
	int64_t put = tty->is_hung_up ? -EIO : (int64_t)n_tty_put(&tty->line, chunk, len);
	mutex_unlock(&tty->lock);
	if (put > 0)
		tty->driver->output(tty);
	return put;
}

static int64_t write_chunk(struct file *file, struct task *task, const uint8_t *chunk, size_t len)
{
	struct tty *tty = file->private;
	size_t done = 0;
	while (done < len) {
		int64_t put = write_some(tty, chunk + done, len - done);
		if (put == 0 && (file_is_nonblocking(file) || !task))
			put = -EAGAIN;
		if (put == 0)
			put = wait_event(task, &tty->write_wait, can_write(tty), 0);
		if (put < 0)
			return done > 0 ? (int64_t)done : put;
		done += (size_t)put;
	}
	return (int64_t)done;
}

static int64_t tty_write(struct file *file, struct iter *from, uint64_t *position)
{
	uint8_t chunk[CHUNK];
	struct tty *tty = file->private;
	int64_t done = 0;
	(void)position;
	if (from->task && tty->line.termios.lflag & TOSTOP) {
		int64_t result = tty_check_background(from->task, tty, SIGTTOU);
		if (result != 0)
			return result;
	}
	while (from->left > 0) {
		size_t got = iter_get(from, chunk, MIN(from->left, sizeof(chunk)));
		if (got == 0)
			return done > 0 ? done : -EFAULT;
		int64_t put = write_chunk(file, from->task, chunk, got);
		if (put < 0)
			return done > 0 ? done : put;
		done += put;
		if ((size_t)put < got)
			break;
	}
	return done;
}

static uint32_t tty_poll(struct file *file, struct poll_table *table)
{
	struct tty *tty = file->private;
	uint32_t mask = 0;
	poll_add(table, &tty->read_wait, 0);
	poll_add(table, &tty->write_wait, 0);
	mutex_lock(&tty->lock);
	const struct linux_termios *t = &tty->line.termios;
	uint32_t min = t->cc[VTIME] == 0 ? t->cc[VMIN] : 1;
	if (n_tty_is_readable(&tty->line, min))
		mask |= POLLIN | POLLRDNORM;
	if (n_tty_out_room(&tty->line) >= OUTPUT_ROOM_FOR_POLL)
		mask |= POLLOUT | POLLWRNORM;
	if (tty->is_hung_up)
		mask |= POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM | POLLHUP | POLLERR;
	mutex_unlock(&tty->lock);
	return mask;
}

const struct file_ops tty_file_ops = {
	.name = "tty",
	.flags = FILE_STREAM,
	.read = tty_read,
	.write = tty_write,
	.poll = tty_poll,
	.ioctl = tty_ioctl,
	.release = tty_release,
};
