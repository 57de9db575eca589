/*
 * brk, mmap, munmap, mprotect, mremap, madvise, mincore on anonymous memory.
 */
#include <signal.h>
#include <sys/syscall.h>
#include "check.h"

#define PAGE 4096ul

static char *map(size_t bytes, int protection, int flags)
{
	return mmap(NULL, bytes, protection, flags | MAP_ANONYMOUS, -1, 0);
}

static void test_break(void)
{
	char *start = (char *)syscall(SYS_brk, 0);

	CHECK((char *)syscall(SYS_brk, start + 3 * PAGE + 100) == start + 3 * PAGE + 100);
	start[3 * PAGE + 99] = 'x';
	CHECK((char *)syscall(SYS_brk, start + PAGE) == start + PAGE);
	CHECK((char *)syscall(SYS_brk, start + 3 * PAGE) == start + 3 * PAGE);
	CHECK(start[2 * PAGE] == 0);
	CHECK((char *)syscall(SYS_brk, 1) == start + 3 * PAGE);
	CHECK((char *)syscall(SYS_brk, start) == start);
}

static void test_map(void)
{
	char *area = map(10 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	CHECK(area != MAP_FAILED && area[5 * PAGE] == 0);
	memset(area, 'a', 10 * PAGE);
	/* A hole in the middle, filled again at exactly that place. */
	CHECK(munmap(area + 4 * PAGE, 2 * PAGE) == 0);
	char *again = mmap(area + 4 * PAGE, PAGE, PROT_READ | PROT_WRITE,
	                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	CHECK(again == area + 4 * PAGE && again[0] == 0 && area[3 * PAGE] == 'a' &&
	      area[6 * PAGE] == 'a');
	CHECK(mmap(area, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == area);
	CHECK(area[0] == 0);
	CHECK(mmap(area, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
	           0) == MAP_FAILED &&
	      errno == EEXIST);
	CHECK(munmap(area, 10 * PAGE) == 0);
	CHECK(munmap(area, 10 * PAGE) == 0); /* nothing there is fine */
	CHECK_ERRNO(munmap(area + 1, PAGE), EINVAL);
	CHECK_ERRNO(munmap(area, 0), EINVAL);
	CHECK_ERRNO(map(0, PROT_READ, MAP_PRIVATE), EINVAL);
	CHECK_ERRNO(map(PAGE, PROT_READ, 0), EINVAL);
	CHECK_ERRNO(map(1ul << 50, PROT_READ, MAP_PRIVATE), ENOMEM);
	CHECK_ERRNO(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, -1, 0), EBADF);
	CHECK_ERRNO(mmap((void *)123, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
	                 0),
	            EINVAL);
	/* A large reservation costs nothing. */
	area = map(1ul << 36, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE);
	CHECK(area != MAP_FAILED);
	area[1ul << 35] = 1;
	CHECK(munmap(area, 1ul << 36) == 0);
}

static volatile char *touched;

static void touch_read(void *at)
{
	touched = at;
	(void)*touched;
}

static void touch_write(void *at)
{
	*(volatile char *)at = 1;
}

static void call_it(void *at)
{
	((void (*)(void))at)();
}

static void test_protect(void)
{
	char *area = map(4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	memset(area, 0xc3 /* ret */, 4 * PAGE);
	CHECK(in_child(call_it, area) == SIGSEGV);
	CHECK(mprotect(area, PAGE, PROT_READ) == 0);
	CHECK(in_child(touch_read, area) == 0);
	CHECK(in_child(touch_write, area) == SIGSEGV);
	CHECK(in_child(touch_write, area + PAGE) == 0);
	CHECK(mprotect(area, 2 * PAGE, PROT_NONE) == 0);
	CHECK(in_child(touch_read, area + PAGE) == SIGSEGV);
	CHECK(mprotect(area, 2 * PAGE, PROT_READ | PROT_WRITE) == 0);
	CHECK((unsigned char)area[0] == 0xc3);
	CHECK(mprotect(area + 3 * PAGE, PAGE, PROT_READ | PROT_EXEC) == 0);
	CHECK(in_child(call_it, area + 3 * PAGE) == 0);
	CHECK_ERRNO(syscall(SYS_mprotect, area + 1, PAGE, PROT_READ), EINVAL);
	munmap(area + PAGE, PAGE);
	CHECK_ERRNO(mprotect(area, 4 * PAGE, PROT_READ), ENOMEM);
	munmap(area, 4 * PAGE);
}

static void test_remap(void)
{
	char *area = map(4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	for (int i = 0; i < 4; i++)
		area[i * PAGE] = (char)('a' + i);
	/* Shrink, then grow with something in the way. */
	CHECK(mremap(area, 4 * PAGE, 2 * PAGE, 0) == area);
	CHECK(in_child(touch_read, area + 2 * PAGE) == SIGSEGV);
	char *wall = mmap(area + 2 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
	                  -1, 0);

	CHECK(wall == area + 2 * PAGE);
	CHECK(mremap(area, 2 * PAGE, 8 * PAGE, 0) == MAP_FAILED && errno == ENOMEM);
	char *moved = mremap(area, 2 * PAGE, 8 * PAGE, MREMAP_MAYMOVE);

	CHECK(moved != MAP_FAILED && moved != area && moved[0] == 'a' && moved[PAGE] == 'b' &&
	      moved[7 * PAGE] == 0);
	CHECK(in_child(touch_read, area) == SIGSEGV);
	/* To a fixed place. */
	char *target = map(2 * PAGE, PROT_READ, MAP_PRIVATE);

	CHECK(mremap(moved, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target) == target);
	CHECK(target[PAGE] == 'b');
	CHECK_ERRNO(mremap(target + 1, PAGE, PAGE, 0), EINVAL);
	CHECK_ERRNO(mremap(target, PAGE, 0, 0), EINVAL);
	CHECK_ERRNO(mremap((void *)PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE), EFAULT);
	munmap(target, 2 * PAGE);
	munmap(moved + 2 * PAGE, 6 * PAGE);
	munmap(wall, PAGE);
}

static void test_advice(void)
{
	char *area = map(4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	unsigned char present[4];

	memset(area, 'z', 4 * PAGE);
	CHECK(mincore(area, 4 * PAGE, present) == 0 && (present[0] & 1));
	CHECK(madvise(area + PAGE, PAGE, MADV_DONTNEED) == 0);
	CHECK(area[PAGE] == 0 && area[0] == 'z' && area[2 * PAGE] == 'z');
	CHECK(madvise(area, 4 * PAGE, MADV_WILLNEED) == 0);
	CHECK_ERRNO(madvise(area, PAGE, 9999), EINVAL);
	CHECK_ERRNO(madvise(area + 1, PAGE, MADV_DONTNEED), EINVAL);
	CHECK(msync(area, 4 * PAGE, MS_SYNC) == 0);
	munmap(area, 4 * PAGE);
	CHECK_ERRNO(madvise(area, 4 * PAGE, MADV_DONTNEED), ENOMEM);
	CHECK_ERRNO(mincore(area, 4 * PAGE, present), ENOMEM);
	CHECK_ERRNO(msync(area, 4 * PAGE, MS_SYNC), ENOMEM);
}

/* Private memory written on both sides of a fork, over and over. */
static void test_copy_on_write(void)
{
	char *area = map(64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	int is_good = 1, status;

	memset(area, 1, 64 * PAGE);
	for (int round = 0; round < 10; round++) {
		pid_t pid = fork();

		if (pid == 0) {
			for (int i = 0; i < 64; i++)
				is_good = is_good && area[(unsigned)i * PAGE] == (char)(round + 1);
			memset(area, 99, 64 * PAGE);
			_exit(is_good ? 0 : 1);
		}
		memset(area, round + 2, 64 * PAGE / 2);
		is_good = waitpid(pid, &status, 0) == pid;
		is_good = is_good && area[0] == round + 2 && area[63 * PAGE] == round + 1;
		CHECK(is_good);
		memset(area, round + 2, 64 * PAGE);
	}
	munmap(area, 64 * PAGE);
}

void test_memory(void)
{
	test_break();
	test_map();
	test_protect();
	test_remap();
	test_advice();
	test_copy_on_write();
}
