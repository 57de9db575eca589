/*
 * The socket calls. Addresses and headers are copied and checked here; what they mean is the family's
 * business. Families that do not exist answer EAFNOSUPPORT.
 */
#include "socket.h"
#include "guest.h"
#include "socket_control.h"
#include "syscall.h"
#include <base/bits.h>
#include <base/format.h>
#include <base/string.h>
#include <libanon/heap.h>

#define IOV_FAST 8

static int64_t socket_file_read(struct file *file, struct iter *to, uint64_t *position)
{
	struct socket *socket = file->private;
	struct socket_message message;
	(void)position;
	socket_message_init(&message, to);
	int64_t result = socket->ops->receive(file, socket, &message);
	socket_rights_free(message.rights); /* read(2) cannot take them */
	return result;
}

static int64_t socket_file_write(struct file *file, struct iter *from, uint64_t *position)
{
	struct socket *socket = file->private;
	struct socket_message message;
	(void)position;
	socket_message_init(&message, from);
	return socket->ops->send(file, socket, &message);
}

static uint32_t socket_poll(struct file *file, struct poll_table *table)
{
	struct socket *socket = file->private;
	return socket->ops->poll(file, socket, table);
}

static int64_t socket_ioctl(struct task *task, struct file *file, uint32_t command,
                            uint64_t argument)
{
	struct socket *socket = file->private;
	if (command != FIONREAD)
		return -ENOTTY;
	return put_guest_u32(task, argument, socket->ops->readable_bytes(socket));
}

static void socket_release(struct file *file)
{
	struct socket *socket = file->private;
	socket->ops->release(socket);
}

static const struct file_ops socket_file_ops = {
	.name = "socket",
	.flags = FILE_STREAM,
	.read = socket_file_read,
	.write = socket_file_write,
	.poll = socket_poll,
	.ioctl = socket_ioctl,
	.release = socket_release,
};

int64_t socket_file(struct socket *socket, uint32_t flags, struct file **out_file)
{
	static uint32_t next_number;
	char name[32];
	uint32_t number = __atomic_add_fetch(&next_number, 1, __ATOMIC_RELAXED);
	format_string(name, sizeof(name), "socket:[%u]", number);
	int64_t result = file_create_anonymous(name, S_IFSOCK | 0777, O_RDWR | (flags & O_NONBLOCK),
	                                       &socket_file_ops, socket, out_file);
	if (result != 0)
		socket->ops->release(socket);
	else
		socket->file = *out_file;
	return result;
}

struct socket *socket_of(const struct file *file)
{
	return file->ops == &socket_file_ops ? file->private : NULL;
}

void socket_rights_free(struct socket_rights *rights)
{
	if (!rights)
		return;
	for (uint32_t i = 0; i < rights->count; i++)
		file_put(rights->files[i]);
	heap_free(rights);
}

/* --- making --- */

static int64_t check_kind(int32_t family, uint32_t type, int32_t protocol)
{
	uint32_t kind = type & SOCK_TYPE_MASK;
	if (type & ~(SOCK_TYPE_MASK | SOCK_NONBLOCK | SOCK_CLOEXEC))
		return -EINVAL;
	if (family != AF_UNIX)
		return -EAFNOSUPPORT;
	if (kind != SOCK_STREAM && kind != SOCK_DGRAM && kind != SOCK_SEQPACKET)
		return -ESOCKTNOSUPPORT;
	return protocol != 0 && protocol != AF_UNIX ? -EPROTONOSUPPORT : 0;
}

SYSCALL3(socket, int32_t, family, uint32_t, type, int32_t, protocol)
{
	struct socket *socket;
	struct file *file;
	int64_t result = check_kind(family, type, protocol);
	if (result == 0)
		result = unix_create(task, type & SOCK_TYPE_MASK, &socket);
	if (result == 0)
		result = socket_file(socket, type, &file);
	return result == 0 ? files_add_new(task, file, type & SOCK_CLOEXEC) : result;
}

static int64_t install_pair(struct task *task, struct file *files[2], uint32_t type, uint64_t u_fds)
{
	int64_t first = files_add_new(task, files[0], type & SOCK_CLOEXEC);
	if (first < 0) {
		file_put(files[1]);
		return first;
	}
	int64_t second = files_add_new(task, files[1], type & SOCK_CLOEXEC);
	int32_t numbers[2] = {(int32_t)first, (int32_t)second};
	int64_t result = second < 0 ? second : copy_to_guest(task, u_fds, numbers, sizeof(numbers));
	if (result != 0) {
		files_remove(task->files, numbers[0]);
		if (second >= 0)
			files_remove(task->files, numbers[1]);
	}
	return result;
}

SYSCALL4(socketpair, int32_t, family, uint32_t, type, int32_t, protocol, uint64_t, u_fds)
{
	struct socket *pair[2];
	struct file *files[2];
	int64_t result = check_kind(family, type, protocol);
	if (result == 0)
		result = unix_create_pair(task, type & SOCK_TYPE_MASK, pair);
	if (result != 0)
		return result == -EAFNOSUPPORT ? -EAFNOSUPPORT : result;
	result = socket_file(pair[0], type, &files[0]);
	if (result != 0) {
		pair[1]->ops->release(pair[1]);
		return result;
	}
	result = socket_file(pair[1], type, &files[1]);
	if (result != 0) {
		file_put(files[0]);
		return result;
	}
	return install_pair(task, files, type, u_fds);
}

/* --- addresses --- */

static int64_t get_socket(struct task *task, int32_t fd, struct file **out_file,
                          struct socket **out)
{
	struct file *file = files_lookup(task->files, fd);
	if (!file)
		return -EBADF;
	*out = socket_of(file);
	if (!*out) {
		file_put(file);
		return -ENOTSOCK;
	}
	*out_file = file;
	return 0;
}

static int64_t copy_address_in(struct task *task, uint64_t u_address, uint32_t len,
                               struct socket_address *out)
{
	if (len > sizeof(out->bytes))
		return -EINVAL;
	out->len = len;
	return copy_from_guest(task, out->bytes, u_address, len);
}

static int64_t copy_address_out(struct task *task, const struct socket_address *address,
                                uint64_t u_address, uint64_t u_len)
{
	uint32_t room;
	if (!u_address)
		return 0;
	int64_t result = get_guest_u32(task, u_len, &room);
	if (result == 0 && (int32_t)room < 0)
		result = -EINVAL;
	if (result == 0)
		result = copy_to_guest(task, u_address, address->bytes, MIN(room, address->len));
	return result == 0 ? put_guest_u32(task, u_len, address->len) : result;
}

SYSCALL3(bind, int32_t, fd, uint64_t, u_address, uint32_t, len)
{
	struct socket_address address;
	struct socket *socket;
	struct file *file;
	int64_t result = get_socket(task, fd, &file, &socket);
	if (result != 0)
		return result;
	result = copy_address_in(task, u_address, len, &address);
	if (result == 0)
		result = socket->ops->bind(task, socket, &address);
	file_put(file);
	return result;
}

SYSCALL3(connect, int32_t, fd, uint64_t, u_address, uint32_t, len)
{
	struct socket_address address;
	struct socket *socket;
	struct file *file;
	int64_t result = get_socket(task, fd, &file, &socket);
	if (result != 0)
		return result;
	result = copy_address_in(task, u_address, len, &address);
	if (result == 0)
		result = socket->ops->connect(task, file, socket, &address);
	file_put(file);
	return result;
}

SYSCALL2(listen, int32_t, fd, int32_t, backlog)
{
	struct socket *socket;
	struct file *file;
	int64_t result = get_socket(task, fd, &file, &socket);
	if (result != 0)
		return result;
	result = socket->ops->listen(task, socket, backlog);
	file_put(file);
	return result;
}

static int64_t accept_on(struct task *task, int32_t fd, uint64_t u_address, uint64_t u_len,
                         uint32_t flags)
{
	struct socket_address address = {0};
	struct socket *socket, *fresh;
	struct file *file, *fresh_file;
	if (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC))
		return -EINVAL;
	int64_t result = get_socket(task, fd, &file, &socket);
	if (result != 0)
		return result;
	result = socket->ops->accept(task, file, socket, &fresh);
	file_put(file);
	if (result == 0)
		result = socket_file(fresh, flags, &fresh_file);
	if (result != 0)
		return result;
	(void)fresh->ops->name(fresh, true, &address);
	result = copy_address_out(task, &address, u_address, u_len);
	if (result == 0)
		return files_add_new(task, fresh_file, flags & SOCK_CLOEXEC);
	file_put(fresh_file);
	return result;
}

SYSCALL3(accept, int32_t, fd, uint64_t, u_address, uint64_t, u_len)
{
	return accept_on(task, fd, u_address, u_len, 0);
}

SYSCALL4(accept4, int32_t, fd, uint64_t, u_address, uint64_t, u_len, uint32_t, flags)
{
	return accept_on(task, fd, u_address, u_len, flags);
}

static int64_t put_name(struct task *task, int32_t fd, uint64_t u_address, uint64_t u_len,
                        bool is_peer)
{
	struct socket_address address = {0};
	struct socket *socket;
	struct file *file;
	int64_t result = get_socket(task, fd, &file, &socket);
	if (result != 0)
		return result;
	result = socket->ops->name(socket, is_peer, &address);
	file_put(file);
	if (result != 0)
		return result;
	return u_address ? copy_address_out(task, &address, u_address, u_len) : -EFAULT;
}

SYSCALL3(getsockname, int32_t, fd, uint64_t, u_address, uint64_t, u_len)
{
	return put_name(task, fd, u_address, u_len, false);
}

SYSCALL3(getpeername, int32_t, fd, uint64_t, u_address, uint64_t, u_len)
{
	return put_name(task, fd, u_address, u_len, true);
}

SYSCALL2(shutdown, int32_t, fd, uint32_t, how)
{
	struct socket *socket;
	struct file *file;
	int64_t result = get_socket(task, fd, &file, &socket);
	if (result != 0)
		return result;
	result = how > 2 ? -EINVAL : socket->ops->shutdown(socket, how + 1);
	file_put(file);
	return result;
}

/* --- options --- */

static int64_t get_common_option(const struct socket *socket, int32_t option, uint32_t *out)
{
	switch (option) {
	case SO_TYPE: *out = socket->type; return 0;
	case SO_DOMAIN: *out = (uint32_t)socket->ops->family; return 0;
	case SO_PASSCRED: *out = socket->passes_credentials; return 0;
	case SO_DEBUG:
	case SO_REUSEADDR:
	case SO_BROADCAST:
	case SO_KEEPALIVE:
	case SO_PROTOCOL:
	case SO_ERROR: *out = 0; return 0;
	default: return -ENOPROTOOPT;
	}
}

SYSCALL5(getsockopt, int32_t, fd, int32_t, level, int32_t, option, uint64_t, u_value, uint64_t,
         u_len)
{
	struct socket *socket;
	struct file *file;
	uint32_t value[4] = {0}, words = 1, room;
	int64_t result = get_socket(task, fd, &file, &socket);
	if (result != 0)
		return result;
	result = socket->ops->get_option(socket, level, option, value, &words);
	if (result == -ENOPROTOOPT && level == SOL_SOCKET)
		result = get_common_option(socket, option, value);
	file_put(file);
	if (result == 0)
		result = get_guest_u32(task, u_len, &room);
	if (result != 0)
		return result;
	room = MIN(room, words * 4);
	result = copy_to_guest(task, u_value, value, room);
	return result == 0 ? put_guest_u32(task, u_len, room) : result;
}

static int64_t set_common_option(struct socket *socket, int32_t option, uint32_t value)
{
	switch (option) {
	case SO_PASSCRED: socket->passes_credentials = value != 0; return 0;
	case SO_REUSEADDR:
	case SO_BROADCAST:
	case SO_KEEPALIVE:
	case SO_SNDBUF:
	case SO_RCVBUF: return 0; /* advice that changes nothing here */
	default: return -ENOPROTOOPT;
	}
}

SYSCALL5(setsockopt, int32_t, fd, int32_t, level, int32_t, option, uint64_t, u_value, uint32_t, len)
{
	struct socket *socket;
	struct file *file;
	uint32_t value = 0;
	int64_t result = get_socket(task, fd, &file, &socket);
	if (result != 0)
		return result;
	result = len < sizeof(value) ? -EINVAL : get_guest_u32(task, u_value, &value);
	if (result == 0)
		result = socket->ops->set_option(socket, level, option, value);
	if (result == -ENOPROTOOPT && level == SOL_SOCKET)
		result = set_common_option(socket, option, value);
	file_put(file);
	return result;
}

/* --- sending and receiving --- */

SYSCALL6(sendto, int32_t, fd, uint64_t, u_buffer, uint64_t, bytes, uint32_t, flags, uint64_t,
         u_address, uint32_t, len)
{
	struct guest_iovec iov = {u_buffer, MIN(bytes, MAX_RW_COUNT)};
	struct iter iter;
	struct socket_message message = {.iter = &iter, .flags = flags};
	struct socket *socket;
	struct file *file;
	int64_t result = get_socket(task, fd, &file, &socket);
	if (result != 0)
		return result;
	iter_init_guest(&iter, task, &iov, 1, iov.len);
	if (u_address)
		result = copy_address_in(task, u_address, len, &message.address);
	if (result == 0)
		result = socket->ops->send(file, socket, &message);
	file_put(file);
	return result;
}

SYSCALL6(recvfrom, int32_t, fd, uint64_t, u_buffer, uint64_t, bytes, uint32_t, flags, uint64_t,
         u_address, uint64_t, u_len)
{
	struct guest_iovec iov = {u_buffer, MIN(bytes, MAX_RW_COUNT)};
	struct iter iter;
	struct socket_message message = {.iter = &iter, .flags = flags};
	struct socket *socket;
	struct file *file;
	int64_t result = get_socket(task, fd, &file, &socket);
	if (result != 0)
		return result;
	iter_init_guest(&iter, task, &iov, 1, iov.len);
	result = socket->ops->receive(file, socket, &message);
	file_put(file);
	socket_rights_free(message.rights);
	if (result >= 0 && copy_address_out(task, &message.address, u_address, u_len) != 0)
		result = -EFAULT;
	return result;
}

struct linux_msghdr {
	uint64_t name;
	uint32_t name_len, pad;
	uint64_t iov, iov_count, control, control_len;
	uint32_t flags, pad2;
};

/* A call with a message header: copies the header, the vector and (sending) address and rights. */
struct header_call {
	struct linux_msghdr header;
	struct guest_iovec fast[IOV_FAST], *iov;
	struct iter iter;
	struct socket_message message;
};

static int64_t begin_header(struct task *task, struct header_call *call, uint64_t u_header,
                            uint32_t flags)
{
	int64_t bytes = copy_from_guest(task, &call->header, u_header, sizeof(call->header));
	call->message = (struct socket_message){.iter = &call->iter, .flags = flags};
	if (bytes == 0)
		bytes = guest_iov_get(task, call->header.iov, call->header.iov_count, call->fast,
		                      IOV_FAST, &call->iov);
	if (bytes < 0)
		return bytes;
	iter_init_guest(&call->iter, task, call->iov, call->header.iov_count,
	                MIN((uint64_t)bytes, MAX_RW_COUNT));
	return 0;
}

static int64_t send_header(struct task *task, struct file *file, struct socket *socket,
                           uint64_t u_header, uint32_t flags)
{
	struct header_call call;
	int64_t result = begin_header(task, &call, u_header, flags);
	if (result != 0)
		return result;
	if (call.header.name)
		result = copy_address_in(task, call.header.name, call.header.name_len,
		                         &call.message.address);
	if (result == 0)
		result = control_get(task, call.header.control, call.header.control_len,
		                     &call.message);
	if (result == 0)
		result = socket->ops->send(file, socket, &call.message);
	socket_rights_free(call.message.rights);
	guest_iov_free(call.iov, call.fast);
	return result;
}

SYSCALL3(sendmsg, int32_t, fd, uint64_t, u_header, uint32_t, flags)
{
	struct socket *socket;
	struct file *file;
	int64_t result = get_socket(task, fd, &file, &socket);
	if (result != 0)
		return result;
	result = send_header(task, file, socket, u_header, flags);
	file_put(file);
	return result;
}

static int64_t put_header(struct task *task, struct header_call *call, struct socket *socket,
                          uint64_t u_header)
{
	struct linux_msghdr *h = &call->header;
	int64_t result = 0;
	uint64_t control_used = 0;
	if (h->name)
		result = copy_to_guest(task, h->name, call->message.address.bytes,
		                       MIN(h->name_len, call->message.address.len));
	if (result == 0)
		result = control_put(task, socket, &call->message, h->control, h->control_len,
		                     &control_used);
	if (result == 0)
		result = put_guest_u32(task, u_header + 8, h->name ? call->message.address.len : 0);
	if (result == 0)
		result = put_guest_u64(task, u_header + 40, control_used);
	return result == 0 ? put_guest_u32(task, u_header + 48, call->message.out_flags) : result;
}

SYSCALL3(recvmsg, int32_t, fd, uint64_t, u_header, uint32_t, flags)
{
	struct header_call call;
	struct socket *socket;
	struct file *file;
	int64_t result = get_socket(task, fd, &file, &socket);
	if (result != 0)
		return result;
	result = begin_header(task, &call, u_header, flags);
	if (result == 0) {
		result = socket->ops->receive(file, socket, &call.message);
		if (result >= 0 && put_header(task, &call, socket, u_header) != 0)
			result = -EFAULT;
		socket_rights_free(call.message.rights);
		guest_iov_free(call.iov, call.fast);
	}
	file_put(file);
	return result;
}
