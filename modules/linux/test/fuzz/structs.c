/*
 * Arguments that are pointers, by the letter that a call's pattern has for them: to a structure with mostly plausible
 * contents in the thread's scratch room, or now and then to somewhere else.
 */
#include "fuzz.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* --- structures --- */

/* Words that mean something here and there: descriptors, flags, numbers, addresses. */
static void fill(struct fuzz_thread *self, uint64_t *words, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		switch (fuzz_below(self, 5)) {
		case 0: words[i] = random_next(&self->random); break;
		case 1: words[i] = fuzz_fd(self) | fuzz_flags(self) << 32; break;
		case 2: words[i] = fuzz_somewhere(self, self->scratch); break;
		default: words[i] = fuzz_below(self, 9); break;
		}
	}
}

static void fill_iovec(struct fuzz_thread *self, struct iovec *iov, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		iov[i].iov_base = (void *)fuzz_somewhere(self, self->scratch[i % FUZZ_SCRATCH]);
		iov[i].iov_len = fuzz_one_in(self, 20) ? fuzz_length(self) : fuzz_below(self, 200);
	}
}

/* Microseconds most of the time, so that waits end. */
static void fill_time(struct fuzz_thread *self, struct timespec *time)
{
	time->tv_nsec = (long)fuzz_below(self, 300000);
	if (fuzz_one_in(self, 40))
		*time = (struct timespec){(long)random_next(&self->random),
		                          (long)random_next(&self->random)};
}

static void fill_address(struct fuzz_thread *self, struct sockaddr_un *address)
{
	address->sun_family = fuzz_one_in(self, 12) ? (sa_family_t)fuzz_below(self, 20) : AF_UNIX;
	/* Abstract names are the whole container's; no other program has such. */
	snprintf(address->sun_path, sizeof(address->sun_path), "%s%c",
	         fuzz_one_in(self, 3) ? "" : "s", 'a' + (int)fuzz_below(self, 4));
	if (fuzz_one_in(self, 3)) {
		memcpy(address->sun_path, "\0linuxfuzz", 10);
		address->sun_path[10] = (char)('a' + fuzz_below(self, 4));
	}
}

/* SCM_RIGHTS mostly, with a length that is right most of the time. */
static void fill_control(struct fuzz_thread *self, struct msghdr *message)
{
	struct cmsghdr *control = fuzz_scratch(self);
	int *fds = (int *)CMSG_DATA(control);
	unsigned count = (unsigned)fuzz_below(self, 8);

	control->cmsg_level = fuzz_one_in(self, 12) ? (int)fuzz_below(self, 30) : SOL_SOCKET;
	control->cmsg_type = fuzz_one_in(self, 6) ? (int)fuzz_below(self, 4) : SCM_RIGHTS;
	control->cmsg_len = fuzz_one_in(self, 10) ? fuzz_length(self)
	                                          : CMSG_LEN(count * sizeof(int));
	for (unsigned i = 0; i < count; i++)
		fds[i] = (int)fuzz_fd(self);
	message->msg_control = (void *)fuzz_somewhere(self, control);
	message->msg_controllen = fuzz_one_in(self, 10) ? fuzz_length(self)
	                                                : CMSG_SPACE(count * sizeof(int));
}

static void fill_message(struct fuzz_thread *self, struct msghdr *message)
{
	struct iovec *iov = fuzz_scratch(self);

	fill_iovec(self, iov, 4);
	message->msg_iov = (void *)fuzz_somewhere(self, iov);
	message->msg_iovlen = fuzz_one_in(self, 30) ? fuzz_length(self) : fuzz_below(self, 5);
	if (fuzz_one_in(self, 2))
		fill_control(self, message);
	if (fuzz_one_in(self, 3)) {
		struct sockaddr_un *address = fuzz_scratch(self);

		fill_address(self, address);
		message->msg_name = (void *)fuzz_somewhere(self, address);
		message->msg_namelen = (socklen_t)fuzz_length(self);
	}
}

static void fill_polls(struct fuzz_thread *self, struct pollfd *polls, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		polls[i].fd = (int)fuzz_fd(self);
		polls[i].events = (short)random_next(&self->random);
	}
}

static void on_signal(int number)
{
	(void)number;
}

/* The kernel's layout: handler, flags, restorer, mask. Signals without a handler end the worker, so few of these. */
static void fill_action(struct fuzz_thread *self, uint64_t *words)
{
	struct sigaction now;
	static const uint64_t flags[] = {0,          SA_RESTART, SA_NODEFER, SA_RESETHAND,
	                                 SA_ONSTACK, SA_SIGINFO};

	(void)sigaction(SIGUSR1, NULL, &now);
	words[0] = fuzz_one_in(self, 4) ? fuzz_below(self, 2) : (uint64_t)on_signal;
	words[1] = FUZZ_PICK(self, flags) | 0x04000000; /* SA_RESTORER */
	words[2] = (uint64_t)now.sa_restorer;
	words[3] = fuzz_flags(self);
}

static void fill_event(struct fuzz_thread *self, struct epoll_event *event)
{
	static const uint32_t flags[] = {EPOLLET, EPOLLONESHOT, EPOLLEXCLUSIVE, EPOLLRDHUP, 0, 0};

	event->events = (uint32_t)fuzz_below(self, 32) | FUZZ_PICK(self, flags);
	event->data.u64 = random_next(&self->random);
}

/* CBOR: empty map, a map of one, an unfinished one, or noise. */
static void fill_cbor(struct fuzz_thread *self, char *bytes)
{
	static const char *const values[] = {"\xa0",
	                                     "\xa1\x64"
	                                     "from\x00",
	                                     "\xa1\x64name\x61"
	                                     "a",
	                                     "\xbf\xff",
	                                     "\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
	                                     "\xa1"};

	strcpy(bytes, FUZZ_PICK(self, values));
	if (fuzz_one_in(self, 4))
		fill(self, (uint64_t *)bytes, 8);
}

static void fill_set(struct fuzz_thread *self, uint64_t *words)
{
	words[0] = fuzz_one_in(self, 3) ? random_next(&self->random) : BIT(fuzz_below(self, 64));
	if (fuzz_one_in(self, 2))
		words[0] &= ~BIT(SIGUSR1 - 1); /* by which the racer ends waits */
}

uint64_t fuzz_struct(struct fuzz_thread *self, char letter)
{
	void *at = fuzz_scratch(self);
	uint64_t *words = at;

	switch (letter) {
	case 'B': fill(self, at, fuzz_one_in(self, 4) ? 128 : 16); break;
	case 'v': fill_iovec(self, at, 8); break;
	case 't': fill_time(self, at); break;
	case 'i':
		fill_time(self, at);
		fill_time(self, (struct timespec *)at + 1);
		break;
	case 'k':
	case 'D': fill_set(self, at); break;
	case 'w': words[0] = fuzz_below(self, 4); break;
	case 'e': fill_event(self, at); break;
	case 'A': fill_address(self, at); break;
	case 'y': words[0] = fuzz_length(self); break;
	case 'h': fill_message(self, at); break;
	case 'P': fill_polls(self, at, 8); break;
	case 'g': fill_action(self, at); break;
	case 'R': *(struct rlimit *)at = (struct rlimit){20 + fuzz_below(self, 100), 1000}; break;
	case 'C': fill_cbor(self, at); break;
	default: break; /* 'b': only room */
	}
	return fuzz_somewhere(self, at);
}

/* --- strings --- */

/*
 * Names in the worker's own tmpfs and in its directory on the store, and what it may read of the rest. Never
 * /dev/console, where log-in reads, and of /obj nothing that stops the machine or a service: any program may call those.
 */
static const char *const paths[] = {
	"a",
	"b",
	"c",
	"d",
	"d/a",
	"d/b",
	"d/e",
	"d/e/a",
	"./d/../a",
	"..",
	".",
	"/",
	"",
	"//tmp/./a",
	"a/b",
	"/tmp",
	"/tmp/d",
	FUZZ_STORE "/a",
	FUZZ_STORE "/b",
	FUZZ_STORE "/d",
	FUZZ_STORE "/d/a",
	FUZZ_STORE "/d/e",
	FUZZ_STORE,
	"/dev/null",
	"/dev/zero",
	"/dev/full",
	"/dev/urandom",
	"/dev/ptmx",
	"/dev/tty",
	"/dev/pts/0",
	"/dev/pts/1",
	"/dev/shm/a",
	"/bin",
	"/bin/linuxfuzz",
	"/bin/sh",
	"/etc/passwd",
	"/etc",
	"/users/alice",
	"/proc",
	"/proc/self",
	"/proc/self/maps",
	"/proc/self/fd",
	"/proc/self/fd/3",
	"/proc/self/fd/7",
	"/proc/self/fdinfo/5",
	"/proc/self/mem",
	"/proc/self/status",
	"/proc/self/stat",
	"/proc/self/environ",
	"/proc/self/cmdline",
	"/proc/self/exe",
	"/proc/self/cwd",
	"/proc/self/root",
	"/proc/self/root/tmp/a",
	"/proc/self/mountinfo",
	"/proc/self/comm",
	"/proc/self/oom_score_adj",
	"/proc/self/task",
	"/proc/thread-self/status",
	"/proc/1/status",
	"/proc/1/root",
	"/proc/meminfo",
	"/proc/stat",
	"/proc/mounts",
	"/proc/anonymos/session",
	"/proc/sys/kernel/random/uuid",
	"/proc/net",
	"/obj",
	"/obj/sys",
	"/obj/sys/memory/stats",
	"/obj/sys/memory",
	"/obj/sys/scheduler/list",
	"/obj/sys/scheduler/services",
	"/obj/user/userManager",
	"/obj/user/userManager/getCurrentUser",
	"/obj/sys/time/now",
	"/sys",
	"/srv",
};

static const char *const object_paths[] = {
	"/",
	"",
	"/sys",
	"/sys/memory",
	"/sys/scheduler",
	"/user/userManager",
	"/sys/time",
	"/sys/log",
	"/srv",
	"/dev",
	"/dev/disk0",
	"/proc",
	"/net",
	"/bin/sh",
	FUZZ_STORE,
	FUZZ_STORE "/a",
	"a",
	"/sys/nothing",
	"/sys/memory/stats",
	"//sys//memory/",
	"/sys/../sys/memory",
};

/* Methods, properties and events. Only what leaves all as it was: no shutdown, kill, create, set or level. */
static const char *const members[] = {
	"stats", "domains", "list",    "services", "getCurrentUser", "now",
	"names", "nodes",   "changed", "size",     "mode",           "nothing",
	"",      "info",    "cpus",    "owner",
};

static const char *const attributes[] = {"user.a",    "user.b", "user.",
                                         "trusted.a", "a",      "system.posix_acl_access"};
static const char *const file_systems[] = {"tmpfs", "proc",  "obj",  "devtmpfs", "devpts",
                                           "store", "sysfs", "ext4", ""};

static void long_path(struct fuzz_thread *self, char *text)
{
	static const char *const parts[] = {"d/", "./", "../", "e/", "a/", "/", "d/../"};
	size_t len = 0, wanted = fuzz_below(self, FUZZ_SCRATCH_BYTES - 16);

	while (len < wanted) {
		const char *part = FUZZ_PICK(self, parts);

		if (fuzz_one_in(self, 20))
			text[len++] = (char)('a' + fuzz_below(self, 4));
		strcpy(text + len, part);
		len += strlen(part);
	}
}

uint64_t fuzz_text(struct fuzz_thread *self, char letter)
{
	char *text = fuzz_scratch(self);

	switch (letter) {
	case 'p':
		if (fuzz_one_in(self, 30))
			long_path(self, text);
		else
			strcpy(text, fuzz_one_in(self, 2) ? paths[fuzz_below(self, 24)]
			                                  : FUZZ_PICK(self, paths));
		break;
	case 'X': strcpy(text, FUZZ_PICK(self, attributes)); break;
	case 'j': strcpy(text, FUZZ_PICK(self, object_paths)); break;
	case 'J': strcpy(text, FUZZ_PICK(self, members)); break;
	default:
		strcpy(text, fuzz_one_in(self, 3) ? FUZZ_PICK(self, file_systems) : "tmpfs");
		break;
	}
	if (fuzz_one_in(self, 60))
		memset(text, 'n',
		       FUZZ_SCRATCH_BYTES -
		               fuzz_below(self, 800)); /* a name too long, perhaps without an end */
	return fuzz_somewhere(self, text);
}
