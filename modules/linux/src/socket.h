/*
 * Sockets as the calls see them (socket.c) and as a family implements them (unix.c). A socket is a file whose
 * `private` begins with struct socket.
 */
#pragma once
#include <base/string.h>
#include "file.h"

#define AF_UNSPEC 0
#define AF_UNIX 1
#define SOCK_STREAM 1u
#define SOCK_DGRAM 2u
#define SOCK_SEQPACKET 5u
#define SOCK_TYPE_MASK 15u
#define SOCK_NONBLOCK O_NONBLOCK
#define SOCK_CLOEXEC O_CLOEXEC

#define MSG_PEEK 2u
#define MSG_CTRUNC 8u
#define MSG_TRUNC 0x20u
#define MSG_DONTWAIT 0x40u
#define MSG_EOR 0x80u
#define MSG_WAITALL 0x100u
#define MSG_NOSIGNAL 0x4000u
#define MSG_CMSG_CLOEXEC 0x40000000u

#define SOL_SOCKET 1
#define SO_DEBUG 1
#define SO_REUSEADDR 2
#define SO_TYPE 3
#define SO_ERROR 4
#define SO_BROADCAST 6
#define SO_SNDBUF 7
#define SO_RCVBUF 8
#define SO_KEEPALIVE 9
#define SO_LINGER 13
#define SO_PASSCRED 16
#define SO_PEERCRED 17
#define SO_RCVTIMEO 20
#define SO_SNDTIMEO 21
#define SO_ACCEPTCONN 30
#define SO_PROTOCOL 38
#define SO_DOMAIN 39

#define SOCKET_ADDRESS_MAX 128
#define SOCKET_FILES_MAX 253

struct socket_address {
	uint32_t len;
	uint8_t bytes[SOCKET_ADDRESS_MAX];
};

struct linux_ucred {
	int32_t pid;
	uint32_t uid, gid;
};

/* Descriptors that travel with a message: references. */
struct socket_rights {
	struct socket_rights *next; /* of those that are dropped together */
	uint32_t count;
	struct file *files[];
};

struct socket_message {
	struct iter *iter;
	uint32_t flags;
	struct socket_address address;  /* send: where to (len 0: none); receive: where from */
	struct socket_rights *rights;   /* send: given, taken when sent; receive: result, or null */
	struct linux_ucred credentials; /* send: claimed (pid 0: the sender's own); receive */
	uint32_t out_flags;             /* receive: MSG_* */
};

/* Without address, rights and credentials; the address's bytes are left as they are. */
static inline void socket_message_init(struct socket_message *message, struct iter *iter)
{
	message->iter = iter;
	message->flags = message->out_flags = 0;
	message->address.len = 0;
	message->rights = NULL;
	message->credentials.pid = 0;
}

static inline void socket_address_copy(struct socket_address *to, const struct socket_address *from)
{
	to->len = from->len;
	memcpy(to->bytes, from->bytes, from->len);
}

struct socket;
struct socket_ops {
	int32_t family;
	int64_t (*bind)(struct task *task, struct socket *socket,
	                const struct socket_address *address);
	int64_t (*connect)(struct task *task, struct file *file, struct socket *socket,
	                   const struct socket_address *address);
	int64_t (*listen)(struct task *task, struct socket *socket, int32_t backlog);
	/* A new socket that belongs to the caller. */
	int64_t (*accept)(struct task *task, struct file *file, struct socket *socket,
	                  struct socket **out);
	int64_t (*send)(struct file *file, struct socket *socket, struct socket_message *message);
	int64_t (*receive)(struct file *file, struct socket *socket,
	                   struct socket_message *message);
	int64_t (*shutdown)(struct socket *socket, uint32_t how); /* bits: 1 reading, 2 writing */
	int64_t (*name)(struct socket *socket, bool is_peer, struct socket_address *out);
	/* -ENOPROTOOPT: not its own; socket.c then answers the common ones. */
	int64_t (*get_option)(struct socket *socket, int32_t level, int32_t option, uint32_t *out,
	                      uint32_t *out_words);
	int64_t (*set_option)(struct socket *socket, int32_t level, int32_t option, uint32_t value);
	uint32_t (*poll)(struct file *file, struct socket *socket, struct poll_table *table);
	uint32_t (*readable_bytes)(struct socket *socket);
	void (*release)(struct socket *socket);
};

struct socket {
	const struct socket_ops *ops; /* [I] */
	uint32_t type;                /* [I] SOCK_* */
	bool passes_credentials;      /* SO_PASSCRED */
	struct file *file; /* of its descriptors, without a reference; null until it is there */
};

/* A file for a socket; gives the socket up on failure. */
int64_t socket_file(struct socket *socket, uint32_t flags, struct file **out_file);
struct socket *socket_of(const struct file *file); /* null when it is none */
void socket_rights_free(struct socket_rights *rights);

/* unix.c */
int64_t unix_create(struct task *task, uint32_t type, struct socket **out);
int64_t unix_create_pair(struct task *task, uint32_t type, struct socket *out[2]);
/* Closes what waits in queues that nobody can read any more; for when descriptors have gone. */
void unix_drop_unreachable(void);
