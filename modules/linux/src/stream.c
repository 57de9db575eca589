/*
 * Streams: the input, output and error that the exec agent gives a program, each a stream.ipc capability.
 * Not terminals. A call to the stream's owner may take a while, so it is made with no lock held; news of
 * all streams come on one event, and a thread of the monitor passes them on to whoever sleeps.
 */
#include "file.h"
#include "signal.h"
#include "syscall.h"
#include <base/bits.h>
#include <libanon/heap.h>
#include <libanon/log.h>
#include <libanon/start.h>
#include <libanon/thread.h>
#include <libanon/time.h>
#include <user-services/stream_ipc.h>

#define CHUNK 2048u

struct stream {
	handle_t handle;
	handle_t news; /* event: bit 0 readable, bit 1 writable, bit 2 stop */
	struct wait_queue wait;
	uint32_t sequence;   /* [a] counts news */
	uint32_t references; /* [a] the file and the thread */
	bool is_writable;
	bool has_ended;      /* the other side has closed */
	struct mutex lock;   /* RANK_PIPE: held bytes */
	uint8_t held[CHUNK]; /* read ahead by poll */
	uint32_t held_at, held_len;
};

static void stream_put(struct stream *stream)
{
	if (__atomic_sub_fetch(&stream->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	(void)sys_handle_close(stream->handle);
	(void)sys_handle_close(stream->news);
	heap_free(stream);
}

static void note_news(struct stream *stream)
{
	__atomic_add_fetch(&stream->sequence, 1, __ATOMIC_RELEASE);
	wait_wake(&stream->wait);
}

/*
 * Asks for news in this thread and not while the stream is opened: its owner may be the one who waits for that.
 * What came before the owner was asked counts as news.
 */
static void listen(void *argument)
{
	struct stream *stream = argument;
	uint64_t bits = 0;
	if (stream_listen(stream->handle, stream->news, 1) != OK)
		log_warn("a stream's owner does not answer");
	note_news(stream);
	while (event_await(stream->news, 7, 0, &bits) == OK && !(bits & 4))
		note_news(stream);
	stream_put(stream);
}

static uint32_t news_count(struct stream *stream)
{
	return __atomic_load_n(&stream->sequence, __ATOMIC_ACQUIRE);
}

/* --- reading: bytes come into `held`, then go to the reader --- */

static bool has_held(struct stream *stream)
{
	mutex_lock(&stream->lock);
	bool has = stream->held_at < stream->held_len || stream->has_ended;
	mutex_unlock(&stream->lock);
	return has;
}

/* Fetches when nothing is held. 0, -EAGAIN: nothing has arrived. */
static int64_t fetch(struct stream *stream)
{
	uint8_t chunk[CHUNK];
	uint32_t len = 0, is_end = 0;
	if (has_held(stream))
		return 0;
	status_t status = stream_read(stream->handle, CHUNK, &is_end, chunk, sizeof(chunk), &len);
	if (status == E_AGAIN || (status == OK && len == 0 && !is_end))
		return -EAGAIN;
	mutex_lock(&stream->lock);
	if (status != OK || len == 0) {
		stream->has_ended = true;
	} else {
		__builtin_memcpy(stream->held, chunk, len);
		stream->held_at = 0;
		stream->held_len = len;
	}
	mutex_unlock(&stream->lock);
	return 0;
}

static uint32_t take_held(struct stream *stream, uint8_t *to, size_t len)
{
	mutex_lock(&stream->lock);
	uint32_t count = (uint32_t)MIN(len, (size_t)(stream->held_len - stream->held_at));
	__builtin_memcpy(to, stream->held + stream->held_at, count);
	stream->held_at += count;
	mutex_unlock(&stream->lock);
	return count;
}

static int64_t stream_file_read(struct file *file, struct iter *to, uint64_t *position)
{
	uint8_t chunk[CHUNK];
	struct stream *stream = file->private;
	(void)position;
	if (to->left == 0)
		return 0;
	for (;;) {
		uint32_t seen = news_count(stream);
		int64_t result = fetch(stream);
		if (result == 0) {
			uint32_t got = take_held(stream, chunk, MIN(to->left, sizeof(chunk)));
			size_t moved = iter_put(to, chunk, got);
			return moved > 0 || got == 0 ? (int64_t)moved : -EFAULT;
		}
		if (file_is_nonblocking(file) || !to->task)
			return -EAGAIN;
		result = wait_event(to->task, &stream->wait,
		                    news_count(stream) != seen || has_held(stream), 0);
		if (result != 0)
			return result;
	}
}

/* --- writing --- */

static int64_t write_chunk(struct file *file, struct task *task, const uint8_t *chunk, uint32_t len)
{
	struct stream *stream = file->private;
	uint32_t done = 0;
	while (done < len) {
		uint32_t accepted = 0, seen = news_count(stream);
		status_t status = stream_write(stream->handle, chunk + done, len - done, &accepted);
		if (status != OK && status != E_AGAIN)
			return done > 0 ? (int64_t)done : -EPIPE;
		done += accepted;
		if (accepted > 0)
			continue;
		int64_t result = -EAGAIN;
		if (!file_is_nonblocking(file) && task)
			result = wait_event(task, &stream->wait, news_count(stream) != seen, 0);
		if (result != 0)
			return done > 0 ? (int64_t)done : result;
	}
	return (int64_t)done;
}

static int64_t stream_file_write(struct file *file, struct iter *from, uint64_t *position)
{
	uint8_t chunk[CHUNK];
	int64_t done = 0;
	(void)position;
	while (from->left > 0) {
		size_t got = iter_get(from, chunk, MIN(from->left, sizeof(chunk)));
		if (got == 0)
			return done > 0 ? done : -EFAULT;
		int64_t put = write_chunk(file, from->task, chunk, (uint32_t)got);
		if (put == -EPIPE && from->task)
			signal_send_task(from->task, SIGPIPE);
		if (put < 0)
			return done > 0 ? done : put;
		done += put;
		if ((size_t)put < got)
			break;
	}
	return done;
}

static uint32_t stream_poll(struct file *file, struct poll_table *table)
{
	struct stream *stream = file->private;
	poll_add(table, &stream->wait, 0);
	if (stream->is_writable)
		return POLLOUT | POLLWRNORM;
	if (fetch(stream) != 0)
		return 0;
	mutex_lock(&stream->lock);
	bool is_over = stream->has_ended && stream->held_at == stream->held_len;
	mutex_unlock(&stream->lock);
	return is_over ? POLLHUP : POLLIN | POLLRDNORM;
}

static void stream_release(struct file *file)
{
	struct stream *stream = file->private;
	(void)sys_event_signal(stream->news, 4);
	stream_put(stream);
}

static const struct file_ops stream_file_ops = {
	.name = "stream",
	.flags = FILE_STREAM,
	.read = stream_file_read,
	.write = stream_file_write,
	.poll = stream_poll,
	.release = stream_release,
};

static struct stream *stream_create(handle_t handle, bool is_writable)
{
	struct stream *stream = heap_zalloc(sizeof(*stream));
	if (!stream)
		return NULL;
	stream->handle = handle;
	stream->is_writable = is_writable;
	stream->references = 2;
	wait_queue_init(&stream->wait);
	mutex_init(&stream->lock, RANK_PIPE);
	struct thread_options options = {.name = "stream"};
	bool is_ready = sys_event_create(&stream->news) == OK &&
	                thread_spawn(listen, stream, &options, NULL) == OK;
	if (is_ready)
		return stream;
	stream->references = 1;
	stream_put(stream);
	return NULL;
}

struct file *stream_open(handle_t handle, bool is_writable)
{
	struct file *file;
	struct stream *stream = stream_create(handle, is_writable);
	if (!stream)
		return NULL;
	if (file_create_anonymous("stream:[]", S_IFIFO | 0600, is_writable ? O_WRONLY : O_RDONLY,
	                          &stream_file_ops, stream, &file) == 0)
		return file;
	(void)sys_event_signal(stream->news, 4);
	stream_put(stream);
	return NULL;
}
