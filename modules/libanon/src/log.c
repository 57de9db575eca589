/*
 * Log lines (log.h). The message to the log service is put together here rather than by a generated stub,
 * because the interface (user-services/log.ipc, operation 1) belongs to a module that uses this one.
 */
#include <base/bits.h>
#include <base/format.h>
#include <base/string.h>
#include <libanon/log.h>
#include <libanon/start.h>
#include <libanon/time.h>
#include <libanon/wire.h>

#define LOG_OP_WRITE 0x230001u
#define LOG_TEXT_MAX 900u
#define LOG_PAGE_BYTES (LOG_LINE_MAX + 16) /* of the message page that one call overwrites */
#define LOG_PATIENCE (2 * NS_PER_S)

static status_t call_log(handle_t log, uint32_t level, const char *text, size_t len)
{
	struct ipc_message message = {0};
	struct ipc_writer writer;
	status_t status;

	ipc_writer_begin(&writer, &message, message_page());
	message.words[0] = level;
	ipc_write_text(&writer, text, (uint32_t)len, LOG_TEXT_MAX);
	status = ipc_writer_end(&writer, LOG_OP_WRITE);
	return status == OK ? ipc_exchange(log, &message, deadline_in_ns(LOG_PATIENCE)) : status;
}

/* The caller may be filling its message page: it finds it as it was. */
static status_t send_to_log(handle_t log, uint32_t level, const char *text, size_t len)
{
	char saved[LOG_PAGE_BYTES];
	status_t status;

	memcpy(saved, message_page(), sizeof(saved));
	status = call_log(log, level, text, len);
	memcpy(message_page(), saved, sizeof(saved));
	return status;
}

static void write_line(uint32_t level, const char *text, size_t len)
{
	handle_t log = start_handle(START_LOG);

	if (!handle_is_none(log) && send_to_log(log, level, text, len) == OK)
		return;
	(void)sys_domain_log(own_domain(), text, len);
}

void log_line(uint32_t level, const char *fmt, ...)
{
	char text[LOG_LINE_MAX];
	va_list args;
	size_t len = format_string(text, sizeof(text), "%.32s: ", program_name());

	va_start(args, fmt);
	len += format_vstring(text + len, sizeof(text) - len, fmt, args);
	va_end(args);
	write_line(level, text, MIN(len, sizeof(text) - 1));
}
