/*
 * Sentences for people: what store_open() found, what the checker disagrees with.
 * Text that comes from a disk goes through message_bytes(), which lets only printable
 * ASCII pass, so that a hostile image cannot send escape sequences to a terminal.
 */
#include "message.h"

#include "store_os.h"

static size_t message_len(const struct store_message *message)
{
	size_t len = 0;

	while (len < sizeof(message->text) - 1 && message->text[len] != '\0')
		len++;
	return len;
}

static void message_char(struct store_message *message, size_t *len, char c)
{
	if (*len >= sizeof(message->text) - 1)
		return;
	message->text[(*len)++] = c;
	message->text[*len] = '\0';
}

void message_set(struct store_message *message, const char *text)
{
	if (message == NULL)
		return;
	message->text[0] = '\0';
	message_add(message, text);
}

void message_add(struct store_message *message, const char *text)
{
	size_t len;

	if (message == NULL)
		return;
	len = message_len(message);
	while (*text != '\0')
		message_char(message, &len, *text++);
}

void message_number(struct store_message *message, uint64_t number)
{
	char digits[21];
	size_t at = sizeof(digits) - 1;

	digits[at] = '\0';
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number != 0);
	message_add(message, digits + at);
}

void message_bytes(struct store_message *message, const void *bytes, size_t count)
{
	const uint8_t *next = bytes;
	size_t len;

	if (message == NULL)
		return;
	len = message_len(message);
	for (size_t i = 0; i < count; i++)
		message_char(message, &len, next[i] >= 32 && next[i] < 127 ? (char)next[i] : '?');
}
