/*
 * CBOR (RFC 8949) in its deterministic encoding, the form of every value in the object tree: shortest
 * heads, definite lengths, text in UTF-8, map keys sorted by their encoding and never twice.
 *
 * Writers fill a bounded buffer; the first error sticks in `status` and nothing is written after it.
 * Readers pull one item at a time from memory they do not own. cbor_check judges a whole value, nesting
 * included; what it accepted can be read without further care. Floating-point numbers are carried as bits.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <microkernel/errors.h>

#define CBOR_DEPTH_MAX 16
#define CBOR_PAIRS_MAX 512 /* of a map that cbor_close sorts */

enum cbor_type {
	CBOR_UINT,     /* value */
	CBOR_NEGATIVE, /* -1 - value */
	CBOR_BYTES,    /* bytes, len */
	CBOR_TEXT,     /* bytes, len */
	CBOR_ARRAY,    /* value items follow */
	CBOR_MAP,      /* value pairs follow */
	CBOR_TAG,      /* value; one item follows */
	CBOR_SIMPLE,   /* value: CBOR_FALSE and so on */
	CBOR_FLOAT,    /* value: the bits; len: 2, 4 or 8 bytes */
};
#define CBOR_FALSE 20u
#define CBOR_TRUE 21u
#define CBOR_NULL 22u
#define CBOR_UNDEFINED 23u

struct cbor_item {
	enum cbor_type type;
	uint64_t value;
	const uint8_t *bytes;
	size_t len;
};

struct cbor_writer {
	uint8_t *at;
	size_t size;
	size_t len;  /* written so far; of a window: that would have been written in all */
	size_t skip; /* bytes in front of a window */
	bool is_window;
	status_t status;
};

/* An open array or map whose number of items is not known yet. */
struct cbor_mark {
	size_t at;
	uint8_t major;
};

void cbor_writer_init(struct cbor_writer *w, void *buf, size_t size);
/* Keeps only the bytes from `skip` on, at most size of them; cbor_open cannot be used. */
void cbor_window_init(struct cbor_writer *w, void *buf, size_t size, size_t skip);
void cbor_put_uint(struct cbor_writer *w, uint64_t value);
void cbor_put_int(struct cbor_writer *w, int64_t value);
void cbor_put_negative(struct cbor_writer *w, uint64_t value); /* -1 - value */
void cbor_put_bytes(struct cbor_writer *w, const void *bytes, size_t len);
void cbor_put_text(struct cbor_writer *w, const char *text);
void cbor_put_text_len(struct cbor_writer *w, const char *text, size_t len);
void cbor_put_array(struct cbor_writer *w, uint64_t items);
void cbor_put_map(struct cbor_writer *w, uint64_t pairs); /* the caller gives the keys in order */
void cbor_put_tag(struct cbor_writer *w, uint64_t tag);
void cbor_put_simple(struct cbor_writer *w, uint8_t value);
void cbor_put_bool(struct cbor_writer *w, bool value);
void cbor_put_null(struct cbor_writer *w);
void cbor_put_float(struct cbor_writer *w, uint64_t bits, size_t len);
/* A value that is encoded already. */
void cbor_put_raw(struct cbor_writer *w, const void *value, size_t len);
/* A text that is written in two steps: room for len bytes, NULL when there is none. */
uint8_t *cbor_text_room(struct cbor_writer *w, size_t len);

/* Items written between open and close become the content; close counts them and sorts a map's pairs. */
struct cbor_mark cbor_open_array(struct cbor_writer *w);
struct cbor_mark cbor_open_map(struct cbor_writer *w);
void cbor_close(struct cbor_writer *w, struct cbor_mark mark);

struct cbor_reader {
	const uint8_t *at;
	size_t len;
	size_t pos;
};

void cbor_reader_init(struct cbor_reader *r, const void *value, size_t len);
/* The next head, with the content of bytes and text. E_PROTO: malformed or not deterministic; E_NOENT: the end. */
status_t cbor_next(struct cbor_reader *r, struct cbor_item *out_item);
/* Over one whole value. */
status_t cbor_skip(struct cbor_reader *r);
/* Exactly one deterministic value, nested at most CBOR_DEPTH_MAX deep. E_PROTO, E_LIMIT. */
status_t cbor_check(const void *value, size_t len);

/* Typed reads: E_TYPE when the next item is something else; the reader then has not moved. */
status_t cbor_get_uint(struct cbor_reader *r, uint64_t *out);
status_t cbor_get_int(struct cbor_reader *r, int64_t *out);
status_t cbor_get_bool(struct cbor_reader *r, bool *out);
status_t cbor_get_text(struct cbor_reader *r, const char **out_text,
                       size_t *out_len); /* not terminated */
status_t cbor_get_bytes(struct cbor_reader *r, const uint8_t **out_bytes, size_t *out_len);
status_t cbor_get_array(struct cbor_reader *r, uint64_t *out_items);
status_t cbor_get_map(struct cbor_reader *r, uint64_t *out_pairs);
/* The value of a text key in the map at value, as a reader on it. E_NOENT, E_TYPE. */
status_t cbor_find(const void *value, size_t len, const char *key, struct cbor_reader *out);

bool utf8_is_valid(const uint8_t *text, size_t len);
