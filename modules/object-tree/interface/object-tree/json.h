/*
 * JSON, the human edge of the object tree: converted to and from CBOR, never kept.
 *
 * What JSON cannot say is spelled as an object with one key: {"$bytes": "hex"}, {"$float": "hex bits"},
 * {"$tag": [number, value]}, {"$simple": number}. A real key that begins with "$" gets a second one, so
 * every value survives the way there and back; map keys other than text do not, and are refused.
 * Numbers are whole, from -2^64 to 2^64 - 1: a fraction or an exponent is E_UNSUPPORTED.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <object-tree/cbor.h>

/* Appends the one value that text holds. E_PROTO: not JSON; E_INVAL: a key twice; E_LIMIT: too deep. */
status_t json_to_cbor(const char *text, size_t len, struct cbor_writer *out);

/* The same for a terminated text, giving a whole checked value. */
status_t json_parse(const char *text, void *buf, size_t size, size_t *out_len);

/* Writes a terminated text. With indent, one item a line. E_RANGE: it does not fit; E_PROTO, E_LIMIT. */
status_t json_from_cbor(const void *value, size_t len, bool indent, char *text, size_t size,
                        size_t *out_len);
