/*
 * IPC: the four calls with their register layout (abi.h) behind one message structure. Bytes beyond the
 * words travel in the calling thread's message page (message_page() in thread.h): the sender fills it, the
 * receiver finds ipc_tag_bytes(tag) bytes in its own.
 */
#pragma once
#include <stdint.h>
#include <libanon/syscall.h>

struct ipc_message {
	uint64_t tag;
	uint64_t words[IPC_WORDS];
	uint64_t badge; /* receive: of the handle that the caller used */
};

/* Sends m and overwrites it with the reply. */
status_t ipc_call(handle_t ep, struct ipc_message *m, uint64_t deadline)
	__attribute__((warn_unused_result));
/* m is output only. `reply` answers the caller; it must be empty. */
status_t ipc_receive(handle_t ep, handle_t reply, struct ipc_message *m, uint64_t deadline)
	__attribute__((warn_unused_result));
status_t ipc_reply(handle_t reply, const struct ipc_message *m);
/* Answers with m, then overwrites it with the next request. A caller that is gone is no error. */
status_t ipc_reply_receive(handle_t ep, handle_t reply, struct ipc_message *m, uint64_t deadline)
	__attribute__((warn_unused_result));

/* Puts up to four handles into words 6 and 7; the tag must name the same count. */
static inline void ipc_put_handle(struct ipc_message *m, unsigned index, handle_t handle)
{
	unsigned shift = (index & 1) * 32;
	uint64_t *word = &m->words[6 + index / 2];

	*word = (*word & ~(0xffffffffull << shift)) | (uint64_t)handle.value << shift;
}

static inline handle_t ipc_get_handle(const struct ipc_message *m, unsigned index)
{
	if (index >= ipc_tag_handles(m->tag))
		return HANDLE_NONE;
	return (handle_t){(uint32_t)(m->words[6 + index / 2] >> (index & 1) * 32)};
}

/* Closes every handle that came with a message: for requests that are refused. */
void ipc_close_handles(const struct ipc_message *m);

/*
 * Lean variants: words stay in registers and nothing else is looked at. No bytes, no handles, no deadline.
 * On success *op, *word0 and *word1 are the reply's.
 */
static inline status_t ipc_call_lean(handle_t ep, uint32_t *op, uint64_t *word0, uint64_t *word1)
{
	uint64_t status = SYS_ipc_call, handles = ep.value, tag = *op, deadline = 0;
	register uint64_t first __asm__("rdx") = *word0;
	register uint64_t second __asm__("r8") = *word1;

	__asm__ volatile("syscall"
	                 : "+a"(status), "+D"(handles), "+S"(tag), "+b"(deadline), "+r"(first),
	                   "+r"(second)
	                 :
	                 : "rcx", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory");
	*op = ipc_tag_op(tag);
	*word0 = first;
	*word1 = second;
	return (status_t)status;
}

/* The server's half: answers with *op and the words, then returns the next request in them. */
static inline status_t ipc_reply_receive_lean(handle_t ep, handle_t reply, uint32_t *op,
                                              uint64_t *word0, uint64_t *word1, uint64_t *badge)
{
	uint64_t status = SYS_ipc_reply_receive, tag = *op, deadline = 0;
	uint64_t handles = (uint64_t)ep.value | (uint64_t)reply.value << 32;
	register uint64_t first __asm__("rdx") = *word0;
	register uint64_t second __asm__("r8") = *word1;

	__asm__ volatile("syscall"
	                 : "+a"(status), "+D"(handles), "+S"(tag), "+b"(deadline), "+r"(first),
	                   "+r"(second)
	                 :
	                 : "rcx", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory");
	*badge = handles;
	*op = ipc_tag_op(tag);
	*word0 = first;
	*word1 = second;
	return (status_t)status;
}
