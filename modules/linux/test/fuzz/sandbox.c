/*
 * Where a worker plays: a user of its own, a namespace of mounts of its own with tmpfs over /tmp and /dev/shm, and
 * descriptors of every kind there is. What must not happen, it cannot do:
 *
 *   right it lacks        because
 *   CAP_KILL, CAP_SETUID  it would end the supervisor, the shell that tests, or pid 1's children
 *   CAP_SYS_RESOURCE      it would take the supervisor's limits down, until that can open no file
 *   CAP_SYS_BOOT          it would switch the machine off
 *   CAP_SYS_TIME          the time of day is everybody's and stays
 *   CAP_DAC_*, CAP_FOWNER, CAP_CHOWN   it would rewrite files that the tests after it need
 *   descriptors 0 to 2    closed: they belong to the channel that reports
 *
 * What any program of the container may do by the object tree (switch the machine off, end a service, set the time) no
 * right withholds; structs.c never names it.
 */
#include "fuzz.h"
#include <fcntl.h>
#include <grp.h>
#include <linux/object_calls.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#define DESCRIPTORS_MAX 64u
#define FILE_BYTES_MAX (1u << 20)
#define FORKS_MAX 24u

/* capset(2), whose header musl does not have. */
#define CAPABILITY_VERSION 0x20080522u
struct capability_header {
	uint32_t version;
	int pid;
};
struct capability_words {
	uint32_t effective, permitted, inheritable;
};
enum {
	CAP_SETGID = 6,
	CAP_NET_ADMIN = 12,
	CAP_SYS_CHROOT = 18,
	CAP_SYS_ADMIN = 21,
	CAP_SYS_NICE = 23
};

/* Every other worker is a plain user, the rest may mount and the like. */
static const int kept[] = {CAP_SYS_ADMIN, CAP_SYS_CHROOT, CAP_SETGID, CAP_SYS_NICE, CAP_NET_ADMIN};

static void limit(int which, rlim_t most)
{
	struct rlimit value = {most, most};

	(void)setrlimit(which, &value);
}

static bool become_user(uid_t uid)
{
	return setgroups(0, NULL) == 0 && setresgid(uid, uid, uid) == 0 &&
	       prctl(PR_SET_KEEPCAPS, 1) == 0 && setresuid(uid, uid, uid) == 0;
}

static bool keep_capabilities(bool is_plain)
{
	struct capability_header header = {CAPABILITY_VERSION, 0};
	struct capability_words data[2] = {0};

	for (unsigned i = 0; i < ARRAY_SIZE(kept) && !is_plain; i++)
		data[0].permitted |= 1u << kept[i];
	data[0].effective = data[0].permitted;
	return syscall(SYS_capset, &header, data) == 0;
}

static bool mount_own(void)
{
	return unshare(CLONE_NEWNS) == 0 && mount("tmpfs", "/tmp", "tmpfs", 0, "mode=1777") == 0 &&
	       mount("tmpfs", "/dev/shm", "tmpfs", 0, "mode=1777") == 0 && chdir("/tmp") == 0;
}

bool fuzz_enter_sandbox(unsigned worker)
{
	(void)setsid();
	if (!mount_own())
		return false;
	limit(RLIMIT_NOFILE, DESCRIPTORS_MAX);
	limit(RLIMIT_FSIZE, FILE_BYTES_MAX);
	limit(RLIMIT_NPROC, FORKS_MAX);
	umask(0);
	for (int fd = 0; fd < 3; fd++)
		(void)close(fd);
	for (int fd = 0; fd < 3; fd++)
		(void)open("/dev/null", O_RDWR);
	return become_user(FUZZ_UID + worker) && keep_capabilities(worker % 2 == 0);
}

static void make_sockets(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "sa"};
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int caller = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), pair[2];

	(void)bind(listener, (struct sockaddr *)&address, sizeof(address));
	(void)listen(listener, 2);
	(void)connect(caller, (struct sockaddr *)&address, sizeof(address));
	(void)socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
	(void)socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair);
	(void)socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair);
}

static void make_pty(void)
{
	int unlocked = 0, master = open("/dev/ptmx", O_RDWR | O_NONBLOCK | O_NOCTTY);

	(void)syscall(SYS_ioctl, master, 0x40045431, &unlocked);       /* TIOCSPTLCK */
	(void)syscall(SYS_ioctl, master, 0x5441, O_RDWR | O_NONBLOCK); /* TIOCGPTPEER */
}

static void make_files(void)
{
	static const char *const opened[] = {"/proc/self/maps",
	                                     "/proc",
	                                     "/obj/sys/memory/stats",
	                                     "/obj/sys",
	                                     "/dev/zero",
	                                     "/bin/sh",
	                                     "/tmp",
	                                     FUZZ_STORE};
	int fd = open("a", O_RDWR | O_CREAT, 0777);

	(void)ftruncate(fd, 5 * FUZZ_PAGE);
	(void)open(FUZZ_STORE "/a", O_RDWR | O_CREAT, 0777);
	(void)mkdir("d", 0777);
	(void)mkdir(FUZZ_STORE "/d", 0777);
	(void)mkfifo("c", 0777);
	for (unsigned i = 0; i < ARRAY_SIZE(opened); i++)
		(void)open(opened[i], O_RDONLY);
}

/* One at least of every kind of descriptor, and the arena. */
void fuzz_make_things(struct fuzz_thread *self)
{
	sigset_t signals;
	int pair[2];
	char *arena = mmap((void *)FUZZ_ARENA, FUZZ_ARENA_PAGES * FUZZ_PAGE, PROT_READ | PROT_WRITE,
	                   MAP_FIXED | MAP_ANONYMOUS |
	                           (fuzz_one_in(self, 2) ? MAP_SHARED : MAP_PRIVATE),
	                   -1, 0);

	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR2);
	for (unsigned i = 0; i < FUZZ_ARENA_PAGES; i += 2)
		arena[i * FUZZ_PAGE] = (char)i;
	make_files();
	(void)pipe2(pair, O_NONBLOCK);
	make_sockets();
	make_pty();
	(void)eventfd(0, EFD_NONBLOCK);
	(void)epoll_create1(0);
	(void)timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	(void)syscall(SYS_signalfd4, -1, &signals, 8, O_NONBLOCK);
	(void)ftruncate(memfd_create("fuzz", MFD_ALLOW_SEALING), 8 * FUZZ_PAGE);
	(void)syscall(NR_obj_watch, "/user/userManager", "changed", O_NONBLOCK);
}
