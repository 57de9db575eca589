/*
 * Host tests of the line discipline, and of rings, text and directory records.
 */
#include "dirent.h"
#include "fs_abi.h"
#include "n_tty.h"
#include "ring.h"
#include "text.h"
#include <base/bits.h>
#include <base/random.h>
#include <base/test.h>

static struct n_tty tty;

static void type(const char *text)
{
	CHECK_EQ(n_tty_receive(&tty, (const uint8_t *)text, strlen(text)), strlen(text));
}

static const char *line(void)
{
	static char text[N_TTY_INPUT + 1];
	bool is_eof;
	size_t len = n_tty_take(&tty, (uint8_t *)text, sizeof(text) - 1, &is_eof);
	text[len] = 0;
	return is_eof ? "(eof)" : text;
}

static const char *output(void)
{
	static char text[N_TTY_OUTPUT + 1];
	text[n_tty_drain(&tty, (uint8_t *)text, sizeof(text) - 1)] = 0;
	return text;
}

static void set_local(uint32_t off, uint32_t on)
{
	struct linux_termios t = tty.termios;
	t.lflag = (t.lflag & ~off) | on;
	n_tty_set_termios(&tty, &t);
}

TEST(lines)
{
	n_tty_init(&tty);
	type("abc");
	CHECK(!n_tty_is_readable(&tty, 1));
	type("\r");
	CHECK(n_tty_is_readable(&tty, 1));
	CHECK_EQ(n_tty_available(&tty), 4);
	CHECK_STR_EQ(line(), "abc\n");
	CHECK_STR_EQ(output(), "abc\r\n");
	type("one\ntwo\n");
	CHECK_STR_EQ(line(), "one\n");
	CHECK_STR_EQ(line(), "two\n");
	CHECK_STR_EQ(line(), "");
}

TEST(erasing)
{
	n_tty_init(&tty);
	type("ab\tc\x7f\x7f\x7f");
	CHECK_STR_EQ(output(), "ab\tc\b \b\b \b\b \b\b \b\b \b\b \b\b \b\b \b");
	type("Z\x01\x7f\n");
	CHECK_STR_EQ(line(), "aZ\n");
	(void)output();
	type("two words  \x17!\n");
	CHECK_STR_EQ(line(), "two !\n");
	type("gone\x15kept\n");
	CHECK_STR_EQ(line(), "kept\n");
	type("\x7f\x17\x15\n");
	CHECK_STR_EQ(line(), "\n");
}

TEST(end_of_file)
{
	uint8_t three[3];
	bool is_eof;
	n_tty_init(&tty);
	type("\x04");
	CHECK_STR_EQ(line(), "(eof)");
	type("abc\x04");
	CHECK_EQ(n_tty_available(&tty), 3);
	CHECK_EQ(n_tty_take(&tty, three, 3, &is_eof), 3); /* the mark goes with a full buffer */
	CHECK(!n_tty_is_readable(&tty, 1));
	type("\x16\x04\n");
	CHECK_STR_EQ(line(), "\x04\n");
}

TEST(signals_and_flow)
{
	n_tty_init(&tty);
	type("half\x03");
	CHECK_EQ(tty.signals, 1u << 2);
	CHECK_STR_EQ(output(), "^C");
	type("\x1a\x1c");
	CHECK_EQ(tty.signals, 1u << 2 | 1u << 20 | 1u << 3);
	type("\n");
	CHECK_STR_EQ(line(), "\n");
	(void)output();
	type("\x13x");
	CHECK_STR_EQ(output(), "");
	type("\x11");
	CHECK_STR_EQ(output(), "x");
}

TEST(raw_and_switching)
{
	n_tty_init(&tty);
	set_local(ICANON | ECHO | ISIG | IEXTEN, 0);
	type("a\x03\x04");
	CHECK(n_tty_is_readable(&tty, 3) && !n_tty_is_readable(&tty, 4));
	CHECK_STR_EQ(line(), "a\x03\x04");
	type("left");
	set_local(0, ICANON);
	CHECK_STR_EQ(line(), "left");
	type("typed");
	set_local(ICANON, 0);
	CHECK_STR_EQ(line(), "typed");
}

TEST(full_input)
{
	static uint8_t many[N_TTY_INPUT * 2];
	n_tty_init(&tty);
	memset(many, 'x', sizeof(many));
	CHECK_EQ(n_tty_receive(&tty, many, sizeof(many)),
	         sizeof(many)); /* the rest of a line is lost */
	type("\n");
	CHECK_EQ(strlen(line()), N_TTY_INPUT);
	set_local(ICANON | ECHO, 0);
	CHECK_EQ(n_tty_receive(&tty, many, sizeof(many)), N_TTY_INPUT);
	CHECK(tty.is_hungry);
}

TEST(output_processing)
{
	n_tty_init(&tty);
	CHECK_EQ(n_tty_put(&tty, (const uint8_t *)"a\nb\tc", 5), 5);
	CHECK_STR_EQ(output(), "a\r\nb\tc");
	tty.termios.oflag |= XTABS;
	CHECK_EQ(n_tty_put(&tty, (const uint8_t *)"\rab\tc", 5), 5);
	CHECK_STR_EQ(output(), "\rab      c");
	static uint8_t many[N_TTY_OUTPUT * 2];
	memset(many, '\n', sizeof(many));
	size_t taken = n_tty_put(&tty, many, sizeof(many));
	CHECK(taken < sizeof(many) / 2 && n_tty_out_pending(&tty) == taken * 2);
}

TEST(line_discipline_survives_anything)
{
	struct random random;
	uint8_t bytes[64];
	bool is_eof;
	random_seed(&random, test_seed());
	n_tty_init(&tty);
	for (unsigned round = 0; round < test_rounds(20000); round++) {
		struct linux_termios t = tty.termios;
		for (unsigned i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)random_below(&random,
			                                 random_below(&random, 4) ? 32 : 256);
		n_tty_receive(&tty, bytes, random_below(&random, sizeof(bytes)));
		n_tty_put(&tty, bytes, random_below(&random, sizeof(bytes)));
		n_tty_drain(&tty, bytes, random_below(&random, sizeof(bytes)));
		n_tty_take(&tty, bytes, random_below(&random, sizeof(bytes)), &is_eof);
		t.lflag ^= 1u << random_below(&random, 16);
		t.iflag ^= 1u << random_below(&random, 15);
		t.oflag ^= 1u << random_below(&random, 13);
		if (random_below(&random, 10) == 0)
			n_tty_set_termios(&tty, &t);
		CHECK(tty.head - tty.tail <= N_TTY_INPUT);
		if (tty.termios.lflag & ICANON)
			CHECK(tty.canon_head - tty.tail <= tty.head - tty.tail);
		CHECK(n_tty_available(&tty) <= N_TTY_INPUT);
	}
}

static size_t put(struct ring *ring, const uint8_t *from, size_t len)
{
	struct ring_piece pieces[2];
	len = MIN(len, (size_t)ring_room(ring));
	CHECK(ring_reserve(ring, len));
	ring_writable(ring, len, pieces);
	CHECK_EQ(pieces[0].len + pieces[1].len, len);
	memcpy(pieces[0].at, from, pieces[0].len);
	memcpy(pieces[1].at, from + pieces[0].len, pieces[1].len);
	ring_put(ring, len);
	return len;
}

static size_t take(struct ring *ring, uint8_t *to, size_t len)
{
	struct ring_piece piece;
	size_t done = 0;
	while (done < len && (piece = ring_readable(ring)).len > 0) {
		size_t part = MIN(len - done, piece.len);
		memcpy(to + done, piece.at, part);
		ring_take(ring, part);
		done += part;
	}
	return done;
}

TEST(rings)
{
	struct ring ring;
	struct random random;
	uint8_t bytes[5000];
	uint64_t in = 0, out = 0;
	random_seed(&random, test_seed());
	ring_init(&ring, 65536);
	for (unsigned round = 0; round < test_rounds(3000); round++) {
		size_t want = random_below(&random, sizeof(bytes));
		for (size_t i = 0; i < want; i++)
			bytes[i] = (uint8_t)((in + i) * 7);
		in += put(&ring, bytes, want);
		size_t got = take(&ring, bytes, random_below(&random, sizeof(bytes)));
		for (size_t i = 0; i < got; i++)
			CHECK_EQ(bytes[i], (uint8_t)((out + i) * 7));
		out += got;
		CHECK_EQ(ring_used(&ring), in - out);
		if (random_below(&random, 50) == 0)
			ring_set_limit(&ring, 4096u << random_below(&random, 6));
		if (ring.limit < 8192)
			ring_set_limit(&ring, 8192);
	}
	ring_destroy(&ring);
}

TEST(texts)
{
	struct text text;
	text_init(&text);
	for (int i = 0; i < 1000; i++)
		text_add(&text, "line %d of %s\n", i, "text");
	CHECK(!text.has_failed && text.len == 16890);
	text.at[text.len] = 0;
	CHECK(strncmp(text.at, "line 0 of text\nline 1 of", 24) == 0);
	static char long_name[3000];
	memset(long_name, 'n', sizeof(long_name) - 1);
	text_add(&text, "%s", long_name);
	CHECK(!text.has_failed && text.len == 16890 + 2999);
	while (!text.has_failed)
		text_add_bytes(&text, long_name, sizeof(long_name));
	CHECK(text.len <= TEXT_MAX);
	text_free(&text);
}

TEST(directory_records)
{
	uint8_t bytes[64];
	struct dirent_buffer buffer = {bytes, sizeof(bytes), 0};
	CHECK(dirent_pack(&buffer, "a", 1, DT_REG, 1));
	CHECK_EQ(buffer.used, 24);
	CHECK(dirent_pack(&buffer, "four", 2, DT_DIR, 2));
	CHECK_EQ(buffer.used, 48);
	CHECK(!dirent_pack(&buffer, "x", 3, DT_REG, 3));
	CHECK_EQ(bytes[16], 24);
	CHECK_EQ(bytes[18], DT_REG);
	CHECK_STR_EQ((char *)bytes + 24 + DIRENT64_NAME_AT, "four");
}

TEST_MAIN();
