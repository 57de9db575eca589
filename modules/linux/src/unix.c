/*
 * AF_UNIX sockets: pairs, streams with listeners, datagrams, descriptors in messages. Whatever is sent becomes
 * a packet on the receiver's queue; a stream reads across packets, a datagram socket one at a time. They do
 * not leave the container.
 *
 * One lock guards all of them: [u] unix_lock. Bytes are copied from and to guests outside of it.
 * A bound path's inode points at its socket without a reference; release clears that.
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

#define QUEUE_BYTES (208u << 10)
#define PACKET_BYTES (16u << 10) /* of a stream; a datagram is one packet whatever its size */
#define BACKLOG_MAX 4096
#define PATH_AT 2u

struct mutex unix_lock = MUTEX_RANKED(RANK_PIPE);
static struct unix_socket *abstract_names; /* [u] */
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

/* Only of a socket that somebody holds a reference to meanwhile: by a lock, or one of his own. */
static void unix_get(struct unix_socket *u)
{
	__atomic_fetch_add(&u->references, 1, __ATOMIC_RELAXED);
}

static void unix_put(struct unix_socket *u)
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

static void unname_locked(struct unix_socket *u)
{
	struct unix_socket **at = &abstract_names;
	while (*at && *at != u)
		at = &(*at)->next_named;
	if (*at)
		*at = u->next_named;
	if (u->inode && u->inode->socket == u)
		u->inode->socket = NULL;
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
	unname_locked(u);
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

/* --- names --- */

static int64_t check_address(const struct socket_address *address)
{
	uint16_t family;
	if (address->len < sizeof(family) + 1)
		return -EINVAL;
	memcpy(&family, address->bytes, sizeof(family));
	return family == AF_UNIX ? 0 : -EAFNOSUPPORT;
}

static bool is_abstract(const struct socket_address *address)
{
	return address->bytes[PATH_AT] == 0;
}

static void path_of(const struct socket_address *address, char path[SOCKET_ADDRESS_MAX + 1])
{
	uint32_t len = address->len - PATH_AT;
	memcpy(path, address->bytes + PATH_AT, len);
	path[len] = 0;
}

static struct unix_socket *find_abstract_locked(const struct socket_address *address)
{
	struct unix_socket *u = abstract_names;
	while (u && (u->name.len != address->len ||
	             memcmp(u->name.bytes, address->bytes, address->len) != 0))
		u = u->next_named;
	return u;
}

static int64_t bind_abstract(struct unix_socket *u, const struct socket_address *address)
{
	mutex_lock(&unix_lock);
	bool has_name = u->name.len || u->is_being_named;
	int64_t result = find_abstract_locked(address) ? -EADDRINUSE : has_name ? -EINVAL : 0;
	if (result == 0) {
		u->name = *address;
		u->next_named = abstract_names;
		abstract_names = u;
	}
	mutex_unlock(&unix_lock);
	return result;
}

static int64_t make_name(struct task *task, const char *path, struct dentry **out)
{
	struct walk walk;
	int64_t result = walk_begin(&walk, task, AT_FDCWD, path);
	if (result == 0)
		result = walk_last(&walk, WALK_LINK);
	if (result == 0)
		result = -EADDRINUSE;
	else if (result == -ENOENT && *walk.rest == 0)
		result = make_in_walk(&walk, S_IFSOCK | 0777, 0, NULL, out);
	walk_end(&walk);
	return result == -EEXIST ? -EADDRINUSE : result;
}

/* One thread at a time makes a name for it, and only one of them succeeds. */
static bool begin_naming(struct unix_socket *u)
{
	mutex_lock(&unix_lock);
	bool may_begin = !u->name.len && !u->is_being_named;
	u->is_being_named = u->is_being_named || may_begin;
	mutex_unlock(&unix_lock);
	return may_begin;
}

/* With the name's dentry, or null when it could not be made. */
static void end_naming(struct unix_socket *u, const struct socket_address *address,
                       struct dentry *dentry)
{
	mutex_lock(&unix_lock);
	u->is_being_named = false;
	if (dentry) {
		u->name = *address;
		u->inode = dentry->inode;
		inode_get(u->inode);
		u->inode->socket = u;
	}
	mutex_unlock(&unix_lock);
}

static int64_t unix_bind(struct task *task, struct socket *socket,
                         const struct socket_address *address)
{
	struct unix_socket *u = unix_of(socket);
	char path[SOCKET_ADDRESS_MAX + 1];
	struct dentry *dentry = NULL;
	int64_t result = check_address(address);
	if (result != 0)
		return result == -EAFNOSUPPORT ? -EINVAL : result;
	if (is_abstract(address))
		return bind_abstract(u, address);
	if (!begin_naming(u))
		return -EINVAL;
	path_of(address, path);
	result = make_name(task, path, &dentry);
	end_naming(u, address, dentry);
	dentry_put(dentry);
	return result;
}

/* Who is bound to the address: a reference. */
static int64_t find_bound(struct task *task, const struct socket_address *address,
                          struct unix_socket **out)
{
	char name[SOCKET_ADDRESS_MAX + 1];
	struct path path = {0};
	int64_t result = check_address(address);
	if (result == 0 && !is_abstract(address)) {
		path_of(address, name);
		result = path_lookup(task, AT_FDCWD, name, LOOKUP_FOLLOW, &path);
		if (result == 0)
			result = inode_permission(task, path.dentry->inode, MAY_WRITE);
	}
	if (result == 0) {
		mutex_lock(&unix_lock);
		struct unix_socket *u = is_abstract(address) ? find_abstract_locked(address)
		                                             : path.dentry->inode->socket;
		if (u)
			unix_get(u);
		mutex_unlock(&unix_lock);
		*out = u;
		result = u ? 0 : -ECONNREFUSED;
	}
	path_put(&path);
	return result;
}

static int64_t unix_name(struct socket *socket, bool is_peer, struct socket_address *out)
{
	static const struct socket_address nameless = {2, {AF_UNIX, 0}};
	struct unix_socket *u = unix_of(socket);
	int64_t result = 0;
	mutex_lock(&unix_lock);
	const struct unix_socket *who = is_peer ? u->peer : u;
	if (!who)
		result = -ENOTCONN;
	else
		*out = who->name.len ? who->name : nameless;
	mutex_unlock(&unix_lock);
	return result;
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
	int64_t result = find_bound(task, address, &found);
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

/* --- sending --- */

static struct packet *packet_create(struct socket_message *message, size_t bytes, int64_t *result)
{
	struct packet *packet = heap_alloc(sizeof(*packet) + bytes);
	*result = packet ? 0 : -ENOBUFS;
	if (!packet)
		return NULL;
	packet->next = NULL;
	packet->len = (uint32_t)bytes;
	packet->taken = 0;
	packet->rights = NULL;
	list_init(&packet->flight);
	if (iter_get(message->iter, packet->bytes, bytes) == bytes)
		return packet;
	heap_free(packet);
	*result = -EFAULT;
	return NULL;
}

/* 0: queued. 1: no room now. Or an error. */
static int64_t queue_locked(struct unix_socket *from, struct unix_socket *to, struct packet *packet,
                            struct socket_message *message)
{
	bool is_datagram = from->socket.type == SOCK_DGRAM;
	if (!from->has_write_end)
		return -EPIPE;
	if (to->state == UNIX_CLOSED || !to->has_read_end)
		return is_datagram ? -ECONNREFUSED : -EPIPE;
	if (to->queued > 0 && to->queued + packet->len > QUEUE_BYTES)
		return 1;
	packet->credentials = from->own;
	socket_address_copy(&packet->from, &from->name);
	packet->rights = message->rights;
	message->rights = NULL;
	if (to->last && to->first)
		to->last->next = packet;
	else
		to->first = packet;
	to->last = packet;
	to->queued += packet->len;
	flight_start_locked(to, packet);
	return 0;
}

static bool is_queued(struct unix_socket *from, struct unix_socket *to, struct packet *packet,
                      struct socket_message *message, int64_t *result)
{
	mutex_lock(&unix_lock);
	*result = queue_locked(from, to, packet, message);
	mutex_unlock(&unix_lock);
	return *result != 1;
}

static int64_t send_packet(struct file *file, struct unix_socket *from, struct unix_socket *to,
                           struct socket_message *message, size_t bytes)
{
	struct task *task = message->iter->task;
	int64_t result;
	struct packet *packet = packet_create(message, bytes, &result);
	if (!packet)
		return result;
	if (!is_queued(from, to, packet, message, &result)) {
		if (file_is_nonblocking(file) || message->flags & MSG_DONTWAIT || !task)
			result = -EAGAIN;
		else {
			int64_t waited = wait_event(task, &to->write_wait,
			                            is_queued(from, to, packet, message, &result),
			                            0);
			if (waited != 0)
				result = waited;
		}
	}
	if (result == 0)
		wait_wake_events(&to->read_wait, POLLIN);
	else
		heap_free(packet);
	return result;
}

/* Where a message goes: a reference. */
static int64_t destination(struct unix_socket *u, struct socket_message *message,
                           struct unix_socket **out)
{
	if (message->address.len && u->socket.type == SOCK_DGRAM)
		return find_bound(message->iter->task, &message->address, out);
	mutex_lock(&unix_lock);
	struct unix_socket *peer = u->peer;
	if (peer)
		unix_get(peer);
	mutex_unlock(&unix_lock);
	*out = peer;
	if (!peer)
		return u->is_peer_done ? -EPIPE : -ENOTCONN;
	return message->address.len ? -EISCONN : 0;
}

static int64_t send_all(struct file *file, struct unix_socket *u, struct unix_socket *to,
                        struct socket_message *message)
{
	size_t total = message->iter->left, done = 0;
	bool is_stream = u->socket.type == SOCK_STREAM;
	if (!is_stream && total > QUEUE_BYTES)
		return -EMSGSIZE;
	do {
		size_t part = is_stream ? MIN(total - done, (size_t)PACKET_BYTES) : total;
		if (is_stream && part == 0)
			break;
		int64_t result = send_packet(file, u, to, message, part);
		if (result != 0)
			return done > 0 ? (int64_t)done : result;
		done += part;
	} while (done < total);
	return (int64_t)done;
}

static int64_t unix_send(struct file *file, struct socket *socket, struct socket_message *message)
{
	struct unix_socket *u = unix_of(socket), *to = NULL;
	int64_t result = destination(u, message, &to);
	if (result == 0 && to->socket.type != u->socket.type)
		result = -EPROTOTYPE;
	if (result == 0)
		result = send_all(file, u, to, message);
	if (to)
		unix_put(to);
	if (result == -EPIPE && message->iter->task && !(message->flags & MSG_NOSIGNAL))
		signal_send_task(message->iter->task, SIGPIPE);
	return result;
}

/* --- receiving --- */

static bool has_something_locked(const struct unix_socket *u)
{
	return u->first || u->is_peer_done || !u->has_read_end;
}

static bool has_something(struct unix_socket *u)
{
	mutex_lock(&unix_lock);
	bool has = has_something_locked(u);
	mutex_unlock(&unix_lock);
	return has;
}

static struct packet *take_locked(struct unix_socket *u)
{
	struct packet *packet = u->first;
	if (packet) {
		u->first = packet->next;
		u->queued -= packet->len - packet->taken;
		packet->next = NULL;
		flight_land_locked(u, packet);
	}
	return packet;
}

static struct packet *take_packet(struct unix_socket *u)
{
	mutex_lock(&unix_lock);
	struct packet *packet = take_locked(u);
	mutex_unlock(&unix_lock);
	return packet;
}

static void put_back(struct unix_socket *u, struct packet *packet)
{
	mutex_lock(&unix_lock);
	packet->next = u->first;
	if (!u->first)
		u->last = packet;
	u->first = packet;
	u->queued += packet->len - packet->taken;
	flight_start_locked(u, packet);
	mutex_unlock(&unix_lock);
}

/* A copy of a packet's rights for MSG_PEEK would need references of its own: peeking does not show them. */
static void take_details(struct packet *packet, struct socket_message *message)
{
	message->credentials = packet->credentials;
	socket_address_copy(&message->address, &packet->from);
	if (packet->rights && !(message->flags & MSG_PEEK)) {
		message->rights = packet->rights;
		packet->rights = NULL;
	}
}

/* Moves bytes of a packet to the reader; what is left of a stream's packet, or was only peeked at, goes back. */
static int64_t consume(struct unix_socket *u, struct packet *packet, struct socket_message *message)
{
	size_t left = packet->len - packet->taken;
	size_t wanted = MIN(left, message->iter->left);
	size_t moved = iter_put(message->iter, packet->bytes + packet->taken, wanted);
	bool is_stream = u->socket.type == SOCK_STREAM;
	take_details(packet, message);
	if (!is_stream && wanted < left)
		message->out_flags |= MSG_TRUNC;
	if (!(message->flags & MSG_PEEK))
		packet->taken += (uint32_t)moved;
	if (message->flags & MSG_PEEK || (is_stream && packet->taken < packet->len))
		put_back(u, packet);
	else
		heap_free(packet); /* its rights are the message's */
	if (moved < wanted && moved == 0)
		return -EFAULT;
	return !is_stream && message->flags & MSG_TRUNC ? (int64_t)left : (int64_t)moved;
}

static int64_t wait_packet(struct file *file, struct unix_socket *u, struct socket_message *message,
                           struct packet **out)
{
	for (;;) {
		mutex_lock(&unix_lock);
		*out = take_locked(u);
		bool is_over = u->is_peer_done || !u->has_read_end;
		bool is_unconnected = u->socket.type != SOCK_DGRAM && !u->peer && !is_over;
		mutex_unlock(&unix_lock);
		if (*out || is_over)
			return 0;
		if (is_unconnected)
			return -EINVAL;
		if (file_is_nonblocking(file) || message->flags & MSG_DONTWAIT ||
		    !message->iter->task)
			return -EAGAIN;
		int64_t result = wait_event(message->iter->task, &u->read_wait, has_something(u),
		                            0);
		if (result != 0)
			return result;
	}
}

/* Those who wait for room here, and those who poll at the other end; its queue stays while the lock is held. */
static void wake_writers(struct unix_socket *u)
{
	wait_wake_events(&u->write_wait, POLLOUT);
	mutex_lock(&unix_lock);
	if (u->peer)
		wait_wake_events(&u->peer->write_wait, POLLOUT);
	mutex_unlock(&unix_lock);
}

static int64_t unix_receive(struct file *file, struct socket *socket,
                            struct socket_message *message)
{
	struct unix_socket *u = unix_of(socket);
	struct packet *packet;
	int64_t done = 0;
	bool is_stream = u->socket.type == SOCK_STREAM;
	do {
		bool is_more = done > 0 && !(message->flags & MSG_WAITALL);
		packet = is_more ? take_packet(u) : NULL;
		int64_t result = is_more ? 0 : wait_packet(file, u, message, &packet);
		if (result != 0)
			return done > 0 ? done : result;
		if (!packet)
			break;
		if (done > 0 &&
		    (packet->rights || message->rights)) { /* rights stay with their bytes */
			put_back(u, packet);
			break;
		}
		result = consume(u, packet, message);
		if (result < 0)
			return done > 0 ? done : result;
		done += result;
	} while (is_stream && message->iter->left > 0 && !(message->flags & MSG_PEEK));
	wake_writers(u);
	return done;
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
	case SO_RCVBUF: *out = QUEUE_BYTES; return 0;
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
	if (u->state != UNIX_LISTENING && (!u->peer || u->peer->queued * 4 <= QUEUE_BYTES))
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
