/*
 * Tests of exec/frame.c: every way of cutting the bytes gives the same frames; nonsense is refused.
 * The reader stores no payload, so the pieces are collected here and compared as a whole.
 */
#include "exec/frame.h"

#include <base/test.h>

struct seen {
	uint32_t frames;
	uint32_t len;
	uint8_t types[8];
	uint8_t bytes[64];
};

static void piece(void *context, uint8_t type, const uint8_t *bytes, uint32_t len, bool is_last)
{
	struct seen *s = context;

	memcpy(s->bytes + s->len, bytes, len);
	s->len += len;
	if (is_last)
		s->types[s->frames++] = type;
}

static const uint8_t stream[] = {'C', 3, 0, 0, 0, 'a', 'b', 'c', 'I', 0, 0, 0, 0,
                                 'I', 2, 0, 0, 0, 'x', 'y', 'Q', 0,   0, 0, 0};

TEST(any_cut)
{
	for (uint32_t step = 1; step <= sizeof(stream); step++) {
		struct seen s = {0};
		struct frame_reader r = {.piece = piece, .context = &s};

		for (uint32_t at = 0; at < sizeof(stream); at += step) {
			uint32_t left = sizeof(stream) - at;

			CHECK(frame_feed(&r, stream + at, left < step ? left : step));
		}
		CHECK_EQ(s.frames, 4);
		CHECK_MEM_EQ(s.types, "CIIQ", 4);
		CHECK_EQ(s.len, 5);
		CHECK_MEM_EQ(s.bytes, "abcxy", 5);
	}
}

TEST(nonsense)
{
	static const uint8_t bad_type[] = {'Z', 0, 0, 0, 0}, too_long[] = {'C', 0, 0, 0, 1};
	struct seen s = {0};
	struct frame_reader r = {.piece = piece, .context = &s};

	CHECK(!frame_feed(&r, bad_type, 5));
	CHECK(!frame_feed(&r, too_long, 5));
	CHECK(frame_feed(&r, stream, sizeof(stream)));
	CHECK_EQ(s.frames, 4);
}

TEST(header)
{
	uint8_t h[FRAME_HEADER];

	frame_header(h, FRAME_OUT, 0x01020304);
	CHECK_MEM_EQ(h, "O\x04\x03\x02\x01", 5);
}

TEST_MAIN();
