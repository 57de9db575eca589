/*
 * IPC calls on struct ipc_message; the registers are loaded and stored in ipc_stub.S.
 */
#include <base/assert.h>
#include <libanon/enter.h>
#include <libanon/ipc.h>
#include <libanon/thread.h>

STATIC_ASSERT(offsetof(struct ipc_message, tag) == 0, "ipc_stub.S");
STATIC_ASSERT(offsetof(struct ipc_message, words) == 8, "ipc_stub.S");
STATIC_ASSERT(offsetof(struct ipc_message, badge) == 72, "ipc_stub.S");
STATIC_ASSERT(SYS_enter == 4, "ipc_stub.S");

status_t ipc_transfer(uint64_t number, uint64_t handles, struct ipc_message *m, uint64_t deadline);
status_t ipc_send(uint64_t number, uint64_t handles, const struct ipc_message *m);

static uint64_t pair(handle_t ep, handle_t reply)
{
	return (uint64_t)ep.value | (uint64_t)reply.value << 32;
}

status_t ipc_call(handle_t ep, struct ipc_message *m, uint64_t deadline)
{
	return ipc_transfer(SYS_ipc_call, ep.value, m, deadline);
}

status_t ipc_receive(handle_t ep, handle_t reply, struct ipc_message *m, uint64_t deadline)
{
	return ipc_transfer(SYS_ipc_receive, pair(ep, reply), m, deadline);
}

status_t ipc_reply(handle_t reply, const struct ipc_message *m)
{
	return ipc_send(SYS_ipc_reply, pair(HANDLE_NONE, reply), m);
}

status_t ipc_reply_receive(handle_t ep, handle_t reply, struct ipc_message *m, uint64_t deadline)
{
	return ipc_transfer(SYS_ipc_reply_receive, pair(ep, reply), m, deadline);
}

void ipc_close_handles(const struct ipc_message *m)
{
	for (unsigned i = 0; i < ipc_tag_handles(m->tag) && i < IPC_HANDLES_MAX; i++) {
		handle_t handle = ipc_get_handle(m, i);

		if (!handle_is_none(handle))
			(void)sys_handle_close(handle);
	}
}
