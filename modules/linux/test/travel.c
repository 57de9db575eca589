/*
 * Descriptors in messages that nobody can receive any more: what only circles of sockets hold must go, what somebody can
 * still reach must stay. A pipe tells: its reader sees the end once the writing end that travels is gone.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "file_suites.h"

#define CHAIN 5000
#define BIND_ROUNDS 200

static bool send_fds(int over, const int *fds, unsigned count)
{
	char byte = 'd', control[CMSG_SPACE(4 * sizeof(int))] = {0};
	struct iovec iov = {&byte, 1};
	struct msghdr message = {.msg_iov = &iov,
	                         .msg_iovlen = 1,
	                         .msg_control = control,
	                         .msg_controllen = CMSG_SPACE(count * sizeof(int))};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(header), fds, count * sizeof(int));
	return sendmsg(over, &message, MSG_NOSIGNAL) == 1;
}

/* The first descriptor of the next message, or -1. */
static int receive_fd(int from)
{
	char byte, control[CMSG_SPACE(4 * sizeof(int))];
	struct iovec iov = {&byte, 1};
	struct msghdr message = {.msg_iov = &iov,
	                         .msg_iovlen = 1,
	                         .msg_control = control,
	                         .msg_controllen = sizeof(control)};
	struct cmsghdr *header;
	int fd = -1;

	if (recvmsg(from, &message, MSG_DONTWAIT) != 1)
		return -1;
	header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

/* A kernel may look for circles whenever a socket goes. */
static void let_a_socket_go(void)
{
	close(socket(AF_UNIX, SOCK_STREAM, 0));
}

static bool has_ended(int reader, int timeout_ms)
{
	struct pollfd p = {.fd = reader};

	return poll(&p, 1, timeout_ms) == 1 && p.revents & POLLHUP;
}

/* --- circles --- */

static void through_itself(int type, bool is_other_first)
{
	int ends[2], tell[2], sent[2];

	CHECK(socketpair(AF_UNIX, type, 0, ends) == 0 && pipe(tell) == 0);
	sent[0] = ends[1], sent[1] = tell[1];
	CHECK(send_fds(ends[0], sent, 2) && send_fds(ends[0], sent, 1));
	close(tell[1]);
	close(ends[!is_other_first]);
	CHECK(!is_other_first || !has_ended(tell[0], 0));
	close(ends[is_other_first]);
	let_a_socket_go();
	CHECK(has_ended(tell[0], 5000));
	close(tell[0]);
}

/* The other end is no way to what waits at this one. */
static void other_end_stays(void)
{
	int ends[2], tell[2], sent[2];
	char byte;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 && pipe(tell) == 0);
	sent[0] = ends[1], sent[1] = tell[1];
	CHECK(send_fds(ends[0], sent, 2));
	close(tell[1]);
	close(ends[1]);
	let_a_socket_go();
	CHECK(has_ended(tell[0], 5000));
	CHECK(recv(ends[0], &byte, 1, MSG_DONTWAIT) <= 0);
	CHECK_ERRNO(send(ends[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	close(ends[0]);
	close(tell[0]);
}

static void through_each_other(void)
{
	int a[2], b[2], tell[2], sent[2];

	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, a) == 0 &&
	      socketpair(AF_UNIX, SOCK_STREAM, 0, b) == 0 && pipe(tell) == 0);
	sent[0] = tell[1], sent[1] = b[1];
	CHECK(send_fds(a[0], sent, 2) && send_fds(b[0], &a[1], 1));
	close(tell[1]);
	for (int i = 0; i < 2; i++) {
		close(a[i]);
		close(b[i]);
	}
	let_a_socket_go();
	CHECK(has_ended(tell[0], 5000));
	close(tell[0]);
}

/* What was sent to a connection that nobody has accepted is the listener's. */
static void through_a_connection_to_come(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "waiting"};
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), caller = socket(AF_UNIX, SOCK_STREAM, 0);
	int tell[2], sent[2] = {listener, 0};

	CHECK(bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0);
	CHECK(listen(listener, 2) == 0);
	CHECK(connect(caller, (struct sockaddr *)&address, sizeof(address)) == 0);
	CHECK(pipe(tell) == 0);
	sent[1] = tell[1];
	CHECK(send_fds(caller, sent, 2));
	close(tell[1]);
	let_a_socket_go();
	CHECK(!has_ended(tell[0], 50));
	close(listener);
	close(caller);
	let_a_socket_go();
	CHECK(has_ended(tell[0], 5000));
	CHECK(unlink("waiting") == 0);
	close(tell[0]);
}

/* --- what stays --- */

static void within_reach(void)
{
	int a[2], b[2], tell[2], got_a, got_b, got_tell;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, a) == 0 &&
	      socketpair(AF_UNIX, SOCK_STREAM, 0, b) == 0 && pipe(tell) == 0);
	CHECK(send_fds(a[0], &tell[1], 1) && send_fds(a[0], &b[1], 1) && send_fds(b[0], &a[1], 1));
	close(tell[1]);
	close(a[0]);
	close(a[1]);
	close(b[0]);
	let_a_socket_go();
	CHECK(!has_ended(tell[0], 50));
	CHECK((got_a = receive_fd(b[1])) >= 0);
	let_a_socket_go();
	CHECK((got_tell = receive_fd(got_a)) >= 0 && write(got_tell, "x", 1) == 1);
	CHECK((got_b = receive_fd(got_a)) >= 0);
	close(got_tell);
	CHECK(has_ended(tell[0], 0));
	close(b[1]);
	close(got_a);
	close(got_b);
	close(tell[0]);
}

/* Each waits in the next one's queue: the last to be closed lets all of them go, however many. */
static void chain(void)
{
	int ends[2], tell[2], inner, count = 0;

	CHECK(pipe(tell) == 0);
	inner = tell[1];
	for (; count < CHAIN && socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0; count++) {
		bool is_sent = send_fds(ends[0], &inner, 1); /* there may be a limit */

		close(ends[0]);
		close(is_sent ? inner : ends[1]);
		if (!is_sent)
			break;
		inner = ends[1];
	}
	CHECK(count > 100 && !has_ended(tell[0], 0));
	close(inner);
	CHECK(has_ended(tell[0], 10000));
	close(tell[0]);
}

/* --- one name --- */

struct race {
	int fd;
	volatile int *go;
	struct sockaddr_un address;
	int result;
};

static void *bind_when_told(void *argument)
{
	struct race *race = argument;

	while (!*race->go)
		;
	race->result = bind(race->fd, (struct sockaddr *)&race->address, sizeof(race->address));
	return NULL;
}

static bool bind_twice_at_once(void)
{
	volatile int go = 0;
	struct race races[2] = {{.address = {.sun_family = AF_UNIX, .sun_path = "one"}},
	                        {.address = {.sun_family = AF_UNIX, .sun_path = "two"}}};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), names;
	pthread_t thread;

	races[0].fd = races[1].fd = fd;
	races[0].go = races[1].go = &go;
	if (pthread_create(&thread, NULL, bind_when_told, &races[0]) != 0)
		return false;
	go = 1;
	bind_when_told(&races[1]);
	pthread_join(thread, NULL);
	names = (unlink("one") == 0) + (unlink("two") == 0);
	close(fd);
	return names == 1 && (races[0].result == 0) + (races[1].result == 0) == 1;
}

static void one_name(void)
{
	int good = 0;

	for (int i = 0; i < BIND_ROUNDS; i++)
		good += bind_twice_at_once();
	CHECK(good == BIND_ROUNDS);
}

void test_travel(void)
{
	through_itself(SOCK_STREAM, true);
	through_itself(SOCK_STREAM, false);
	through_itself(SOCK_DGRAM, true);
	through_itself(SOCK_SEQPACKET, false);
	other_end_stays();
	through_each_other();
	through_a_connection_to_come();
	within_reach();
	chain();
	one_name();
}
