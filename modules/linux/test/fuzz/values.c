/*
 * Arguments that are numbers, by the letter that a call's pattern has for them. Most are what the call expects; the rest
 * is what a hostile program would try: edges, the kernel's addresses, unaligned and overlong ranges.
 */
#include "fuzz.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define FDS 48u

uint64_t fuzz_below(struct fuzz_thread *self, uint64_t bound)
{
	return random_below(&self->random, bound);
}

bool fuzz_one_in(struct fuzz_thread *self, uint64_t n)
{
	return fuzz_below(self, n) == 0;
}

static uint64_t odd_number(struct fuzz_thread *self)
{
	static const uint64_t odd[] = {
		0,          1,         2,         7,          4095,
		4096,       4097,      65535,     65536,      INT32_MAX,
		UINT32_MAX, 1ul << 31, 1ul << 32, 1ul << 40,  1ul << 47,
		1ul << 62,  INT64_MAX, 1ul << 63, UINT64_MAX, UINT64_MAX - 4095,
		-9ul,
	};

	return fuzz_one_in(self, 4) ? random_next(&self->random) : FUZZ_PICK(self, odd);
}

static uint64_t arena_page(struct fuzz_thread *self)
{
	return FUZZ_ARENA + fuzz_below(self, FUZZ_ARENA_PAGES) * FUZZ_PAGE;
}

static uint64_t odd_address(struct fuzz_thread *self)
{
	static const uint64_t odd[] = {
		0,
		1,
		0x10000,
		0x7ffffffff000,
		0x800000000000,
		0xffff880000001000,
		0xffffffff80100000,
		UINT64_MAX - FUZZ_PAGE + 1,
		UINT64_MAX,
	};

	switch (fuzz_below(self, 4)) {
	case 0: return FUZZ_PICK(self, odd);
	case 1: return arena_page(self) + FUZZ_PAGE - 1 - fuzz_below(self, 64);
	case 2: return (uint64_t)fuzz_fork & ~7ul; /* read-only */
	default: return arena_page(self) + (fuzz_one_in(self, 4) ? fuzz_below(self, 64) : 0);
	}
}

uint64_t fuzz_somewhere(struct fuzz_thread *self, const void *good)
{
	return fuzz_one_in(self, 10) ? odd_address(self) : (uint64_t)good;
}

/* Nothing is mapped right behind it, so that what is much too long ends there. */
bool fuzz_scratch_create(struct fuzz_thread *self)
{
	char *room = mmap(NULL, FUZZ_SCRATCH_ROOM + FUZZ_PAGE, PROT_NONE,
	                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	self->scratch = (void *)room;
	return room != MAP_FAILED && mprotect(room, FUZZ_SCRATCH_ROOM, PROT_READ | PROT_WRITE) == 0;
}

void *fuzz_scratch(struct fuzz_thread *self)
{
	void *at = &self->scratch[self->next_scratch++ % FUZZ_SCRATCH];

	memset(at, 0, FUZZ_SCRATCH_BYTES);
	return at;
}

uint64_t fuzz_fd(struct fuzz_thread *self)
{
	switch (fuzz_below(self, 30)) {
	case 0: return (uint64_t)-1;
	case 1: return (uint64_t)AT_FDCWD;
	case 2: return odd_number(self);
	default: return 3 + fuzz_below(self, FDS);
	}
}

/* One bit or two of the low ones; mostly none. */
uint64_t fuzz_flags(struct fuzz_thread *self)
{
	uint64_t flags = 0;

	for (unsigned i = 0; i < 3 && fuzz_one_in(self, 2); i++)
		flags |= BIT(fuzz_below(self, fuzz_one_in(self, 4) ? 32 : 13));
	return flags;
}

uint64_t fuzz_length(struct fuzz_thread *self)
{
	if (fuzz_one_in(self, 12))
		return odd_number(self);
	return fuzz_below(self, fuzz_one_in(self, 8) ? 20000 : FUZZ_SCRATCH_BYTES);
}

uint64_t fuzz_signal(struct fuzz_thread *self)
{
	static const int harmless[] = {SIGUSR1,  SIGUSR2, SIGCHLD, SIGALRM,
	                               SIGWINCH, SIGURG,  SIGCONT, 40};

	if (fuzz_one_in(self, 3))
		return fuzz_one_in(self, 20) ? odd_number(self) : fuzz_below(self, 66);
	return (uint64_t)FUZZ_PICK(self, harmless);
}

static uint64_t page_bytes(struct fuzz_thread *self)
{
	if (fuzz_one_in(self, 20))
		return odd_number(self);
	return (1 + fuzz_below(self, fuzz_one_in(self, 8) ? 200 : 8)) * FUZZ_PAGE;
}

static uint64_t offset(struct fuzz_thread *self)
{
	if (fuzz_one_in(self, 12))
		return odd_number(self);
	return fuzz_one_in(self, 2) ? fuzz_below(self, 16) * FUZZ_PAGE : fuzz_below(self, 70000);
}

static uint64_t open_flags(struct fuzz_thread *self)
{
	static const int flags[] = {O_CREAT,     O_EXCL,     O_TRUNC,  O_APPEND,
	                            O_DIRECTORY, O_NOFOLLOW, O_PATH,   O_TMPFILE,
	                            O_CLOEXEC,   O_SYNC,     O_NOCTTY, O_DIRECT};
	uint64_t value = fuzz_below(self, 4) | (fuzz_one_in(self, 8) ? 0 : O_NONBLOCK);

	value |= fuzz_one_in(self, 2) ? O_CREAT : 0;
	for (unsigned i = 0; i < 2 && fuzz_one_in(self, 3); i++)
		value |= (uint64_t)FUZZ_PICK(self, flags);
	return fuzz_one_in(self, 40) ? odd_number(self) : value;
}

static uint64_t map_flags(struct fuzz_thread *self)
{
	static const int more[] = {MAP_FIXED_NOREPLACE, MAP_POPULATE, MAP_NORESERVE, MAP_GROWSDOWN,
	                           MAP_LOCKED,          MAP_STACK,    MAP_32BIT,     MAP_HUGETLB};
	uint64_t flags = fuzz_one_in(self, 2) ? MAP_PRIVATE : MAP_SHARED;

	flags |= fuzz_one_in(self, 2) ? MAP_ANONYMOUS : 0;
	flags |= fuzz_one_in(self, 4) ? 0 : MAP_FIXED;
	return flags | (fuzz_one_in(self, 6) ? (uint64_t)FUZZ_PICK(self, more) : 0);
}

static uint64_t protection(struct fuzz_thread *self)
{
	if (fuzz_one_in(self, 30))
		return odd_number(self);
	return fuzz_one_in(self, 2) ? PROT_READ | PROT_WRITE : fuzz_below(self, 8);
}

/* Of this worker's family most of the time; it may not touch anyone else (sandbox.c). */
static uint64_t pid(struct fuzz_thread *self)
{
	switch (fuzz_below(self, 12)) {
	case 0: return odd_number(self);
	case 1: return fuzz_one_in(self, 40) ? (uint64_t)-1 : 1;
	case 2: return fuzz_below(self, 100);
	case 3: return (uint64_t)getppid();
	case 4: return (uint64_t)getpid() + 1 + fuzz_below(self, 8);
	case 5: return 0;
	default: return (uint64_t)getpid();
	}
}

static uint64_t id(struct fuzz_thread *self)
{
	return fuzz_one_in(self, 4) ? odd_number(self) : FUZZ_UID + fuzz_below(self, 3);
}

static uint64_t socket_type(struct fuzz_thread *self)
{
	static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};

	if (fuzz_one_in(self, 20))
		return odd_number(self);
	return (uint64_t)FUZZ_PICK(self, types) | (fuzz_one_in(self, 8) ? 0 : SOCK_NONBLOCK) |
	       (fuzz_one_in(self, 3) ? SOCK_CLOEXEC : 0);
}

static uint64_t mount_flags(struct fuzz_thread *self)
{
	static const unsigned long flags[] = {MS_BIND,    MS_BIND | MS_REC,
	                                      MS_MOVE,    MS_REMOUNT | MS_BIND | MS_RDONLY,
	                                      0,          MS_RDONLY,
	                                      MS_PRIVATE, MS_SHARED};

	return FUZZ_PICK(self, flags) |
	       (fuzz_one_in(self, 8) ? fuzz_flags(self) & ~(uint64_t)MS_REMOUNT : 0);
}

/* FUTEX_WAIT to FUTEX_WAIT_REQUEUE_PI, private or not, by either clock. */
static uint64_t futex_operation(struct fuzz_thread *self)
{
	return fuzz_below(self, 14) | (fuzz_one_in(self, 2) ? 128 : 0) |
	       (fuzz_one_in(self, 6) ? 256 : 0);
}

static uint64_t fcntl_command(struct fuzz_thread *self)
{
	static const int others[] = {F_DUPFD_CLOEXEC, F_SETPIPE_SZ, F_GETPIPE_SZ, F_ADD_SEALS,
	                             F_GET_SEALS,     F_OFD_SETLK,  F_OFD_GETLK,  F_SETOWN_EX,
	                             F_GETOWN_EX,     F_NOTIFY,     F_SETLEASE,   F_GETLEASE,
	                             F_SETLK,         F_SETFL,      F_OFD_SETLKW};

	return fuzz_one_in(self, 2) ? (uint64_t)FUZZ_PICK(self, others) : fuzz_below(self, 17);
}

/* Terminals from 0x5401 on, sockets, pseudo terminals; and anything. */
static uint64_t ioctl_command(struct fuzz_thread *self)
{
	static const uint64_t others[] = {0x5421,     0x541b, 0x5450,     0x5451,
	                                  0x5452,     0x8905, 0x80045430, 0x40045431,
	                                  0x80045438, 0x5441, 0x80045439, 0x40045436};

	if (fuzz_one_in(self, 3))
		return FUZZ_PICK(self, others);
	return fuzz_one_in(self, 20) ? odd_number(self) : 0x5401 + fuzz_below(self, 0x30);
}

static uint64_t prctl_option(struct fuzz_thread *self)
{
	static const uint64_t others[] = {0x53564d41, 0x59616d61, 35, 36, 37, 38, 39, 40, 47};

	return fuzz_one_in(self, 4) ? FUZZ_PICK(self, others) : fuzz_below(self, 60);
}

/* What waits does so with WNOHANG, LOCK_NB or MSG_DONTWAIT, or else not often. */
static uint64_t without_waiting(struct fuzz_thread *self, uint64_t flag)
{
	return (fuzz_one_in(self, 30) ? 0 : flag) | (fuzz_one_in(self, 3) ? fuzz_flags(self) : 0);
}

static uint64_t small_or_struct(struct fuzz_thread *self)
{
	return fuzz_one_in(self, 2) ? fuzz_below(self, 70)
	                            : fuzz_somewhere(self, fuzz_scratch(self));
}

static uint64_t number_value(struct fuzz_thread *self, char letter)
{
	switch (letter) {
	case 'f': return fuzz_fd(self);
	case 'd': return fuzz_one_in(self, 3) ? fuzz_fd(self) : (uint64_t)AT_FDCWD;
	case 'n': return fuzz_length(self);
	case 'o': return offset(self);
	case 'm': return fuzz_one_in(self, 3) ? random_next(&self->random) & 0177777 : 0700;
	case 'O': return open_flags(self);
	case 'x': return odd_number(self);
	case 'z': return fuzz_below(self, 9);
	case 'F': return fuzz_flags(self);
	case 's': return fuzz_signal(self);
	case 'q': return pid(self);
	case 'u': return id(self);
	case 'T': return fuzz_one_in(self, 200) ? odd_number(self) : fuzz_below(self, 3);
	case 'K': return fuzz_one_in(self, 30) ? odd_number(self) : 8;
	case 'Z': return fuzz_one_in(self, 10) ? odd_number(self) : fuzz_below(self, 12);
	case 'N': return fuzz_one_in(self, 10) ? fuzz_below(self, 45) : AF_UNIX;
	case 'Y': return socket_type(self);
	default: return 0;
	}
}

static uint64_t special_value(struct fuzz_thread *self, char letter)
{
	switch (letter) {
	case 'a': return fuzz_one_in(self, 30) ? odd_address(self) : arena_page(self);
	case 'l': return page_bytes(self);
	case 'r': return protection(self);
	case 'M': return map_flags(self);
	case 'U': return mount_flags(self);
	case 'W': return futex_operation(self);
	case 'E': return fuzz_one_in(self, 20) ? odd_number(self) : 1 + fuzz_below(self, 3);
	case 'G': return fcntl_command(self);
	case 'I': return ioctl_command(self);
	case 'Q': return prctl_option(self);
	case 'H': return small_or_struct(self);
	case '1': return without_waiting(self, WNOHANG);
	case '2': return without_waiting(self, MSG_DONTWAIT);
	case '3': return without_waiting(self, LOCK_NB) | fuzz_below(self, 9);
	case '4': return fuzz_one_in(self, 6) ? fuzz_flags(self) : O_NONBLOCK;
	case '5': return fuzz_one_in(self, 3) ? CLONE_FS : CLONE_NEWNS;
	case '6': return fuzz_below(self, 6); /* close_range: of a few, and how */
	default: return 0;
	}
}

/* Which letters are whose; the remaining ones are number_value's, and '-' is 0. */
#define SPECIALS "alrMUWEGIQH123456"
#define STRUCTS "bBvtikweAyhPgDRC"
#define TEXTS "pXjJV"

uint64_t fuzz_value(struct fuzz_thread *self, char letter)
{
	if (strchr(SPECIALS, letter))
		return special_value(self, letter);
	if (strchr(STRUCTS, letter))
		return fuzz_struct(self, letter);
	return strchr(TEXTS, letter) ? fuzz_text(self, letter) : number_value(self, letter);
}
