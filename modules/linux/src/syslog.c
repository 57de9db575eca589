/*
 * syslog(2), as dmesg and klogd use it: the system's log, /sys/log, as far as the container's namespace has it, in the
 * form in which Linux shows its own. Lines are numbered there; what was read and what was cleared are numbers here.
 *
 * Locks: [p] position_lock, never held while the log service is asked
 */
#include <base/bits.h>
#include <base/string.h>
#include <libanon/heap.h>
#include <libanon/start.h>
#include <object-tree/cbor.h>
#include <object-tree/object.h>
#include "guest.h"
#include "object_access.h"
#include "syscall.h"
#include "text.h"

#define LOG_OBJECT "/sys/log"
#define ANSWER_BYTES 4096
#define BUFFER_BYTES 65536 /* what the log service keeps */
#define LINE_WRITTEN 1ul

enum syslog_action {
	ACTION_CLOSE,
	ACTION_OPEN,
	ACTION_READ,
	ACTION_READ_ALL,
	ACTION_READ_CLEAR,
	ACTION_CLEAR,
	ACTION_CONSOLE_OFF,
	ACTION_CONSOLE_ON,
	ACTION_CONSOLE_LEVEL,
	ACTION_SIZE_UNREAD,
	ACTION_SIZE_BUFFER,
};

/* Up to where a reader has come: so many bytes of that line. */
struct position {
	uint64_t number;
	size_t bytes;
};

static struct mutex position_lock = MUTEX_RANKED(RANK_LEAF);
static struct position unread; /* [p] */
static uint64_t cleared;       /* [p] lines below are not shown by READ_ALL */

/* Lines in Linux's form, and which they are. */
struct piece {
	struct text text;
	uint64_t first, next; /* next: where to go on */
};

/* --- asking the log --- */

struct line {
	uint64_t level, number, time_ns;
	const char *text;
	size_t len;
};

static status_t read_field(struct cbor_reader *reader, struct line *line)
{
	const char *key;
	size_t len;
	status_t status = cbor_get_text(reader, &key, &len);

	if (status != OK)
		return status;
	if (len == 4 && memcmp(key, "text", 4) == 0)
		return cbor_get_text(reader, &line->text, &line->len);
	if (len == 4 && memcmp(key, "time", 4) == 0)
		return cbor_get_uint(reader, &line->time_ns);
	if (len == 5 && memcmp(key, "level", 5) == 0)
		return cbor_get_uint(reader, &line->level);
	if (len == 6 && memcmp(key, "number", 6) == 0)
		return cbor_get_uint(reader, &line->number);
	return cbor_skip(reader);
}

static status_t read_line(struct cbor_reader *reader, struct line *line)
{
	uint64_t pairs;
	status_t status = cbor_get_map(reader, &pairs);

	*line = (struct line){.text = ""};
	for (; status == OK && pairs > 0; pairs--)
		status = read_field(reader, line);
	return status;
}

/* Errors, warnings, information, debug: as Linux numbers them. */
static unsigned priority_of(uint64_t level)
{
	static const uint8_t priorities[] = {3, 4, 6, 7};

	return priorities[MIN(level, ARRAY_SIZE(priorities) - 1)];
}

static void add_line(struct text *text, const struct line *line)
{
	text_add(text, "<%u>[%5llu.%06llu] ", priority_of(line->level),
	         line->time_ns / NS_PER_SECOND, line->time_ns % NS_PER_SECOND / 1000);
	text_add_bytes(text, line->text, line->len);
	text_add_bytes(text, "\n", 1);
}

static status_t read_answer(const struct obj_result *answer, struct piece *piece)
{
	struct cbor_reader lines, next;
	struct line line;
	uint64_t count = 0;
	status_t status = cbor_find(answer->at, answer->len, "next", &next);

	if (status == OK)
		status = cbor_get_uint(&next, &piece->next);
	if (status == OK)
		status = cbor_find(answer->at, answer->len, "lines", &lines);
	if (status == OK)
		status = cbor_get_array(&lines, &count);
	for (uint64_t i = 0; status == OK && i < count; i++) {
		status = read_line(&lines, &line);
		if (status == OK && i == 0 && piece->text.len == 0)
			piece->first = line.number;
		if (status == OK)
			add_line(&piece->text, &line);
	}
	return status;
}

static status_t ask(uint64_t from, struct obj_result *answer)
{
	uint8_t args[32];
	struct cbor_writer writer;

	cbor_writer_init(&writer, args, sizeof(args));
	cbor_put_map(&writer, 1);
	cbor_put_text(&writer, "from");
	cbor_put_uint(&writer, from);
	struct obj_arguments arguments = {.args = args, .args_len = (uint32_t)writer.len};
	status_t status = obj_call(start_handle("root"), LOG_OBJECT, "read", &arguments, answer);

	if (status == OK && !handle_is_none(answer->cap))
		(void)sys_handle_close(answer->cap);
	return status;
}

/* A container without a tree, or without the log in it, is a kernel without a log. */
static int64_t errno_of(status_t status)
{
	bool is_absent = status == E_NOENT || status == E_UNSUPPORTED ||
	                 handle_is_none(start_handle("root"));

	return status != OK && is_absent ? -ENOSYS : errno_from_status(status);
}

/* Adds the lines from that number on that come in one answer. */
static int64_t fetch(uint64_t from, struct piece *piece)
{
	struct obj_result answer = {.at = heap_alloc(ANSWER_BYTES), .max = ANSWER_BYTES};

	if (!answer.at)
		return -ENOMEM;
	int64_t error = errno_of(ask(from, &answer));

	if (!error)
		error = errno_from_status(read_answer(&answer, piece));
	heap_free(answer.at);
	return !error && piece->text.has_failed ? -ENOMEM : error;
}

/* All of them. */
static int64_t fetch_all(uint64_t from, struct piece *piece)
{
	int64_t error;

	piece->next = from;
	do {
		from = piece->next;
		error = fetch(from, piece);
	} while (error == 0 && piece->next > from);
	return error;
}

/* --- the actions --- */

static int64_t check_buffer(uint64_t u_buffer, int32_t len)
{
	if (u_buffer == 0 || len < 0)
		return -EINVAL;
	return guest_range_ok(u_buffer, (uint64_t)len) ? 0 : -EFAULT;
}

static uint64_t cleared_below(void)
{
	mutex_lock(&position_lock);
	uint64_t number = cleared;

	mutex_unlock(&position_lock);
	return number;
}

static void clear_below(uint64_t number)
{
	mutex_lock(&position_lock);
	cleared = MAX(cleared, number);
	mutex_unlock(&position_lock);
}

/* Where the newest whole lines begin that fit. */
static size_t tail_that_fits(const struct text *text, size_t len)
{
	size_t start = text->len > len ? text->len - len : 0;

	while (start > 0 && start < text->len && text->at[start - 1] != '\n')
		start++;
	return start;
}

static int64_t read_all(struct task *task, uint64_t u_buffer, int32_t len, bool is_cleared)
{
	struct piece piece = {0};
	int64_t result = check_buffer(u_buffer, len);

	if (result != 0 || len == 0)
		return result;
	result = fetch_all(cleared_below(), &piece);
	if (result == 0) {
		size_t start = tail_that_fits(&piece.text, (size_t)len);

		result = (int64_t)(piece.text.len - start);
		if (copy_to_guest(task, u_buffer, piece.text.at + start, (size_t)result) != 0)
			result = -EFAULT;
	}
	if (result >= 0 && is_cleared)
		clear_below(piece.next);
	text_free(&piece.text);
	return result;
}

static int64_t clear(void)
{
	struct piece piece = {0};
	int64_t error = fetch_all(cleared_below(), &piece);

	if (error == 0)
		clear_below(piece.next);
	text_free(&piece.text);
	return error;
}

static struct position first_unread(void)
{
	mutex_lock(&position_lock);
	struct position position = unread;

	mutex_unlock(&position_lock);
	return position;
}

/* What of the piece lies before the position: nothing, when the log has lost that line in the meantime. */
static size_t skip_read(const struct piece *piece, struct position position)
{
	return piece->first == position.number ? MIN(position.bytes, piece->text.len) : 0;
}

static int64_t size_unread(void)
{
	struct position position = first_unread();
	struct piece piece = {0};
	int64_t result = fetch_all(position.number, &piece);

	if (result == 0)
		result = (int64_t)(piece.text.len - skip_read(&piece, position));
	text_free(&piece.text);
	return result;
}

static struct position position_after(const struct piece *piece, size_t bytes)
{
	struct position position = {.number = piece->first};
	size_t line = 0;

	for (size_t i = 0; i < bytes; i++) {
		if (piece->text.at[i] != '\n')
			continue;
		position.number++;
		line = i + 1;
	}
	position.bytes = bytes - line;
	return position;
}

/* False: another reader was faster. */
static bool advance(struct position from, struct position to)
{
	mutex_lock(&position_lock);
	bool is_ours = unread.number == from.number && unread.bytes == from.bytes;

	if (is_ours)
		unread = to;
	mutex_unlock(&position_lock);
	return is_ours;
}

/* What is there and was not read; 0: nothing, -EAGAIN: another reader took it. */
static int64_t read_some(struct task *task, uint64_t u_buffer, size_t len)
{
	struct position from = first_unread();
	struct piece piece = {0};
	int64_t result = fetch(from.number, &piece);

	if (result == 0 && piece.text.len > 0) {
		size_t start = skip_read(&piece, from);
		size_t bytes = MIN(len, piece.text.len - start);

		result = (int64_t)bytes;
		if (copy_to_guest(task, u_buffer, piece.text.at + start, bytes) != 0)
			result = -EFAULT;
		else if (!advance(from, position_after(&piece, start + bytes)))
			result = -EAGAIN;
	}
	text_free(&piece.text);
	return result;
}

static status_t subscribe(handle_t *out_news)
{
	handle_t log;
	status_t status = obj_resolve(start_handle("root"), LOG_OBJECT, &log);

	if (status != OK)
		return status;
	status = sys_event_create(out_news);
	if (status == OK)
		status = object_subscribe(log, "line", *out_news, LINE_WRITTEN);
	(void)sys_handle_close(log);
	return status;
}

/* The first time it only makes sure that news will come: the log has to be looked at once more. */
static status_t await_news(handle_t *news)
{
	uint64_t bits;

	return handle_is_none(*news) ? subscribe(news)
	                             : sys_event_wait(*news, LINE_WRITTEN, 0, &bits);
}

/* The kick of a signal ends the wait. */
static int64_t read_waiting(struct task *task, uint64_t u_buffer, int32_t len)
{
	handle_t news = HANDLE_NONE;
	status_t status = OK;
	int64_t result = check_buffer(u_buffer, len);

	if (result != 0 || len == 0)
		return result;
	do {
		result = read_some(task, u_buffer, (size_t)len);
		if (result == 0)
			status = await_news(&news);
	} while (status == OK && (result == 0 || result == -EAGAIN));
	if (!handle_is_none(news)) {
		(void)sys_handle_revoke(news); /* ends the subscription, too */
		(void)sys_handle_close(news);
	}
	if (status == OK)
		return result;
	return status == E_INTR ? -ERESTARTSYS : errno_of(status);
}

/* --- the call --- */

/* What anybody may do where, as here, kernel.dmesg_restrict is 0. */
static bool is_for_everybody(int32_t action)
{
	return action == ACTION_READ_ALL || action == ACTION_SIZE_BUFFER;
}

SYSCALL3(syslog, int32_t, action, uint64_t, u_buffer, int32_t, len)
{
	if (!is_for_everybody(action) && !capable(task, CAP_SYSLOG) &&
	    !capable(task, CAP_SYS_ADMIN))
		return -EPERM;
	if (object_access_read(task, LOG_OBJECT) != OK)
		return -EPERM;
	switch (action) {
	case ACTION_CLOSE:
	case ACTION_OPEN: return 0;
	case ACTION_READ: return read_waiting(task, u_buffer, len);
	case ACTION_READ_ALL: return read_all(task, u_buffer, len, false);
	case ACTION_READ_CLEAR: return read_all(task, u_buffer, len, true);
	case ACTION_CLEAR: return clear();
	case ACTION_CONSOLE_LEVEL:
		if (len < 1 || len > 8)
			return -EINVAL;
		return -EPERM;
	case ACTION_CONSOLE_OFF:
	case ACTION_CONSOLE_ON: return -EPERM; /* what the console shows is not the container's */
	case ACTION_SIZE_UNREAD: return size_unread();
	case ACTION_SIZE_BUFFER: return BUFFER_BYTES;
	default: return -EINVAL;
	}
}
