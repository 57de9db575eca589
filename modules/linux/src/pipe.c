/*
 * Pipes and FIFOs: a byte ring with readers at one end and writers at the other. Writes of up to PIPE_BUF
 * bytes go in whole or not at all. Bytes are copied between the ring and the guest once, without the lock, since
 * guest memory is touched: one reader and one writer at a time have the flag of their end meanwhile, and the ring's
 * storage does not move while anybody reads in it.
 *
 * A FIFO's pipe hangs on its inode while anybody has it open.
 *
 * Locks: [p] pipe->lock  [F] fifo_lock, which is taken before any pipe->lock
 */
#include "pipe.h"
#include "guest.h"
#include "hot.h"
#include "ring.h"
#include "signal.h"
#include "syscall.h"
#include <base/bits.h>
#include <base/format.h>
#include <libanon/heap.h>

#define PIPE_DEFAULT (64u << 10)
#define PIPE_MAX (1u << 20)

struct pipe {
	struct mutex lock;                   /* RANK_PIPE */
	struct ring ring;                    /* [p] */
	bool is_reading, is_writing;         /* [p] somebody copies out of it, or into it */
	uint32_t readers, writers;           /* [p] open descriptions */
	uint32_t reader_opens, writer_opens; /* [p] ever: what an open waits for */
	uint32_t users;                      /* [F] files of a FIFO, and opens under way */
	struct wait_queue read_wait, write_wait;
};

static struct mutex fifo_lock = MUTEX_RANKED(RANK_INODE);

static struct pipe *pipe_create(void)
{
	struct pipe *pipe = heap_zalloc(sizeof(*pipe));
	if (!pipe)
		return NULL;
	mutex_init(&pipe->lock, RANK_PIPE);
	ring_init(&pipe->ring, PIPE_DEFAULT);
	wait_queue_init(&pipe->read_wait);
	wait_queue_init(&pipe->write_wait);
	return pipe;
}

static void pipe_free(struct pipe *pipe)
{
	ring_destroy(&pipe->ring);
	heap_free(pipe);
}

/* --- reading --- */

/* The oldest bytes, which stay where they are until end_read; len 0: none, or another reader is at them. */
static struct ring_piece begin_read(struct pipe *pipe)
{
	struct ring_piece piece = {NULL, 0};
	mutex_lock(&pipe->lock);
	if (!pipe->is_reading) {
		piece = ring_readable(&pipe->ring);
		pipe->is_reading = piece.len > 0;
	}
	mutex_unlock(&pipe->lock);
	return piece;
}

static void end_read(struct pipe *pipe, size_t taken)
{
	mutex_lock(&pipe->lock);
	ring_take(&pipe->ring, taken);
	pipe->is_reading = false;
	mutex_unlock(&pipe->lock);
	wait_wake_events(&pipe->write_wait, POLLOUT);
	wait_wake(&pipe->read_wait); /* whose turn it is now */
}

/* Moves what is there; bytes or -EFAULT. */
static int64_t read_present(struct pipe *pipe, struct iter *to)
{
	struct ring_piece piece;
	size_t done = 0;
	while (to->left > 0 && (piece = begin_read(pipe)).len > 0) {
		size_t wanted = MIN(to->left, piece.len);
		size_t moved = iter_put(to, piece.at, wanted);
		end_read(pipe, moved);
		done += moved;
		if (moved < wanted)
			return done > 0 ? (int64_t)done : -EFAULT;
	}
	return (int64_t)done;
}

enum read_state { READ_NOW, READ_TURN, READ_END, READ_EMPTY };

static enum read_state read_state(struct pipe *pipe)
{
	enum read_state state = READ_NOW;
	mutex_lock(&pipe->lock);
	if (pipe->is_reading)
		state = READ_TURN;
	else if (ring_used(&pipe->ring) == 0)
		state = pipe->writers == 0 ? READ_END : READ_EMPTY;
	mutex_unlock(&pipe->lock);
	return state;
}

/* Who does not wait for bytes still waits for the turn, which comes soon. */
static bool is_read_over(struct pipe *pipe, bool is_nonblocking)
{
	enum read_state state = read_state(pipe);
	return state == READ_NOW || state == READ_END || (state == READ_EMPTY && is_nonblocking);
}

HOT static int64_t pipe_read(struct file *file, struct iter *to, uint64_t *position)
{
	struct pipe *pipe = file->private;
	(void)position;
	if (to->left == 0)
		return 0;
	for (;;) {
		int64_t done = read_present(pipe, to);
		if (done != 0)
			return done;
		enum read_state state = read_state(pipe);
		if (state == READ_END)
			return 0;
		bool is_nonblocking = file_is_nonblocking(file);
		if (!to->task || (state == READ_EMPTY && is_nonblocking))
			return -EAGAIN;
		int64_t result = wait_event(to->task, &pipe->read_wait,
		                            is_read_over(pipe, is_nonblocking), 0);
		if (result != 0)
			return result;
	}
}

/* --- writing --- */

/* Whether `least` bytes can go in now. Storage does not move while somebody reads in it. */
static bool has_room_locked(const struct pipe *pipe, size_t least)
{
	return !pipe->is_writing && ring_room(&pipe->ring) >= least &&
	       (!pipe->is_reading || ring_spare(&pipe->ring) >= least);
}

static bool is_write_over(struct pipe *pipe, size_t least)
{
	mutex_lock(&pipe->lock);
	bool is_over = pipe->readers == 0 || has_room_locked(pipe, least);
	mutex_unlock(&pipe->lock);
	return is_over;
}

static bool is_write_turn(struct pipe *pipe)
{
	mutex_lock(&pipe->lock);
	bool is_free = !pipe->is_writing;
	mutex_unlock(&pipe->lock);
	return is_free;
}

/* Storage for what of `wanted` bytes fits in; 0 when that is fewer than `least`. */
static size_t reserve_locked(struct pipe *pipe, size_t wanted, size_t least)
{
	size_t bytes = MIN(wanted, (size_t)ring_room(&pipe->ring));
	if (!pipe->is_reading && !ring_reserve(&pipe->ring, bytes))
		bytes = MIN(bytes, (size_t)ring_spare(&pipe->ring));
	bytes = MIN(bytes, (size_t)ring_spare(&pipe->ring));
	return bytes < least ? 0 : bytes;
}

/* Room that is the caller's until end_write: its size, 0 when there is not enough now, -EPIPE, -ENOMEM. */
static int64_t begin_write(struct pipe *pipe, size_t wanted, size_t least,
                           struct ring_piece pieces[2])
{
	int64_t result = 0;
	mutex_lock(&pipe->lock);
	if (pipe->readers == 0) {
		result = -EPIPE;
	} else if (has_room_locked(pipe, least)) {
		result = (int64_t)reserve_locked(pipe, wanted, least);
		if (result == 0)
			result = -ENOMEM;
	}
	if (result > 0) {
		ring_writable(&pipe->ring, (size_t)result, pieces);
		pipe->is_writing = true;
	}
	mutex_unlock(&pipe->lock);
	return result;
}

static void end_write(struct pipe *pipe, size_t put)
{
	mutex_lock(&pipe->lock);
	ring_put(&pipe->ring, put);
	pipe->is_writing = false;
	mutex_unlock(&pipe->lock);
	wait_wake_events(&pipe->read_wait, POLLIN);
	wait_wake_events(&pipe->write_wait, POLLOUT); /* whose turn it is now */
}

/* Fills the room that begin_write gave; what must stay whole goes in whole or not at all. Bytes, or -EFAULT. */
static int64_t fill(struct pipe *pipe, struct iter *from, const struct ring_piece pieces[2],
                    bool is_whole)
{
	size_t wanted = pieces[0].len + pieces[1].len;
	size_t got = iter_get(from, pieces[0].at, pieces[0].len);
	if (got == pieces[0].len && pieces[1].len > 0)
		got += iter_get(from, pieces[1].at, pieces[1].len);
	size_t kept = got < wanted && is_whole ? 0 : got;
	end_write(pipe, kept);
	return kept > 0 ? (int64_t)kept : -EFAULT;
}

/* Who does not wait for room still waits for the turn. */
static int64_t wait_for_room(struct file *file, struct task *task, size_t least)
{
	struct pipe *pipe = file->private;
	if (!task)
		return -EAGAIN;
	if (!file_is_nonblocking(file))
		return wait_event(task, &pipe->write_wait, is_write_over(pipe, least), 0);
	if (is_write_turn(pipe))
		return -EAGAIN;
	return wait_event(task, &pipe->write_wait, is_write_turn(pipe), 0);
}

HOT static int64_t pipe_write(struct file *file, struct iter *from, uint64_t *position)
{
	struct pipe *pipe = file->private;
	bool is_whole = from->left <= PIPE_BUF;
	int64_t done = 0, result = 0;
	(void)position;
	while (from->left > 0) {
		struct ring_piece pieces[2];
		size_t least = is_whole ? from->left : 1;
		result = begin_write(pipe, from->left, least, pieces);
		if (result > 0)
			result = fill(pipe, from, pieces, is_whole);
		else if (result == 0)
			result = wait_for_room(file, from->task, least);
		if (result < 0)
			break;
		done += result;
	}
	if (result == -EPIPE && from->task)
		signal_send_task(from->task, SIGPIPE);
	return done > 0 || result > 0 ? done : result;
}

/* --- the rest --- */

static uint32_t pipe_poll(struct file *file, struct poll_table *table)
{
	struct pipe *pipe = file->private;
	bool is_reader = file_is_readable(file), is_writer = file_is_writable(file);
	uint32_t mask = 0;
	if (is_reader)
		poll_add(table, &pipe->read_wait, 0);
	if (is_writer)
		poll_add(table, &pipe->write_wait, 0);
	mutex_lock(&pipe->lock);
	if (is_reader) {
		if (ring_used(&pipe->ring) > 0)
			mask |= POLLIN | POLLRDNORM;
		if (pipe->writers == 0 && pipe->writer_opens != (uint32_t)file->position)
			mask |= POLLHUP;
	}
	if (is_writer) {
		if (ring_room(&pipe->ring) >= PIPE_BUF)
			mask |= POLLOUT | POLLWRNORM;
		if (pipe->readers == 0)
			mask |= POLLERR;
	}
	mutex_unlock(&pipe->lock);
	return mask;
}

static int64_t pipe_ioctl(struct task *task, struct file *file, uint32_t command, uint64_t argument)
{
	struct pipe *pipe = file->private;
	if (command != FIONREAD)
		return -ENOTTY;
	return put_guest_u32(task, argument, ring_used(&pipe->ring));
}

static void count_users(struct pipe *pipe, struct file *file, int change)
{
	mutex_lock(&pipe->lock);
	if (file_is_readable(file))
		pipe->readers += (uint32_t)change;
	if (file_is_writable(file))
		pipe->writers += (uint32_t)change;
	if (change > 0) {
		pipe->reader_opens += file_is_readable(file);
		pipe->writer_opens += file_is_writable(file);
	}
	mutex_unlock(&pipe->lock);
	wait_wake(&pipe->read_wait);
	wait_wake(&pipe->write_wait);
}

/* The inode's pipe is no longer used by this file (or open). */
static void leave(struct inode *inode, struct pipe *pipe)
{
	mutex_lock(&fifo_lock);
	bool is_last = --pipe->users == 0;
	if (is_last && inode->fifo == pipe)
		inode->fifo = NULL;
	mutex_unlock(&fifo_lock);
	if (is_last)
		pipe_free(pipe);
}

static void pipe_release(struct file *file)
{
	struct pipe *pipe = file->private;
	count_users(pipe, file, -1);
	leave(file->inode, pipe);
}

static const struct file_ops pipe_ops = {
	.name = "pipe",
	.flags = FILE_STREAM,
	.read = pipe_read,
	.write = pipe_write,
	.poll = pipe_poll,
	.ioctl = pipe_ioctl,
	.release = pipe_release,
};

int64_t pipe_size(struct file *file)
{
	return file->ops == &pipe_ops ? (int64_t)((struct pipe *)file->private)->ring.limit
	                              : -EBADF;
}

int64_t pipe_set_size(struct file *file, uint32_t bytes)
{
	struct pipe *pipe = file->private;
	if (file->ops != &pipe_ops)
		return -EBADF;
	if (bytes > PIPE_MAX)
		return bytes > 1u << 31 ? -EINVAL : -EPERM;
	uint32_t limit = (uint32_t)power_of_two_above(MAX(bytes, PIPE_BUF));
	mutex_lock(&pipe->lock);
	bool is_done = !pipe->is_reading && !pipe->is_writing && ring_set_limit(&pipe->ring, limit);
	mutex_unlock(&pipe->lock);
	wait_wake(&pipe->write_wait);
	return is_done ? (int64_t)limit : -EBUSY;
}

/* --- FIFOs --- */

static struct pipe *enter_fifo(struct inode *inode)
{
	mutex_lock(&fifo_lock);
	if (!inode->fifo)
		inode->fifo = pipe_create();
	if (inode->fifo)
		inode->fifo->users++;
	mutex_unlock(&fifo_lock);
	return inode->fifo;
}

static bool has_opened(struct pipe *pipe, bool is_reader, uint32_t seen)
{
	mutex_lock(&pipe->lock);
	bool has = is_reader ? pipe->writers > 0 || pipe->writer_opens != seen
	                     : pipe->readers > 0 || pipe->reader_opens != seen;
	mutex_unlock(&pipe->lock);
	return has;
}

static int64_t meet_other_side(struct task *task, struct file *file, struct pipe *pipe)
{
	bool is_reader = file_is_readable(file);
	uint32_t seen = is_reader ? pipe->writer_opens : pipe->reader_opens;
	if (is_reader && file_is_writable(file))
		return 0;
	if (!file->path
	             .mount) { /* an end of pipe(2)'s, opened again by /proc/PID/fd: nobody else will come */
		file->position = UINT32_MAX;
		return 0;
	}
	if (is_reader)
		file->position = seen; /* no hang-up before the first writer */
	if (has_opened(pipe, is_reader, seen))
		return 0;
	if (file_is_nonblocking(file))
		return is_reader ? 0 : -ENXIO;
	return wait_event(task, is_reader ? &pipe->read_wait : &pipe->write_wait,
	                  has_opened(pipe, is_reader, seen), 0);
}

int64_t fifo_open(struct task *task, struct file *file)
{
	struct pipe *pipe = enter_fifo(file->inode);
	if (!pipe)
		return -ENOMEM;
	count_users(pipe, file, 1);
	int64_t result = meet_other_side(task, file, pipe);
	if (result != 0) {
		count_users(pipe, file, -1);
		leave(file->inode, pipe);
		return result;
	}
	file->ops = &pipe_ops;
	file->private = pipe;
	return 0;
}

/* --- pipe(2) --- */

/* Both ends share one inode, so that /proc/PID/fd can open either again. */
static int64_t create_pipe(uint32_t flags, struct file *ends[2])
{
	static uint32_t next_number;
	char name[32];
	struct pipe *pipe = pipe_create();
	if (!pipe)
		return -ENOMEM;
	uint32_t number = __atomic_add_fetch(&next_number, 1, __ATOMIC_RELAXED);
	format_string(name, sizeof(name), "pipe:[%u]", number);
	pipe->users = 2;
	int64_t result = file_create_anonymous(name, S_IFIFO | 0600, flags | O_RDONLY, &pipe_ops,
	                                       pipe, &ends[0]);
	if (result != 0) {
		pipe_free(pipe);
		return result;
	}
	ends[0]->inode->fifo = pipe;
	ends[0]->position = UINT32_MAX;
	count_users(pipe, ends[0], 1);
	result = file_create(&ends[0]->path, flags | O_WRONLY, &pipe_ops, &ends[1]);
	if (result != 0) {
		pipe->users = 1;
		file_put(ends[0]);
		return result;
	}
	ends[1]->private = pipe;
	count_users(pipe, ends[1], 1);
	return 0;
}

static int64_t make_pipe(struct task *task, uint64_t u_fds, uint32_t flags)
{
	struct file *ends[2];
	int64_t fds[2];
	if (flags & ~(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	int64_t result = create_pipe(flags & O_NONBLOCK, ends);
	if (result != 0)
		return result;
	fds[0] = files_add_new(task, ends[0], flags & O_CLOEXEC);
	if (fds[0] < 0) {
		file_put(ends[1]);
		return fds[0];
	}
	fds[1] = files_add_new(task, ends[1], flags & O_CLOEXEC);
	int32_t numbers[2] = {(int32_t)fds[0], (int32_t)fds[1]};
	result = fds[1] < 0 ? fds[1] : copy_to_guest(task, u_fds, numbers, sizeof(numbers));
	if (result != 0) {
		files_remove(task->files, numbers[0]);
		if (fds[1] >= 0)
			files_remove(task->files, numbers[1]);
	}
	return result;
}

SYSCALL1(pipe, uint64_t, u_fds)
{
	return make_pipe(task, u_fds, 0);
}

SYSCALL2(pipe2, uint64_t, u_fds, uint32_t, flags)
{
	return make_pipe(task, u_fds, flags);
}
