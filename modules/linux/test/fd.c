/*
 * Descriptors: dup and its kin, close-on-exec, fcntl, limits, close_range; eventfd.
 */
#include "file_suites.h"
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static void duplicates(void)
{
	int fd = open("a", O_RDWR | O_CREAT, 0600);
	int other = dup(fd);
	CHECK(other > fd && write(fd, "ab", 2) == 2 && lseek(other, 0, SEEK_CUR) == 2);
	CHECK(dup2(fd, 50) == 50 && dup2(fd, fd) == fd && close(50) == 0);
	CHECK_ERRNO(dup2(fd, -1), EBADF);
	CHECK_ERRNO(dup2(99, 3), EBADF);
	CHECK_ERRNO(dup3(fd, fd, 0), EINVAL);
	CHECK(dup3(fd, 51, O_CLOEXEC) == 51 && fcntl(51, F_GETFD) == FD_CLOEXEC);
	CHECK(fcntl(51, F_SETFD, 0) == 0 && fcntl(51, F_GETFD) == 0);
	CHECK(fcntl(fd, F_DUPFD, 60) == 60 && fcntl(fd, F_DUPFD, 60) == 61);
	CHECK(fcntl(fd, F_DUPFD_CLOEXEC, 60) == 62 && fcntl(62, F_GETFD) == FD_CLOEXEC);
	CHECK(close(60) == 0 && fcntl(fd, F_DUPFD, 60) == 60);
	CHECK((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR);
	CHECK(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK) == 0);
	CHECK((fcntl(other, F_GETFL) & (O_APPEND | O_NONBLOCK)) == (O_APPEND | O_NONBLOCK));
	CHECK_ERRNO(fcntl(99, F_GETFD), EBADF);
	CHECK_ERRNO(close(99), EBADF);
	CHECK(syscall(SYS_close_range, 50, 70, 0) == 0 && fcntl(61, F_GETFD) == -1);
	close(fd);
	CHECK(open("a", O_RDONLY) == fd); /* the lowest free one */
	close(fd);
	close(other);
}

static void limits(void)
{
	struct rlimit limit, low;
	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	low = limit;
	low.rlim_cur = 10;
	CHECK(setrlimit(RLIMIT_NOFILE, &low) == 0);
	int fd, last = -1;
	while ((fd = dup(0)) >= 0)
		last = fd;
	CHECK(errno == EMFILE && last == 9);
	CHECK_ERRNO(fcntl(0, F_DUPFD, 10), EINVAL);
	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	for (fd = 3; fd <= last; fd++)
		close(fd);
}

static void path_only(void)
{
	char buffer[4];
	put_file("p", "text");
	int fd = open("p", O_PATH);
	CHECK_ERRNO(read(fd, buffer, 4), EBADF);
	CHECK(fcntl(fd, F_GETFD) == 0);
	snprintf(buffer, sizeof(buffer), "%d", fd);
	close(fd);
}

static void event_counter(void)
{
	uint64_t value = 3;
	int fd = eventfd(2, EFD_NONBLOCK);
	CHECK(write(fd, &value, 8) == 8 && read(fd, &value, 8) == 8 && value == 5);
	CHECK_ERRNO(read(fd, &value, 8), EAGAIN);
	CHECK_ERRNO(read(fd, &value, 4), EINVAL);
	close(fd);
	fd = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
	CHECK(read(fd, &value, 8) == 8 && value == 1 && read(fd, &value, 8) == 8);
	CHECK_ERRNO(read(fd, &value, 8), EAGAIN);
	close(fd);
}

static void devices(void)
{
	char buffer[16];
	memset(buffer, 1, sizeof(buffer));
	int fd = open("/dev/null", O_RDWR);
	CHECK(write(fd, buffer, 16) == 16 && read(fd, buffer, 16) == 0);
	close(fd);
	fd = open("/dev/zero", O_RDWR);
	CHECK(read(fd, buffer, 16) == 16 && buffer[0] == 0 && buffer[15] == 0);
	char *zeroes = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(zeroes != MAP_FAILED && zeroes[5] == 0);
	munmap(zeroes, 4096);
	close(fd);
	fd = open("/dev/full", O_RDWR);
	CHECK_ERRNO(write(fd, buffer, 1), ENOSPC);
	close(fd);
	fd = open("/dev/urandom", O_RDONLY);
	CHECK(read(fd, buffer, 16) == 16);
	int different = 0;
	for (int i = 1; i < 16; i++)
		different += buffer[i] != buffer[0];
	CHECK(different > 4);
	close(fd);
	int ready = -1;
	put_file("r", "12345");
	fd = open("r", O_RDONLY);
	CHECK(ioctl(fd, FIONREAD, &ready) == 0 && ready == 5);
	CHECK_ERRNO(ioctl(fd, TIOCGWINSZ, buffer), ENOTTY);
	close(fd);
}

void test_fd(void)
{
	duplicates();
	limits();
	path_only();
	event_counter();
	devices();
}
