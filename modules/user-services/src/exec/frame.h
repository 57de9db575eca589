/*
 * The frames on the exec channel (docs/modules/user-services.md): one type byte, a 4-byte little-endian
 * length, the payload. The reader hands payloads on in pieces as they arrive, so it needs no memory for them.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define FRAME_READY 'R'
#define FRAME_OUT 'O'
#define FRAME_ERROR 'E'
#define FRAME_EXIT 'X'
#define FRAME_LOG 'L'
#define FRAME_COMMAND 'C'
#define FRAME_NATIVE 'N'
#define FRAME_INPUT 'I'
#define FRAME_QUIT 'Q'
#define FRAME_HEADER 5u
#define FRAME_MAX (1u << 20)

struct frame_reader {
	/* A piece of a frame; is_last with the last one, which may be empty. */
	void (*piece)(void *context, uint8_t type, const uint8_t *bytes, uint32_t len,
	              bool is_last);
	void *context;
	uint8_t header[FRAME_HEADER];
	uint32_t header_len;
	uint32_t left; /* of the payload */
};

/* Take any number of bytes; false when they are no frames (the reader starts anew). */
bool frame_feed(struct frame_reader *r, const uint8_t *bytes, uint32_t len);
void frame_header(uint8_t out[FRAME_HEADER], uint8_t type, uint32_t len);
