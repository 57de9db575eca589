/*
 * Control messages: a header (length, level, type) and data, each aligned to eight bytes.
 */
#include "socket_control.h"
#include "guest.h"
#include "syscall.h"
#include <base/bits.h>
#include <base/string.h>
#include <libanon/heap.h>

#define SCM_RIGHTS 1
#define SCM_CREDENTIALS 2
#define CONTROL_MAX 4096u

struct control_header {
	uint64_t len; /* with the header */
	int32_t level, type;
};

/* Appends the files that `count` numbers name. */
static int64_t take_files(struct task *task, const uint8_t *numbers, uint32_t count,
                          struct socket_rights *rights)
{
	for (uint32_t i = 0; i < count; i++) {
		int32_t fd;
		memcpy(&fd, numbers + i * sizeof(fd), sizeof(fd));
		if (rights->count == SOCKET_FILES_MAX)
			return -EINVAL;
		struct file *file = files_lookup(task->files, fd);
		if (!file)
			return -EBADF;
		rights->files[rights->count++] = file;
	}
	return 0;
}

/* A process may say that it is itself, under any of its names; the privileged may say what they like. */
static int64_t take_credentials(struct task *task, const uint8_t *data, uint64_t bytes,
                                struct linux_ucred *out)
{
	const struct cred *cred = &task->cred;
	struct linux_ucred c;
	if (bytes != sizeof(c))
		return -EINVAL;
	memcpy(&c, data, sizeof(c));
	bool is_user = c.uid == cred->uid || c.uid == cred->euid || c.uid == cred->suid;
	bool is_group = c.gid == cred->gid || c.gid == cred->egid || c.gid == cred->sgid;
	if ((c.pid != task->process->pid && !capable(task, CAP_SYS_ADMIN)) ||
	    (!is_user && !capable(task, CAP_SETUID)) || (!is_group && !capable(task, CAP_SETGID)))
		return -EPERM;
	struct process *process = process_find(c.pid);
	if (!process)
		return -ESRCH;
	process_put(process);
	*out = c;
	return 0;
}

static int64_t parse(struct task *task, const uint8_t *control, uint64_t bytes,
                     struct socket_rights *rights, struct linux_ucred *credentials)
{
	for (uint64_t at = 0; at + sizeof(struct control_header) <= bytes;) {
		struct control_header header;
		memcpy(&header, control + at, sizeof(header));
		if (header.len < sizeof(header) || header.len > bytes - at)
			return -EINVAL;
		uint64_t data = header.len - sizeof(header);
		const uint8_t *from = control + at + sizeof(header);
		int64_t result = -EINVAL;
		if (header.level == SOL_SOCKET && header.type == SCM_RIGHTS)
			result = take_files(task, from, (uint32_t)(data / 4), rights);
		else if (header.level == SOL_SOCKET && header.type == SCM_CREDENTIALS)
			result = take_credentials(task, from, data, credentials);
		if (result != 0)
			return result;
		at += align_up(header.len, 8);
	}
	return 0;
}

int64_t control_get(struct task *task, uint64_t u_control, uint64_t bytes,
                    struct socket_message *message)
{
	uint8_t control[CONTROL_MAX];
	if (!u_control || bytes == 0)
		return 0;
	if (bytes > sizeof(control))
		return -ENOBUFS;
	int64_t result = copy_from_guest(task, control, u_control, bytes);
	if (result != 0)
		return result;
	struct socket_rights *rights = heap_zalloc(sizeof(*rights) +
	                                           SOCKET_FILES_MAX * sizeof(rights->files[0]));
	if (!rights)
		return -ENOMEM;
	result = parse(task, control, bytes, rights, &message->credentials);
	if (result != 0 || rights->count == 0) {
		socket_rights_free(rights);
		return result;
	}
	message->rights = rights;
	return 0;
}

static int64_t put_piece(struct task *task, int32_t type, const void *data, uint64_t len,
                         uint64_t u_control, uint64_t *used)
{
	struct control_header header = {sizeof(header) + len, SOL_SOCKET, type};
	int64_t result = copy_to_guest(task, u_control + *used, &header, sizeof(header));
	if (result == 0)
		result = copy_to_guest(task, u_control + *used + sizeof(header), data, len);
	*used += align_up(header.len, 8);
	return result;
}

/* Installs as many descriptors as the guest has room for. */
static int64_t put_rights(struct task *task, struct socket_message *message, uint64_t u_control,
                          uint64_t bytes, uint64_t *used)
{
	int32_t numbers[SOCKET_FILES_MAX];
	struct socket_rights *rights = message->rights;
	uint64_t taken = *used + sizeof(struct control_header);
	uint64_t room = bytes > taken ? (bytes - taken) / 4 : 0;
	uint32_t count = 0;
	while (count < MIN((uint64_t)rights->count, room)) {
		file_get(rights->files[count]);
		int64_t fd = files_add_new(task, rights->files[count],
		                           message->flags & MSG_CMSG_CLOEXEC);
		if (fd < 0)
			break;
		numbers[count++] = (int32_t)fd;
	}
	if (count < rights->count)
		message->out_flags |= MSG_CTRUNC;
	return count > 0 ? put_piece(task, SCM_RIGHTS, numbers, count * 4, u_control, used) : 0;
}

int64_t control_put(struct task *task, struct socket *socket, struct socket_message *message,
                    uint64_t u_control, uint64_t bytes, uint64_t *out_used)
{
	uint64_t used = 0, needed = sizeof(struct control_header) + sizeof(message->credentials);
	int64_t result = 0;
	if (!u_control)
		bytes = 0;
	if (socket->passes_credentials && bytes >= needed)
		result = put_piece(task, SCM_CREDENTIALS, &message->credentials,
		                   sizeof(message->credentials), u_control, &used);
	else if (socket->passes_credentials)
		message->out_flags |= MSG_CTRUNC;
	if (result == 0 && message->rights)
		result = put_rights(task, message, u_control, bytes, &used);
	*out_used = MIN(used, bytes);
	return result;
}
