/*
 * What the parts of AF_UNIX share: sockets and connections (unix.c), their names (unix_names.c) and queues
 * (unix_queue.c), descriptors that travel (unix_flight.c).
 */
#pragma once
#include <base/list.h>
#include "socket.h"
#include "wait.h"

#define UNIX_QUEUE_BYTES (208u << 10) /* of a socket, at most */

struct packet {
	struct packet *next;
	uint32_t len, taken;
	struct socket_rights *rights;
	struct list flight; /* with rights, in a queue: in that socket's carrying */
	struct linux_ucred credentials;
	struct socket_address from;
	uint8_t bytes[];
};

enum unix_state { UNIX_OPEN, UNIX_LISTENING, UNIX_CONNECTED, UNIX_CLOSED };

struct unix_socket {
	struct socket socket;             /* first */
	uint32_t references;              /* [a] the file, peers, those who wait */
	enum unix_state state;            /* [u] */
	struct unix_socket *peer;         /* [u] a reference */
	struct packet *first, *last;      /* [u] received */
	uint32_t queued;                  /* [u] bytes in them */
	bool is_receiving;                /* [u] a reader has the turn, at the first packet */
	bool has_read_end, has_write_end; /* [u] not shut down */
	bool is_peer_done;                /* [u] the peer writes no more */
	struct linux_ucred own, other;    /* [u] credentials: of its maker, and of the peer's */
	struct socket_address name;       /* [u] bound to; len 0: not */
	struct inode *inode;              /* [u] of its name, a reference */
	bool is_being_named;              /* [u] a thread is making a name for it */
	struct unix_socket *next_named;   /* [u] abstract names */
	struct unix_socket *pending, *last_pending; /* [u] connections to accept, by next_pending */
	struct unix_socket *next_pending;
	struct unix_socket *listener; /* [u] on whose queue it waits; no reference */
	uint32_t pending_count, backlog;
	struct list
		carrying; /* [u] packets with rights in its queue; then it is among the carriers: */
	struct list carrier; /* [u] */
	uint32_t flights;    /* [u] how often it waits in queues itself */
	bool is_reached; /* [u] this and the next: while circles are looked for (unix_flight.c) */
	struct unix_socket *next_reached;
	struct wait_queue read_wait, write_wait, turn_wait;
};

extern struct mutex unix_lock; /* [u] of all these sockets; RANK_PIPE */

static inline struct unix_socket *unix_of(struct socket *socket)
{
	return (struct unix_socket *)socket;
}

/* Only of a socket that somebody holds a reference to meanwhile: by a lock, or one of his own. */
static inline void unix_get(struct unix_socket *u)
{
	__atomic_fetch_add(&u->references, 1, __ATOMIC_RELAXED);
}

void unix_put(struct unix_socket *u);

/* --- unix_names.c --- */

int64_t unix_bind(struct task *task, struct socket *socket, const struct socket_address *address);
int64_t unix_name(struct socket *socket, bool is_peer, struct socket_address *out);
/* Who is bound to the address: a reference. */
int64_t unix_find_bound(struct task *task, const struct socket_address *address,
                        struct unix_socket **out);
void unix_unname_locked(struct unix_socket *u);

/* --- unix_queue.c --- */

int64_t unix_send(struct file *file, struct socket *socket, struct socket_message *message);
int64_t unix_receive(struct file *file, struct socket *socket, struct socket_message *message);

/* --- unix_flight.c: rights in packets. What waits in a queue flies. --- */

/* The packet is in the socket's queue from now on, or no longer. */
void flight_start_locked(struct unix_socket *u, struct packet *packet);
void flight_land_locked(struct unix_socket *u, struct packet *packet);
/* Of all packets in the queue, taken out of them. */
struct socket_rights *flight_land_all_locked(struct unix_socket *u);
/* Closes what they name, and what nobody can receive any more. Without the lock; null: only the latter. */
void flight_drop(struct socket_rights *rights);
