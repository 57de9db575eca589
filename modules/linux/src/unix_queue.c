/*
 * What travels between AF_UNIX sockets: packets on the receiver's queue.
 *
 * Bytes are copied from and to guests without the lock. A reader has the turn meanwhile, as in a pipe: its packet
 * stays at the head of the queue until it is used up, and no other reader is at the queue.
 */
#include "guest.h"
#include "signal.h"
#include "syscall.h"
#include "unix.h"
#include <base/bits.h>
#include <libanon/heap.h>

#define PACKET_BYTES (16u << 10) /* of a stream; a datagram is one packet whatever its size */

/* --- sending --- */

/* Who sends, which may be another than made the socket. */
static struct linux_ucred sender_of(const struct unix_socket *from, struct socket_message *message)
{
	struct task *task = message->iter->task;
	if (message->credentials.pid)
		return message->credentials;
	return task ? (struct linux_ucred){task->process->pid, task->cred.uid, task->cred.gid}
	            : from->own;
}

static struct packet *packet_create(const struct unix_socket *from, struct socket_message *message,
                                    size_t bytes, int64_t *result)
{
	struct packet *packet = heap_alloc(sizeof(*packet) + bytes);
	*result = packet ? 0 : -ENOBUFS;
	if (!packet)
		return NULL;
	packet->next = NULL;
	packet->len = (uint32_t)bytes;
	packet->taken = 0;
	packet->rights = NULL;
	packet->credentials = sender_of(from, message);
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
	if (to->queued > 0 && to->queued + packet->len > UNIX_QUEUE_BYTES)
		return 1;
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
	struct packet *packet = packet_create(from, message, bytes, &result);
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
		return unix_find_bound(message->iter->task, &message->address, out);
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
	if (!is_stream && total > UNIX_QUEUE_BYTES)
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

int64_t unix_send(struct file *file, struct socket *socket, struct socket_message *message)
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

enum receive_state { RECEIVE_NOW, RECEIVE_TURN, RECEIVE_END, RECEIVE_EMPTY, RECEIVE_UNCONNECTED };

static enum receive_state state_locked(const struct unix_socket *u)
{
	if (u->is_receiving)
		return RECEIVE_TURN;
	if (u->first)
		return RECEIVE_NOW;
	if (u->is_peer_done || !u->has_read_end)
		return RECEIVE_END;
	return u->socket.type != SOCK_DGRAM && !u->peer ? RECEIVE_UNCONNECTED : RECEIVE_EMPTY;
}

static enum receive_state state_of(struct unix_socket *u)
{
	mutex_lock(&unix_lock);
	enum receive_state state = state_locked(u);
	mutex_unlock(&unix_lock);
	return state;
}

/* With RECEIVE_NOW the caller has the turn, at the first packet, until it ends it. */
static enum receive_state begin_receive(struct unix_socket *u, struct packet **out)
{
	mutex_lock(&unix_lock);
	enum receive_state state = state_locked(u);
	*out = state == RECEIVE_NOW ? u->first : NULL;
	u->is_receiving = u->is_receiving || *out;
	mutex_unlock(&unix_lock);
	return state;
}

static void end_receive(struct unix_socket *u)
{
	mutex_lock(&unix_lock);
	u->is_receiving = false;
	if (u->peer) /* those who poll at the other end; its queue stays while the lock is held */
		wait_wake_events(&u->peer->write_wait, POLLOUT);
	mutex_unlock(&unix_lock);
	wait_wake_events(&u->write_wait, POLLOUT);
	wait_wake(&u->turn_wait);
}

/* The turn and the first packet, or 0 and null at the end. Who does not wait for bytes still waits for the turn. */
static int64_t wait_packet(struct file *file, struct unix_socket *u, struct socket_message *message,
                           struct packet **out)
{
	struct task *task = message->iter->task;
	bool is_waiting = task && !(file_is_nonblocking(file) || message->flags & MSG_DONTWAIT);
	int64_t result = 0;
	while (result == 0) {
		switch (begin_receive(u, out)) {
		case RECEIVE_NOW:
		case RECEIVE_END: return 0;
		case RECEIVE_UNCONNECTED: return -EINVAL;
		case RECEIVE_TURN:
			if (!task)
				return -EAGAIN;
			result = wait_event(task, &u->turn_wait, state_of(u) != RECEIVE_TURN, 0);
			break;
		case RECEIVE_EMPTY:
			if (!is_waiting)
				return -EAGAIN;
			result = wait_event(task, &u->read_wait, state_of(u) != RECEIVE_EMPTY, 0);
			break;
		}
	}
	return result;
}

/* Whether it is used up and out of the queue: the caller's to free. Its rights go with its first bytes. */
static bool take_locked(struct unix_socket *u, struct packet *packet, size_t bytes,
                        struct socket_message *message)
{
	flight_land_locked(u, packet);
	if (packet->rights)
		message->rights = packet->rights;
	packet->rights = NULL;
	packet->taken += (uint32_t)bytes;
	u->queued -= (uint32_t)bytes;
	if (packet->taken < packet->len)
		return false;
	u->first = packet->next;
	return true;
}

/* Takes the bytes out of the packet, unless they were only looked at; the packet whose turn is next. */
static struct packet *advance(struct unix_socket *u, struct packet *packet, size_t bytes,
                              struct socket_message *message)
{
	bool is_peek = message->flags & MSG_PEEK;
	mutex_lock(&unix_lock);
	bool is_spent = !is_peek && take_locked(u, packet, bytes, message);
	struct packet *next = is_peek ? packet->next : u->first;
	mutex_unlock(&unix_lock);
	if (is_spent)
		heap_free(packet);
	return next;
}

/* A stream's packets, up to the first that has rights. Bytes, or -EFAULT. */
static int64_t receive_stream(struct unix_socket *u, struct packet *packet,
                              struct socket_message *message)
{
	size_t done = 0;
	bool has_rights;
	do {
		has_rights = packet->rights;
		size_t wanted = MIN(packet->len - packet->taken, message->iter->left);
		size_t moved = iter_put(message->iter, packet->bytes + packet->taken, wanted);
		if (moved == 0 && wanted > 0)
			return done > 0 ? (int64_t)done : -EFAULT;
		done += moved;
		packet = advance(u, packet, moved, message);
	} while (packet && message->iter->left > 0 && !has_rights);
	return (int64_t)done;
}

/* One packet, which is used up whatever of it there is room for. */
static int64_t receive_datagram(struct unix_socket *u, struct packet *packet,
                                struct socket_message *message)
{
	size_t wanted = MIN(packet->len, message->iter->left);
	size_t moved = iter_put(message->iter, packet->bytes, wanted);
	size_t told = message->flags & MSG_TRUNC ? packet->len : moved;
	if (wanted < packet->len)
		message->out_flags |= MSG_TRUNC;
	advance(u, packet, packet->len, message);
	return moved < wanted ? -EFAULT : (int64_t)told;
}

/* What is there, with the turn, which ends. A copy of rights would need references of its own: peeking shows none. */
static int64_t receive_present(struct unix_socket *u, struct packet *packet,
                               struct socket_message *message)
{
	bool is_stream = u->socket.type == SOCK_STREAM;
	message->credentials = packet->credentials;
	socket_address_copy(&message->address, &packet->from);
	int64_t result = is_stream ? receive_stream(u, packet, message)
	                           : receive_datagram(u, packet, message);
	end_receive(u);
	return result;
}

int64_t unix_receive(struct file *file, struct socket *socket, struct socket_message *message)
{
	struct unix_socket *u = unix_of(socket);
	bool is_whole = u->socket.type == SOCK_STREAM && message->flags & MSG_WAITALL &&
	                !(message->flags & MSG_PEEK);
	int64_t done = 0;
	do {
		struct packet *packet;
		int64_t result = wait_packet(file, u, message, &packet);
		if (result == 0 && !packet)
			break;
		if (result == 0)
			result = receive_present(u, packet, message);
		if (result < 0)
			return done > 0 ? done : result;
		done += result;
	} while (is_whole && message->iter->left > 0 && !message->rights);
	return done;
}
