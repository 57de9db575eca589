/*
 * The console terminal. One thread of the monitor moves bytes both ways between the terminal and the
 * console service, so that no program ever waits in a call to it: writers fill the output ring and signal
 * the thread's event, readers sleep on the terminal.
 */
#include "console.h"
#include "signal.h"
#include "syscall.h"
#include "tty.h"
#include <base/bits.h>
#include <base/string.h>
#include <libanon/log.h>
#include <libanon/start.h>
#include <libanon/thread.h>
#include <libanon/time.h>
#include <user-services/console_ipc.h>

/* Bits of the event: init's, then what console_listen(bits = NEWS_INPUT) signals, then our own. */
#define NEWS_RESTARTED BIT(0)
#define NEWS_INPUT BIT(4)
#define NEWS_DRAINED BIT(5)
#define NEWS_SIZE BIT(6)
#define NEWS_OUTPUT BIT(8)
#define NEWS_ROOM BIT(9)
#define NEWS_ALL (NEWS_RESTARTED | NEWS_INPUT | NEWS_DRAINED | NEWS_SIZE | NEWS_OUTPUT | NEWS_ROOM)
#define RETRY_NS (20 * NS_PER_MS)
#define FLUSH_TRIES 200u
#define FLUSH_PAUSE_NS (5 * NS_PER_MS)

static struct tty console_tty;
static handle_t service, news;

/* Only the console's thread changes this. */
static struct {
	uint8_t output[2048];
	size_t output_at, output_len;
	uint8_t input[CONSOLE_READ_TEXT_MAX];
	size_t input_at, input_len;
	bool is_idle; /* [a] nothing is held in output */
} buffers = {.is_idle = true};

static void console_output(struct tty *tty)
{
	(void)tty;
	(void)sys_event_signal(news, NEWS_OUTPUT);
}

static void console_input_room(struct tty *tty)
{
	(void)tty;
	(void)sys_event_signal(news, NEWS_ROOM);
}

static const struct tty_driver console_driver = {
	.output = console_output,
	.input_room = console_input_room,
	.can_drain = true,
};

/* Sends what programs have written; false when the service's queue is full. */
static bool push_output(void)
{
	for (;;) {
		uint32_t accepted = 0;
		if (buffers.output_at == buffers.output_len) {
			buffers.output_at = 0;
			buffers.output_len = tty_drain(&console_tty, buffers.output,
			                               sizeof(buffers.output));
		}
		if (buffers.output_len == 0)
			return true;
		status_t status = console_write(service, buffers.output + buffers.output_at,
		                                (uint32_t)(buffers.output_len - buffers.output_at),
		                                &accepted);
		if (status != OK)
			return false;
		buffers.output_at += accepted;
		if (accepted == 0)
			return false;
	}
}

static bool offer_input(void)
{
	size_t left = buffers.input_len - buffers.input_at;
	buffers.input_at += tty_receive(&console_tty, buffers.input + buffers.input_at, left);
	return buffers.input_at == buffers.input_len;
}

static void pull_input(void)
{
	while (offer_input()) {
		uint32_t len = 0;
		status_t status = console_read(service, sizeof(buffers.input), buffers.input,
		                               sizeof(buffers.input), &len);
		buffers.input_at = 0;
		buffers.input_len = status == OK ? len : 0;
		if (buffers.input_len == 0)
			return;
	}
}

static void update_size(void)
{
	uint32_t columns, rows;
	if (console_size(service, &columns, &rows) != OK || columns == 0 || rows == 0)
		return;
	struct linux_winsize size = {.rows = (uint16_t)rows, .columns = (uint16_t)columns};
	tty_set_size(&console_tty, &size);
}

static void listen(void)
{
	status_t status = console_listen(service, news, NEWS_INPUT);
	if (status != OK)
		log_warn("console: listen: %s", status_name(status));
}

/* What is on its way to the service, for console_flush. */
static bool is_flushed(void)
{
	mutex_lock(&console_tty.lock);
	bool is_empty = n_tty_out_pending(&console_tty.line) == 0;
	mutex_unlock(&console_tty.lock);
	return is_empty && __atomic_load_n(&buffers.is_idle, __ATOMIC_ACQUIRE);
}

void console_flush(void)
{
	for (unsigned i = 0; i < FLUSH_TRIES && !handle_is_none(service) && !is_flushed(); i++)
		sleep_ns(FLUSH_PAUSE_NS);
}

static void run(void *argument)
{
	bool is_stuck = false;
	(void)argument;
	listen();
	update_size();
	for (;;) {
		uint64_t bits = 0;
		/* A full queue signals NEWS_DRAINED; a restarted service does not, so look again after a while. */
		status_t status = event_await(news, NEWS_ALL, is_stuck ? RETRY_NS : 0, &bits);
		if (status != OK && status != E_TIMEOUT)
			return;
		if (status == E_TIMEOUT || bits & NEWS_RESTARTED)
			listen();
		if (bits & (NEWS_SIZE | NEWS_RESTARTED))
			update_size();
		if (bits & (NEWS_INPUT | NEWS_ROOM | NEWS_RESTARTED))
			pull_input();
		__atomic_store_n(&buffers.is_idle, false, __ATOMIC_RELEASE);
		is_stuck = !push_output();
		__atomic_store_n(&buffers.is_idle, !is_stuck, __ATOMIC_RELEASE);
	}
}

int64_t console_start(void)
{
	service = start_handle("console");
	tty_init(&console_tty, &console_driver, dev_make(5, 1));
	news = start_handle("news");
	if (handle_is_none(news) && sys_event_create(&news) != OK)
		return -ENOMEM;
	if (handle_is_none(service))
		return 0;
	struct thread_options options = {.name = "console"};
	return errno_from_status(thread_spawn(run, NULL, &options, NULL));
}

int64_t console_open_file(struct task *task, struct file *file)
{
	if (!console_tty.is_started || handle_is_none(service))
		return -ENXIO;
	return tty_open(task, &console_tty, file);
}

/* As log-in does: the terminal belongs to whom it is given, who may then open it by name. */
struct file *console_open(struct task *task)
{
	const struct attributes owner = {.mask = ATTR_UID, .uid = task->cred.fsuid};
	struct file *file;
	struct path path;
	if (handle_is_none(service) || path_at_start("dev/console", &path) != 0)
		return NULL;
	int64_t result = file_open_path(task, &path, O_RDWR, &file);
	if (result == 0)
		inode_set_attributes(path.dentry->inode, &owner);
	path_put(&path);
	return result == 0 ? file : NULL;
}
