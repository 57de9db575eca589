/*
 * The wire format of generated interfaces: what the headers made by tools/ipcgen.py are written in.
 *
 * A message carries, in this order: scalars in the words (0-5 when a capability may travel in that
 * direction, else 0-7; with optional capabilities word 0 says which are present), then in the message
 * page, each item 8-byte aligned, the scalars that found no word, structures as they are, and
 * variable-length fields as a 32-bit length and the bytes. A reply's op is 0 or the negated status.
 *
 * A reader never trusts a length: every read is checked against the message's own length and the
 * field's bound, and the first fault sticks. A writer clears the padding it leaves behind. The message
 * page belongs to the calling thread and any call overwrites it, so readers copy what they return.
 */
#pragma once
#include <libanon/ipc.h>
#include <stdbool.h>
#ifdef __ANONYMOS__
#include <libanon/thread.h>
#else
void *message_page(void); /* host tests bring their own */
#endif

/* What a handler returns when it will answer later by itself (<libanon/server.h>). */
#ifndef IPC_DEFERRED
#define IPC_DEFERRED ((status_t)1)
#endif

/* Text handed to a handler: len bytes without a NUL among them, and one behind them. */
struct ipc_text {
	const char *at;
	uint32_t len;
};
struct ipc_bytes {
	const void *at;
	uint32_t len;
};
/* Room for a handler's variable-length result: it writes at most max bytes and sets len. */
struct ipc_out {
	void *at;
	uint32_t max;
	uint32_t len;
};

struct ipc_writer {
	struct ipc_message *message;
	uint8_t *page;
	uint32_t at;
	uint32_t handles;
	uint32_t moved;
	status_t status;
};
struct ipc_reader {
	const struct ipc_message *message;
	const uint8_t *page;
	uint32_t at;
	uint32_t len;
	uint32_t handles; /* taken so far */
	uint32_t present; /* optional capabilities said to be there and not yet asked for */
	status_t status;
};

static inline void ipc_copy(void *to, const void *from, uint32_t len)
{
	if (len != 0)
		__builtin_memcpy(to, from, len);
}

static inline bool ipc_has_nul(const char *at, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		if (at[i] == 0)
			return true;
	}
	return false;
}

/* Length of a terminated string, at most max + 1: callers see that it is too long. */
static inline uint32_t ipc_text_len(const char *at, uint32_t max)
{
	uint32_t len = 0;
	while (len <= max && at[len] != 0)
		len++;
	return len;
}

/* Give up a handle, if there is one; it may have been revoked meanwhile. */
static inline void ipc_close(handle_t h)
{
	if (!handle_is_none(h))
		(void)sys_handle_close(h);
}

/* --- writing --- */
static inline void ipc_writer_begin(struct ipc_writer *w, struct ipc_message *message, void *page)
{
	*w = (struct ipc_writer){.message = message, .page = page};
	*message = (struct ipc_message){.badge = message->badge};
}

/* Room for len bytes, aligned; NULL when there is none. */
static inline uint8_t *ipc_write_room(struct ipc_writer *w, uint32_t len)
{
	uint32_t start = (w->at + 7) & ~7u;
	if (start > IPC_BYTES_MAX || len > IPC_BYTES_MAX - start) {
		w->status = E_RANGE;
		return NULL;
	}
	for (uint32_t i = w->at; i < start; i++)
		w->page[i] = 0;
	w->at = start + len;
	return w->page + start;
}

static inline void ipc_write_fixed(struct ipc_writer *w, const void *from, uint32_t len)
{
	uint8_t *to = ipc_write_room(w, len);
	if (to != NULL)
		ipc_copy(to, from, len);
}

static inline void ipc_write_u64(struct ipc_writer *w, uint64_t value)
{
	ipc_write_fixed(w, &value, sizeof(value));
}

static inline void ipc_write_bytes(struct ipc_writer *w, const void *from, uint32_t len,
                                   uint32_t max)
{
	if (len > max) {
		w->status = E_RANGE;
		return;
	}
	uint8_t *to = ipc_write_room(w, (uint32_t)sizeof(len) + len);
	if (to == NULL)
		return;
	ipc_copy(to, &len, sizeof(len));
	ipc_copy(to + sizeof(len), from, len);
}

static inline void ipc_write_text(struct ipc_writer *w, const char *from, uint32_t len,
                                  uint32_t max)
{
	if (len > max)
		w->status = E_NAMETOOLONG;
	else if (ipc_has_nul(from, len))
		w->status = E_INVAL;
	else
		ipc_write_bytes(w, from, len, max);
}

static inline void ipc_write_cap(struct ipc_writer *w, handle_t h, bool is_moved)
{
	uint32_t i = w->handles;
	if (h.value == 0 || i >= IPC_HANDLES_MAX) {
		w->status = E_HANDLE;
		return;
	}
	ipc_put_handle(w->message, i, h);
	w->moved |= (uint32_t)is_moved << i;
	w->handles++;
}

static inline void ipc_write_opt_cap(struct ipc_writer *w, uint32_t bit, handle_t h, bool is_moved)
{
	if (h.value == 0)
		return;
	w->message->words[0] |= 1ul << bit;
	ipc_write_cap(w, h, is_moved);
}

/* Seal the message. */
static inline status_t ipc_writer_end(struct ipc_writer *w, uint32_t op)
{
	w->message->tag = ipc_tag(op, w->at, w->handles, w->moved);
	return w->status;
}

/* --- reading --- */
static inline void ipc_reader_begin(struct ipc_reader *r, const struct ipc_message *message,
                                    const void *page)
{
	*r = (struct ipc_reader){.message = message, .page = page};
	r->len = ipc_tag_bytes(message->tag);
	if (r->len > IPC_BYTES_MAX || ipc_tag_handles(message->tag) > IPC_HANDLES_MAX)
		r->status = E_PROTO;
}

/* The next len bytes, aligned; NULL when the message is too short. */
static inline const uint8_t *ipc_read_room(struct ipc_reader *r, uint32_t len)
{
	uint32_t start = (r->at + 7) & ~7u;
	if (r->status != OK)
		return NULL;
	if (start > r->len || len > r->len - start) {
		r->status = E_PROTO;
		return NULL;
	}
	r->at = start + len;
	return r->page + start;
}

static inline uint64_t ipc_check_word(struct ipc_reader *r, uint64_t value, uint64_t max)
{
	if (value <= max)
		return value;
	r->status = E_PROTO;
	return 0;
}

static inline uint64_t ipc_read_word(struct ipc_reader *r, uint32_t i, uint64_t max)
{
	return ipc_check_word(r, r->message->words[i], max);
}

static inline void ipc_read_fixed(struct ipc_reader *r, void *to, uint32_t len)
{
	const uint8_t *from = ipc_read_room(r, len);
	if (from != NULL)
		ipc_copy(to, from, len);
}

static inline uint64_t ipc_read_u64(struct ipc_reader *r, uint64_t max)
{
	uint64_t value = 0;
	ipc_read_fixed(r, &value, sizeof(value));
	return ipc_check_word(r, value, max);
}

/* Copy a variable-length field: more than max is a fault of the sender, more than room a refusal. */
static inline uint32_t ipc_read_bytes(struct ipc_reader *r, void *to, uint32_t room, uint32_t max)
{
	uint32_t len = 0;
	const uint8_t *from = ipc_read_room(r, sizeof(len));
	if (from == NULL)
		return 0;
	ipc_copy(&len, from, sizeof(len));
	if (len > max || len > r->len - r->at)
		r->status = E_PROTO;
	else if (len > room)
		r->status = E_RANGE;
	if (r->status != OK)
		return 0;
	ipc_copy(to, from + sizeof(len), len);
	r->at += len;
	return len;
}

/* The same for text into size bytes: terminated, and refused with a NUL inside. */
static inline uint32_t ipc_read_text(struct ipc_reader *r, char *to, uint32_t size, uint32_t max)
{
	if (size == 0) {
		r->status = E_RANGE;
		return 0;
	}
	uint32_t len = ipc_read_bytes(r, to, size - 1, max);
	to[len] = 0;
	if (ipc_has_nul(to, len))
		r->status = E_PROTO;
	return len;
}

/* Which optional capabilities are there: word 0. */
static inline void ipc_read_present(struct ipc_reader *r, uint32_t mask)
{
	r->present = (uint32_t)ipc_read_word(r, 0, mask);
}

static inline handle_t ipc_read_cap(struct ipc_reader *r)
{
	handle_t h = HANDLE_NONE;
	if (r->status == OK && r->handles < ipc_tag_handles(r->message->tag))
		h = ipc_get_handle(r->message, r->handles++);
	if (h.value == 0)
		r->status = E_PROTO;
	return h;
}

static inline handle_t ipc_read_opt_cap(struct ipc_reader *r, uint32_t bit)
{
	if ((r->present >> bit & 1) == 0)
		return HANDLE_NONE;
	return ipc_read_cap(r);
}

/* Nothing may be left over. */
static inline status_t ipc_reader_end(const struct ipc_reader *r)
{
	if (r->status != OK)
		return r->status;
	if (r->at != r->len || r->handles != ipc_tag_handles(r->message->tag))
		return E_PROTO;
	return OK;
}

/* --- both halves of a call --- */

/* The status a reply's tag carries. */
static inline status_t ipc_reply_status(uint64_t tag)
{
	uint32_t op = ipc_tag_op(tag);
	return op <= 0xffff ? -(status_t)op : E_PROTO;
}

/* Send a request, wait for the reply; a failed reply's handles are closed. */
static inline status_t ipc_exchange(handle_t endpoint, struct ipc_message *message,
                                    uint64_t deadline)
{
	status_t status = ipc_call(endpoint, message, deadline);
	if (status != OK)
		return status;
	status = ipc_reply_status(message->tag);
	if (status != OK)
		ipc_close_handles(message);
	return status;
}

/* Make message a reply that carries only a status. */
static inline void ipc_set_status(struct ipc_message *message, status_t status)
{
	*message = (struct ipc_message){.badge = message->badge};
	message->tag = ipc_tag((uint32_t)-status, 0, 0, 0);
}

/* A server's results were sealed: on failure it is the reply's handles that must go. */
static inline status_t ipc_seal_reply(struct ipc_writer *w)
{
	status_t status = ipc_writer_end(w, 0);
	if (status == OK)
		return OK;
	ipc_close_handles(w->message);
	ipc_set_status(w->message, status);
	return status;
}

/* End of every dispatch. A refused request's handles are closed; handlers own them otherwise. */
static inline status_t ipc_dispatch_end(struct ipc_message *message, status_t status)
{
	if (status == OK || status == IPC_DEFERRED)
		return status;
	ipc_close_handles(message);
	ipc_set_status(message, status);
	return OK;
}
