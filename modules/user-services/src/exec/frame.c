/*
 * Reading and writing frames. The reader is fed whatever the serial line delivered; it never looks ahead and
 * never stores payload, so a frame of any allowed length costs nothing.
 */
#include "exec/frame.h"

static bool is_known(uint8_t type)
{
	return type == FRAME_COMMAND || type == FRAME_NATIVE || type == FRAME_INPUT ||
	       type == FRAME_QUIT;
}

static uint32_t payload_len(const struct frame_reader *r)
{
	const uint8_t *h = r->header;

	return (uint32_t)h[1] | (uint32_t)h[2] << 8 | (uint32_t)h[3] << 16 | (uint32_t)h[4] << 24;
}

/* The header is complete: false when it cannot be one. */
static bool begin(struct frame_reader *r)
{
	r->left = payload_len(r);
	if (!is_known(r->header[0]) || r->left > FRAME_MAX) {
		r->header_len = r->left = 0;
		return false;
	}
	if (r->left == 0) {
		r->header_len = 0;
		r->piece(r->context, r->header[0], r->header, 0, true);
	}
	return true;
}

static uint32_t take_payload(struct frame_reader *r, const uint8_t *bytes, uint32_t len)
{
	uint32_t count = len < r->left ? len : r->left;

	r->left -= count;
	if (r->left == 0)
		r->header_len = 0;
	r->piece(r->context, r->header[0], bytes, count, r->left == 0);
	return count;
}

bool frame_feed(struct frame_reader *r, const uint8_t *bytes, uint32_t len)
{
	for (uint32_t i = 0; i < len;) {
		if (r->header_len == FRAME_HEADER) {
			i += take_payload(r, bytes + i, len - i);
			continue;
		}
		r->header[r->header_len++] = bytes[i++];
		if (r->header_len == FRAME_HEADER && !begin(r))
			return false;
	}
	return true;
}

void frame_header(uint8_t out[FRAME_HEADER], uint8_t type, uint32_t len)
{
	out[0] = type;
	for (int i = 0; i < 4; i++)
		out[1 + i] = (uint8_t)(len >> 8 * i);
}
