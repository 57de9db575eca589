/*
 * Memory that runs out: a session that uses everything, once for each allocation in it, which then fails; alone, or with
 * all that follow. The editor may refuse and ring its bell, but not break or leak. The allocator is the sanitizer's,
 * with this in front.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <base/test.h>

#include "edit/test/session.h"

void *__interceptor_malloc(size_t size);
void *__interceptor_calloc(size_t count, size_t size);
void *__interceptor_realloc(void *old, size_t size);

static unsigned long made, failing; /* the number of the allocation that fails; 0: none */
static bool is_lasting;

static bool fails(void)
{
	made++;
	return failing && (is_lasting ? made >= failing : made == failing);
}

void *malloc(size_t size)
{
	return fails() ? NULL : __interceptor_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails() ? NULL : __interceptor_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return fails() ? NULL : __interceptor_realloc(old, size);
}

char *strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = malloc(size);

	return copy ? memcpy(copy, text, size) : NULL;
}

static const char keys[] =
	"hello w\xc3\xa9 \xe4\xb8\x80\x01\x06\x0b\x19\033y\x17\x15\x19\x1f\x1f\033[A\033[A\x10x\x0e\033[B"
	"\x12o\x12\x07\033.\033. al\t\t\033?\033*\033[200~a\rb\033[201~\033\r\x14\033t\033u\033\\"
	"\x12tw\x05z\x12\x12\r";

static void edit_with(struct editor *e, struct history *h)
{
	uint32_t key;

	editor_set_history(e, h);
	if (!edit_begin(e, "\001\033[1m\002p\033[0;32mq\033[m\n$ "))
		return;
	for (const char *at = keys; *at && e->state == EDITOR_EDITING; at++) {
		edit_byte(e, (uint8_t)*at);
		while (keys_next(&e->keys, &key))
			edit_key(e, key);
		edit_refresh(e);
		bytes_clear(&e->display.out);
		CHECK(e->line.cursor <= e->line.text.len);
		CHECK(strlen(bytes_text(&e->line.text)) == e->line.text.len);
	}
	free(edit_text(e));
}

static void use_history(struct history *h)
{
	char path[] = "/tmp/edit_memory_test.XXXXXX";
	int fd = mkstemp(path);

	close(fd);
	history_add(h, "one");
	history_add(h, "two\nlines x");
	history_add(h, "one");
	history_save(h, path, 1);
	history_load(h, path);
	unlink(path);
}

static void use_everything(void)
{
	struct editor *e = editor_new(no_input(), -1, session_host());
	struct history *h = history_new(10, HISTORY_ERASE_OLDER);

	if (h)
		use_history(h);
	if (e)
		edit_with(e, h);
	free(editor_quote("a b", '\0'));
	editor_free(e);
	history_free(h);
}

/* Lets each allocation fail in turn; returns how many there were. */
static unsigned long let_each_fail(void)
{
	unsigned long point = 0;

	no_input();
	do {
		failing = 0;
		made = 0;
		failing = ++point;
		use_everything();
	} while (made >= point);
	failing = 0;
	return point;
}

TEST(one_allocation_fails)
{
	is_lasting = false;
	CHECK(let_each_fail() > 100);
}

TEST(all_further_allocations_fail)
{
	is_lasting = true;
	CHECK(let_each_fail() > 100);
}

TEST_MAIN();
