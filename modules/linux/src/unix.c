/*
 * AF_UNIX sockets: pairs, streams with listeners, datagrams, descriptors in messages. Whatever is sent becomes
 * a packet on the receiver's queue (unix_queue.c); a stream reads across packets, a datagram socket one at a time.
 * They do not leave the container.
 *
 * One lock guards all of them: [u] unix_lock.
 */
#include "unix.h"
#include "guest.h"
#include "names.h"
#include "signal.h"
#include "syscall.h"
#include <base/assert.h>
#include <base/bits.h>
#include <base/string.h>
#include <libanon/heap.h>

#define BACKLOG_MAX 4096

struct mutex unix_lock = MUTEX_RANKED(RANK_PIPE);
static const struct socket_ops unix_ops;

static struct unix_socket *unix_alloc(uint32_t type, const struct linux_ucred *own)
{
	struct unix_socket *u = heap_zalloc(sizeof(*u));
	if (!u)
		return NULL;
	u->socket = (struct socket){.ops = &unix_ops, .type = type};
	u->references = 1;
	u->has_read_end = u->has_write_end = true;
	u->own = *own;
	list_init(&u->carrying);
	list_init(&u->carrier);
	wait_queue_init(&u->read_wait);
	wait_queue_init(&u->write_wait);
	wait_queue_init(&u->turn_wait);
	return u;
}

static struct linux_ucred credentials_of(struct task *task)
{
	return (struct linux_ucred){task->process->pid, task->cred.euid, task->cred.egid};
}

int64_t unix_create(struct task *task, uint32_t type, struct socket **out)
{
	struct linux_ucred own = credentials_of(task);
	struct unix_socket *u = unix_alloc(type, &own);
	*out = u ? &u->socket : NULL;
	return u ? 0 : -ENOMEM;
}

/* --- references and release --- */

void unix_put(struct unix_socket *u)
{
	if (__atomic_sub_fetch(&u->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	ASSERT(!u->first && list_is_empty(&u->carrying));
	heap_free(u);
}

static void wake(struct unix_socket *u)
{
	wait_wake(&u->read_wait);
	wait_wake(&u->write_wait);
}

static void packets_free(struct packet *packet)
{
	while (packet) {
		struct packet *next = packet->next;
		heap_free(packet);
		packet = next;
	}
}

/* What it carried is the caller's to drop. */
static struct socket_rights *close_one(struct unix_socket *u)
{
	mutex_lock(&unix_lock);
	u->state = UNIX_CLOSED;
	unix_unname_locked(u);
	struct socket_rights *carried = flight_land_all_locked(u);
	struct inode *inode = u->inode;
	struct unix_socket *peer = u->peer;
	struct packet *packets = u->first;
	u->socket.file = NULL;
	u->listener = NULL;
	u->inode = NULL;
	u->peer = NULL;
	u->first = u->last = NULL;
	if (peer && u->socket.type != SOCK_DGRAM)
		peer->is_peer_done = true;
	mutex_unlock(&unix_lock);
	packets_free(packets);
	if (inode)
		inode_put(inode);
	wake(u);
	if (peer) {
		wake(peer);
		unix_put(peer);
	}
	return carried;
}

static void unix_release(struct socket *socket)
{
	struct unix_socket *u = unix_of(socket), *pending;
	flight_drop(close_one(u));
	mutex_lock(&unix_lock);
	pending = u->pending;
	u->pending = NULL;
	mutex_unlock(&unix_lock);
	while (pending) {
		struct unix_socket *next = pending->next_pending;
		flight_drop(close_one(pending));
		unix_put(pending);
		pending = next;
	}
	unix_put(u);
}

/* Two sockets become each other's peers; both get a reference to the other. */
static void join_locked(struct unix_socket *a, struct unix_socket *b)
{
	a->peer = b;
	b->peer = a;
	a->references++;
	b->references++;
	a->state = b->state = UNIX_CONNECTED;
	a->other = b->own;
	b->other = a->own;
}

int64_t unix_create_pair(struct task *task, uint32_t type, struct socket *out[2])
{
	struct linux_ucred own = credentials_of(task);
	struct unix_socket *a = unix_alloc(type, &own), *b = a ? unix_alloc(type, &own) : NULL;
	if (!b) {
		heap_free(a);
		return -ENOMEM;
	}
	mutex_lock(&unix_lock);
	join_locked(a, b);
	mutex_unlock(&unix_lock);
	out[0] = &a->socket;
	out[1] = &b->socket;
	return 0;
}

/* --- connections --- */

static int64_t unix_listen(struct task *task, struct socket *socket, int32_t backlog)
{
	struct unix_socket *u = unix_of(socket);
	int64_t result = 0;
	if (u->socket.type == SOCK_DGRAM)
		return -EOPNOTSUPP;
	mutex_lock(&unix_lock);
	if (!u->name.len || u->state == UNIX_CONNECTED) {
		result = -EINVAL;
	} else {
		u->state = UNIX_LISTENING;
		u->own = credentials_of(task);
		u->backlog = (uint32_t)(backlog < 0 || backlog > BACKLOG_MAX ? BACKLOG_MAX
		                                                             : backlog);
	}
	mutex_unlock(&unix_lock);
	return result;
}

/* Puts the server's end of a new connection on the listener's queue. -EAGAIN: it is full. */
static int64_t offer_locked(struct unix_socket *listener, struct unix_socket *client,
                            struct unix_socket *server)
{
	if (listener->state != UNIX_LISTENING)
		return -ECONNREFUSED;
	if (client->state == UNIX_CONNECTED)
		return -EISCONN;
	if (client->state != UNIX_OPEN)
		return -EINVAL;
	if (listener->pending_count > listener->backlog)
		return -EAGAIN;
	server->own = listener->own;
	server->name = listener->name;
	join_locked(client, server);
	server->listener = listener;
	if (listener->last_pending && listener->pending)
		listener->last_pending->next_pending = server;
	else
		listener->pending = server;
	listener->last_pending = server;
	listener->pending_count++;
	return 0;
}

static bool is_offered(struct unix_socket *listener, struct unix_socket *client,
                       struct unix_socket *server, int64_t *result)
{
	mutex_lock(&unix_lock);
	*result = offer_locked(listener, client, server);
	mutex_unlock(&unix_lock);
	return *result != -EAGAIN;
}

static int64_t connect_stream(struct task *task, struct file *file, struct unix_socket *client,
                              struct unix_socket *listener)
{
	int64_t result;
	struct unix_socket *server = unix_alloc(client->socket.type, &listener->own);
	if (!server)
		return -ENOMEM;
	client->own = credentials_of(task);
	if (!is_offered(listener, client, server, &result) && !file_is_nonblocking(file)) {
		int64_t waited = wait_event(task, &listener->write_wait,
		                            is_offered(listener, client, server, &result), 0);
		if (waited != 0)
			result = waited;
	}
	if (result == 0)
		wait_wake(&listener->read_wait);
	else
		heap_free(server);
	return result;
}

static void set_default_peer(struct unix_socket *u, struct unix_socket *peer)
{
	mutex_lock(&unix_lock);
	struct unix_socket *old = u->peer;
	u->peer = peer; /* with the caller's reference */
	u->state = peer ? UNIX_CONNECTED : UNIX_OPEN;
	mutex_unlock(&unix_lock);
	if (old)
		unix_put(old);
}

static int64_t unix_connect(struct task *task, struct file *file, struct socket *socket,
                            const struct socket_address *address)
{
	struct unix_socket *u = unix_of(socket), *found;
	if (u->socket.type == SOCK_DGRAM && address->len >= 2 && address->bytes[0] == AF_UNSPEC) {
		set_default_peer(u, NULL);
		return 0;
	}
	int64_t result = unix_find_bound(task, address, &found);
	if (result != 0)
		return result;
	if (found->socket.type != u->socket.type)
		result = -EPROTOTYPE;
	else if (u->socket.type != SOCK_DGRAM)
		result = connect_stream(task, file, u, found);
	else
		set_default_peer(u, found);
	if (u->socket.type != SOCK_DGRAM || result != 0)
		unix_put(found);
	return result;
}

static bool take_pending(struct unix_socket *u, struct unix_socket **out)
{
	mutex_lock(&unix_lock);
	struct unix_socket *server = u->pending;
	if (server) {
		u->pending = server->next_pending;
		server->next_pending = NULL;
		server->listener = NULL;
		u->pending_count--;
	}
	mutex_unlock(&unix_lock);
	*out = server;
	return server;
}

static int64_t unix_accept(struct task *task, struct file *file, struct socket *socket,
                           struct socket **out)
{
	struct unix_socket *u = unix_of(socket), *server = NULL;
	int64_t result = 0;
	if (u->socket.type == SOCK_DGRAM)
		return -EOPNOTSUPP;
	if (u->state != UNIX_LISTENING)
		return -EINVAL;
	if (!take_pending(u, &server)) {
		if (file_is_nonblocking(file))
			return -EAGAIN;
		result = wait_event(task, &u->read_wait, take_pending(u, &server), 0);
	}
	if (result != 0)
		return result;
	wait_wake(&u->write_wait);
	*out = &server->socket;
	return 0;
}

/* --- the rest --- */

static int64_t unix_shutdown(struct socket *socket, uint32_t how)
{
	struct unix_socket *u = unix_of(socket);
	mutex_lock(&unix_lock);
	struct unix_socket *peer = u->peer;
	if (!peer) {
		mutex_unlock(&unix_lock);
		return -ENOTCONN;
	}
	unix_get(peer);
	if (how & 1)
		u->has_read_end = false;
	if (how & 2) {
		u->has_write_end = false;
		peer->is_peer_done = peer->is_peer_done || u->socket.type != SOCK_DGRAM;
	}
	mutex_unlock(&unix_lock);
	wake(u);
	wake(peer);
	unix_put(peer);
	return 0;
}

static int64_t unix_get_option(struct socket *socket, int32_t level, int32_t option, uint32_t *out,
                               uint32_t *out_words)
{
	struct unix_socket *u = unix_of(socket);
	if (level != SOL_SOCKET)
		return -EOPNOTSUPP;
	switch (option) {
	case SO_PEERCRED:
		memcpy(out, &u->other, sizeof(u->other));
		*out_words = 3;
		return 0;
	case SO_ACCEPTCONN: *out = u->state == UNIX_LISTENING; return 0;
	case SO_SNDBUF:
	case SO_RCVBUF: *out = UNIX_QUEUE_BYTES; return 0;
	default: return -ENOPROTOOPT;
	}
}

static int64_t unix_set_option(struct socket *socket, int32_t level, int32_t option, uint32_t value)
{
	(void)socket, (void)option, (void)value;
	return level == SOL_SOCKET ? -ENOPROTOOPT : -EOPNOTSUPP;
}

static uint32_t unix_poll(struct file *file, struct socket *socket, struct poll_table *table)
{
	struct unix_socket *u = unix_of(socket);
	uint32_t mask = 0;
	(void)file;
	poll_add(table, &u->read_wait, 0);
	poll_add(table, &u->write_wait, 0);
	mutex_lock(&unix_lock);
	bool is_connection = u->socket.type != SOCK_DGRAM;
	if (u->first || u->pending || u->is_peer_done || !u->has_read_end)
		mask |= POLLIN | POLLRDNORM;
	if (u->is_peer_done || !u->has_read_end)
		mask |= POLLRDHUP;
	if (is_connection && ((u->is_peer_done && (!u->peer || u->peer->state == UNIX_CLOSED)) ||
	                      (u->state == UNIX_OPEN) || (!u->has_write_end && u->is_peer_done)))
		mask |= POLLHUP;
	if (u->state != UNIX_LISTENING && (!u->peer || u->peer->queued * 4 <= UNIX_QUEUE_BYTES))
		mask |= POLLOUT | POLLWRNORM | POLLWRBAND;
	mutex_unlock(&unix_lock);
	return mask;
}

static uint32_t unix_readable_bytes(struct socket *socket)
{
	struct unix_socket *u = unix_of(socket);
	mutex_lock(&unix_lock);
	uint32_t bytes = u->socket.type == SOCK_STREAM || !u->first ? u->queued : u->first->len;
	mutex_unlock(&unix_lock);
	return bytes;
}

static const struct socket_ops unix_ops = {
	.family = AF_UNIX,
	.bind = unix_bind,
	.connect = unix_connect,
	.listen = unix_listen,
	.accept = unix_accept,
	.send = unix_send,
	.receive = unix_receive,
	.shutdown = unix_shutdown,
	.name = unix_name,
	.get_option = unix_get_option,
	.set_option = unix_set_option,
	.poll = unix_poll,
	.readable_bytes = unix_readable_bytes,
	.release = unix_release,
};
