/*
 * AF_UNIX sockets: pairs, streams, datagrams, names, descriptors that travel, options.
 */
#include "file_suites.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static void pairs(void)
{
	char buffer[64];
	int ends[2], value = 0;
	socklen_t len = sizeof(value);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	CHECK(write(ends[0], "hello", 5) == 5 && write(ends[0], " there", 6) == 6);
	CHECK(ioctl(ends[1], FIONREAD, &value) == 0 && value == 11);
	CHECK(recv(ends[1], buffer, 4, MSG_PEEK) == 4 && memcmp(buffer, "hell", 4) == 0);
	CHECK(recv(ends[1], buffer, 8, MSG_PEEK) == 8 && memcmp(buffer, "hello th", 8) == 0);
	CHECK(read(ends[1], buffer, 64) == 11 && memcmp(buffer, "hello there", 11) == 0);
	CHECK(write(ends[1], "back", 4) == 4 && read(ends[0], buffer, 2) == 2 &&
	      read(ends[0], buffer, 64) == 2);
	CHECK_ERRNO(recv(ends[0], buffer, 1, MSG_DONTWAIT), EAGAIN);
	CHECK(getsockopt(ends[0], SOL_SOCKET, SO_TYPE, &value, &len) == 0 && value == SOCK_STREAM);
	CHECK_ERRNO(lseek(ends[0], 0, SEEK_SET), ESPIPE);
	struct stat st;
	CHECK(fstat(ends[0], &st) == 0 && S_ISSOCK(st.st_mode));
	CHECK(shutdown(ends[0], SHUT_WR) == 0 && read(ends[1], buffer, 1) == 0);
	signal(SIGPIPE, SIG_IGN);
	CHECK_ERRNO(write(ends[0], "x", 1), EPIPE);
	CHECK(write(ends[1], "y", 1) == 1 && read(ends[0], buffer, 1) == 1);
	struct pollfd p = {ends[0], POLLIN, 0};
	CHECK(poll(&p, 1, 0) == 0);
	close(ends[1]);
	CHECK(poll(&p, 1, 0) == 1 && p.revents & POLLIN && p.revents & POLLHUP);
	CHECK(read(ends[0], buffer, 1) == 0);
	CHECK_ERRNO(send(ends[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	signal(SIGPIPE, SIG_DFL);
	close(ends[0]);
	CHECK_ERRNO(socket(99, SOCK_STREAM, 0), EAFNOSUPPORT);
	CHECK_ERRNO(socket(AF_UNIX, 77, 0), EINVAL);
	CHECK_ERRNO(listen(0, 1), ENOTSOCK);
}

static void datagram_pair(void)
{
	char buffer[64];
	int ends[2];
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends) == 0);
	CHECK(send(ends[0], "first", 5, 0) == 5 && send(ends[0], "second", 6, 0) == 6);
	CHECK(recv(ends[1], buffer, 3, MSG_TRUNC) == 5 && recv(ends[1], buffer, 64, 0) == 6);
	CHECK_ERRNO(recv(ends[1], buffer, 64, 0), EAGAIN);
	CHECK(send(ends[0], "", 0, 0) == 0 && recv(ends[1], buffer, 64, 0) == 0);
	close(ends[0]);
	close(ends[1]);
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
	CHECK(send(ends[0], "ab", 2, 0) == 2 && send(ends[0], "cd", 2, 0) == 2);
	CHECK(recv(ends[1], buffer, 64, 0) == 2 && close(ends[0]) == 0);
	CHECK(recv(ends[1], buffer, 64, 0) == 2 && recv(ends[1], buffer, 64, 0) == 0);
	close(ends[1]);
}

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	strcpy(address.sun_path, path);
	return address;
}

static void client(void *argument)
{
	char buffer[16];
	struct sockaddr_un address = address_of(argument);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	CHECK_ERRNO(connect(fd, (struct sockaddr *)&address, sizeof(address)), EISCONN);
	CHECK(write(fd, "ping", 4) == 4 && read(fd, buffer, 16) == 4 &&
	      memcmp(buffer, "pong", 4) == 0);
	struct ucred peer;
	socklen_t len = sizeof(peer);
	CHECK(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.pid == getppid());
	close(fd);
}

static void listeners(void)
{
	char buffer[16];
	struct stat st;
	struct sockaddr_un address = address_of("sock"), got;
	socklen_t len = sizeof(got);
	int status = -1, fd = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_ERRNO(connect(fd, (struct sockaddr *)&address, sizeof(address)), ENOENT);
	CHECK(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	CHECK(stat("sock", &st) == 0 && S_ISSOCK(st.st_mode));
	CHECK_ERRNO(open("sock", O_RDWR), ENXIO);
	int other = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_ERRNO(bind(other, (struct sockaddr *)&address, sizeof(address)), EADDRINUSE);
	CHECK_ERRNO(connect(other, (struct sockaddr *)&address, sizeof(address)), ECONNREFUSED);
	close(other);
	CHECK_ERRNO(accept(fd, NULL, NULL), EINVAL);
	CHECK(listen(fd, 5) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		client("sock");
		_exit(0);
	}
	struct pollfd p = {fd, POLLIN, 0};
	CHECK(poll(&p, 1, 5000) == 1);
	int connection = accept4(fd, (struct sockaddr *)&got, &len, SOCK_CLOEXEC);
	CHECK(connection >= 0 && fcntl(connection, F_GETFD) == FD_CLOEXEC);
	CHECK(read(connection, buffer, 16) == 4 && write(connection, "pong", 4) == 4);
	CHECK(read(connection, buffer, 16) == 0);
	len = sizeof(got);
	CHECK(getsockname(connection, (struct sockaddr *)&got, &len) == 0 &&
	      strcmp(got.sun_path, "sock") == 0);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	close(connection);
	close(fd);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_ERRNO(connect(fd, (struct sockaddr *)&address, sizeof(address)), ECONNREFUSED);
	close(fd);
	CHECK(unlink("sock") == 0);
}

static void datagrams(void)
{
	char buffer[64];
	struct sockaddr_un server = address_of("server"), mine = address_of("mine"), from;
	socklen_t len = sizeof(from);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0), to = socket(AF_UNIX, SOCK_DGRAM, 0);
	CHECK(bind(fd, (struct sockaddr *)&server, sizeof(server)) == 0);
	CHECK(bind(to, (struct sockaddr *)&mine, sizeof(mine)) == 0);
	CHECK_ERRNO(send(to, "x", 1, 0), ENOTCONN);
	CHECK(sendto(to, "mail", 4, 0, (struct sockaddr *)&server, sizeof(server)) == 4);
	CHECK(recvfrom(fd, buffer, 64, 0, (struct sockaddr *)&from, &len) == 4);
	CHECK(strcmp(from.sun_path, "mine") == 0);
	CHECK(connect(to, (struct sockaddr *)&server, sizeof(server)) == 0 &&
	      send(to, "more", 4, 0) == 4);
	CHECK(recv(fd, buffer, 64, 0) == 4);
	close(fd);
	CHECK_ERRNO(send(to, "x", 1, 0), ECONNREFUSED);
	close(to);
	struct sockaddr_un hidden = {.sun_family = AF_UNIX};
	snprintf(hidden.sun_path + 1, 50, "filetest-%d", (int)getpid());
	socklen_t hidden_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
	                                   strlen(hidden.sun_path + 1));
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	to = socket(AF_UNIX, SOCK_DGRAM, 0);
	CHECK(bind(fd, (struct sockaddr *)&hidden, hidden_len) == 0);
	CHECK_ERRNO(bind(to, (struct sockaddr *)&hidden, hidden_len), EADDRINUSE);
	CHECK(sendto(to, "hi", 2, 0, (struct sockaddr *)&hidden, hidden_len) == 2 &&
	      recv(fd, buffer, 64, 0) == 2);
	close(fd);
	CHECK_ERRNO(sendto(to, "hi", 2, 0, (struct sockaddr *)&hidden, hidden_len), ECONNREFUSED);
	close(to);
}

static void fill(struct cmsghdr *header, int type, const void *data, size_t bytes)
{
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = type;
	header->cmsg_len = CMSG_LEN(bytes);
	memcpy(CMSG_DATA(header), data, bytes);
}

static void travelling(void)
{
	char bytes[16] = "d", control[CMSG_SPACE(2 * sizeof(int))] = {0};
	struct iovec iov = {bytes, 1};
	struct msghdr message = {.msg_iov = &iov,
	                         .msg_iovlen = 1,
	                         .msg_control = control,
	                         .msg_controllen = sizeof(control)};
	int ends[2], fds[2];
	put_file("sent", "contents");
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	fds[0] = open("sent", O_RDONLY);
	fds[1] = ends[0];
	fill(header, SCM_RIGHTS, fds, sizeof(fds));
	CHECK(write(ends[0], "before", 6) == 6 && sendmsg(ends[0], &message, 0) == 1);
	CHECK(write(ends[0], "behind", 6) == 6 && close(fds[0]) == 0);
	memset(control, 0, sizeof(control));
	message.msg_controllen = sizeof(control);
	iov.iov_len = sizeof(bytes);
	CHECK(recvmsg(ends[1], &message, MSG_CMSG_CLOEXEC) == 7);
	CHECK(memcmp(bytes, "befored", 7) == 0);
	header = CMSG_FIRSTHDR(&message);
	CHECK(header && header->cmsg_type == SCM_RIGHTS &&
	      header->cmsg_len == CMSG_LEN(2 * sizeof(int)));
	memcpy(fds, CMSG_DATA(header), sizeof(fds));
	char text[16] = "";
	CHECK(read(fds[0], text, 16) == 8 && strcmp(text, "contents") == 0);
	CHECK(fcntl(fds[0], F_GETFD) == FD_CLOEXEC);
	close(fds[0]);
	close(fds[1]);
	fds[0] = 9999;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	message.msg_controllen = CMSG_SPACE(sizeof(int));
	memcpy(CMSG_DATA(header), fds, sizeof(int));
	CHECK_ERRNO(sendmsg(ends[0], &message, 0), EBADF);
	close(ends[0]);
	close(ends[1]);
}

struct credential_message {
	struct msghdr header;
	struct iovec iov;
	char byte, control[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(sizeof(int))];
};

static struct cmsghdr *begin_credentials(struct credential_message *m, size_t control_len)
{
	*m = (struct credential_message){.byte = 'c'};
	m->iov = (struct iovec){&m->byte, 1};
	m->header = (struct msghdr){.msg_iov = &m->iov,
	                            .msg_iovlen = 1,
	                            .msg_control = m->control,
	                            .msg_controllen = control_len};
	return CMSG_FIRSTHDR(&m->header);
}

static long claim(int fd, struct ucred who)
{
	struct credential_message m;
	struct cmsghdr *header = begin_credentials(&m, CMSG_SPACE(sizeof(who)));
	fill(header, SCM_CREDENTIALS, &who, sizeof(who));
	return sendmsg(fd, &m.header, 0);
}

static struct ucred told(int fd)
{
	struct credential_message m;
	struct ucred who = {0};
	struct cmsghdr *header = begin_credentials(&m, CMSG_SPACE(sizeof(who)));
	CHECK(recvmsg(fd, &m.header, 0) == 1);
	CHECK(header->cmsg_type == SCM_CREDENTIALS);
	memcpy(&who, CMSG_DATA(header), sizeof(who));
	return who;
}

/* A socket that another user made. */
static void send_as_user(void *argument)
{
	int fd = *(int *)argument;
	CHECK(setgid(1234) == 0 && setuid(1234) == 0 && send(fd, "x", 1, 0) == 1);
	CHECK(claim(fd, (struct ucred){getpid(), 1234, 1234}) == 1);
	CHECK_ERRNO(claim(fd, (struct ucred){getpid(), 0, 1234}), EPERM);
	CHECK_ERRNO(claim(fd, (struct ucred){getpid(), 1234, 0}), EPERM);
	CHECK_ERRNO(claim(fd, (struct ucred){getppid(), 1234, 1234}), EPERM);
}

static void credentials(void)
{
	int ends[2], on = 1;
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
	CHECK(setsockopt(ends[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0);
	CHECK(send(ends[0], "x", 1, 0) == 1 && told(ends[1]).pid == getpid());
	if (getuid() == 0) {
		CHECK(in_child(send_as_user, &ends[0]) == 0);
		for (int i = 0; i < 2; i++) {
			struct ucred who = told(ends[1]);
			CHECK(who.pid != getpid() && who.uid == 1234 && who.gid == 1234);
		}
		CHECK(claim(ends[0], (struct ucred){1, 5, 6}) == 1 && told(ends[1]).uid == 5);
	}
	close(ends[0]);
	close(ends[1]);
}

/* Room for credentials to the byte: descriptors find none, and what lies behind stays as it is. */
static void no_room_for_descriptors(void)
{
	struct credential_message m;
	int ends[2], on = 1, fd = 0;
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	CHECK(setsockopt(ends[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0);
	struct cmsghdr *header = begin_credentials(&m, CMSG_SPACE(sizeof(fd)));
	fill(header, SCM_RIGHTS, &fd, sizeof(fd));
	CHECK(sendmsg(ends[0], &m.header, 0) == 1);
	begin_credentials(&m, CMSG_LEN(sizeof(struct ucred)));
	memset(m.control, 0x55, sizeof(m.control));
	CHECK(recvmsg(ends[1], &m.header, 0) == 1 && m.header.msg_flags & MSG_CTRUNC);
	for (size_t i = CMSG_LEN(sizeof(struct ucred)); i < sizeof(m.control); i++)
		fd += m.control[i] != 0x55;
	CHECK(fd == 0);
	close(ends[0]);
	close(ends[1]);
}

#define BULK 600000

static void write_bulk(void *argument)
{
	static unsigned char bytes[BULK];
	int *ends = argument;
	close(ends[0]);
	for (int i = 0; i < BULK; i++)
		bytes[i] = (unsigned char)(i * 13 + i / 300);
	CHECK(write(ends[1], bytes, BULK) == BULK);
}

static void bulk(void)
{
	static unsigned char bytes[7000];
	int ends[2], total = 0, wrong = 0, status = -1;
	ssize_t got;
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		write_bulk(ends);
		_exit(0);
	}
	close(ends[1]);
	while ((got = read(ends[0], bytes, sizeof(bytes))) > 0) {
		for (ssize_t i = 0; i < got; i++, total++)
			wrong += bytes[i] != (unsigned char)(total * 13 + total / 300);
	}
	CHECK(total == BULK && wrong == 0);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	close(ends[0]);
}

#define PACKETS 40
#define PACKET_BYTES 2000

/* What one of several readers took; -1: out of order. Every second time it only looks. */
static int read_in_order(int fd)
{
	unsigned char bytes[3], last = 0;
	int total = 0;
	ssize_t got;
	for (int i = 0; (got = recv(fd, bytes, sizeof(bytes), i & 1 ? MSG_PEEK : 0)) > 0; i++) {
		for (ssize_t at = 0; at < got; at++) {
			if (bytes[at] < (at > 0 ? bytes[at - 1] : last))
				return -1;
		}
		if (i & 1)
			continue;
		last = bytes[got - 1];
		total += (int)got;
	}
	return got == 0 ? total : -1;
}

/* Whoever reads between, no reader sees later bytes first, nor the end before the last. */
static void readers_in_turn(void)
{
	char packet[PACKET_BYTES];
	int ends[2], status = -1, *taken = shared_memory(sizeof(int));
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	for (int i = 0; i < PACKETS; i++) {
		memset(packet, i, sizeof(packet));
		CHECK(write(ends[0], packet, sizeof(packet)) == sizeof(packet));
	}
	close(ends[0]);
	pid_t pid = fork();
	if (pid == 0) {
		*taken = read_in_order(ends[1]);
		_exit(0);
	}
	int own = read_in_order(ends[1]);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	CHECK(own >= 0 && *taken >= 0 && own + *taken == PACKETS * PACKET_BYTES);
	close(ends[1]);
}

void test_socket(void)
{
	pairs();
	datagram_pair();
	listeners();
	datagrams();
	travelling();
	credentials();
	no_room_for_descriptors();
	bulk();
	readers_in_turn();
}
