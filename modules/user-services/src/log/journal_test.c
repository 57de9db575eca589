/*
 * Tests of log/journal.c: order, numbering, the ring going round many times, hostile characters. Lines
 * carry their number as time and content, so that any mix-up in the ring shows.
 */
#include "log/journal.h"

#include <base/test.h>

static struct journal journal;
static struct journal_line got;

TEST(lines_come_back_in_order)
{
	struct journal_cursor cursor;

	journal_init(&journal);
	cursor = journal_seek(&journal, 0);
	CHECK(!journal_read(&journal, &cursor, &got));
	journal_add(&journal, 5, 1, "one", 3);
	journal_add(&journal, 6, 2, "two", 3);
	cursor = journal_seek(&journal, 0);
	CHECK(journal_read(&journal, &cursor, &got));
	CHECK_STR_EQ(got.text, "one");
	CHECK_EQ(got.number, 1);
	CHECK_EQ(got.time_ns, 5);
	CHECK(journal_read(&journal, &cursor, &got));
	CHECK_EQ(got.level, 2);
	CHECK(!journal_read(&journal, &cursor, &got));
	cursor = journal_seek(&journal, 2);
	CHECK(journal_read(&journal, &cursor, &got) && got.number == 2);
	cursor = journal_seek(&journal, 99);
	CHECK(!journal_read(&journal, &cursor, &got));
}

TEST(the_oldest_give_way)
{
	struct journal_cursor cursor;
	char text[JOURNAL_TEXT_MAX];
	uint64_t count = 0;

	journal_init(&journal);
	for (uint32_t i = 0; i < 10000; i++) {
		memset(text, 'a' + (int)(i % 26), sizeof(text));
		journal_add(&journal, i, 0, text, i * 7 % sizeof(text));
	}
	cursor = journal_seek(&journal, 0);
	CHECK(cursor.number > 1);
	while (journal_read(&journal, &cursor, &got)) {
		CHECK_EQ(got.number, got.time_ns + 1);
		CHECK_EQ(got.len, got.time_ns * 7 % sizeof(text));
		CHECK(got.len == 0 || got.text[got.len - 1] == 'a' + (int)(got.time_ns % 26));
		count++;
	}
	CHECK_EQ(got.number, 10000);
	CHECK(count > 100);
}

TEST(control_characters_are_shown_harmlessly)
{
	struct journal_cursor cursor;

	journal_init(&journal);
	journal_add(&journal, 0, 0, "a\033[2Jb\n", 7);
	cursor = journal_seek(&journal, 0);
	CHECK(journal_read(&journal, &cursor, &got));
	CHECK_STR_EQ(got.text, "a.[2Jb.");
}

TEST_MAIN();
