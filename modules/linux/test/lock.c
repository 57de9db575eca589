/*
 * Advisory locks: flock and record locks between processes.
 */
#include "file_suites.h"
#include <fcntl.h>
#include <sys/file.h>

static struct flock region(short type, off_t start, off_t len)
{
	return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len};
}

static void child_flock(void *argument)
{
	int fd = open("f", O_RDWR);
	(void)argument;
	CHECK_ERRNO(flock(fd, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	CHECK_ERRNO(flock(fd, LOCK_SH | LOCK_NB), EWOULDBLOCK);
}

static void whole_files(void)
{
	put_file("f", "x");
	int fd = open("f", O_RDWR);
	CHECK(flock(fd, LOCK_EX) == 0);
	CHECK(in_child(child_flock, NULL) == 0);
	int own = open("f", O_RDWR);
	CHECK_ERRNO(flock(own, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	CHECK(flock(fd, LOCK_SH) == 0 && flock(own, LOCK_SH | LOCK_NB) == 0);
	CHECK(flock(fd, LOCK_UN) == 0 && flock(own, LOCK_EX | LOCK_NB) == 0);
	close(own);
	CHECK(flock(fd, LOCK_EX | LOCK_NB) == 0);
	close(fd);
}

static void child_records(void *argument)
{
	int fd = open("f", O_RDWR);
	struct flock lock = region(F_WRLCK, 5, 10);
	(void)argument;
	CHECK_ERRNO(fcntl(fd, F_SETLK, &lock), EAGAIN);
	CHECK(fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type == F_WRLCK && lock.l_start == 0 &&
	      lock.l_len == 10 && lock.l_pid == getppid());
	lock = region(F_WRLCK, 10, 10);
	CHECK(fcntl(fd, F_SETLK, &lock) == 0);
	lock = region(F_RDLCK, 100, 1);
	CHECK(fcntl(fd, F_SETLK, &lock) == 0);
	lock = region(F_WRLCK, 100, 1);
	CHECK_ERRNO(fcntl(fd, F_SETLK, &lock), EAGAIN);
	lock = region(F_WRLCK, 3, 2);
	CHECK(fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type == F_WRLCK);
}

static void records(void)
{
	int fd = open("f", O_RDWR);
	struct flock lock = region(F_WRLCK, 0, 10);
	CHECK(fcntl(fd, F_SETLK, &lock) == 0);
	lock = region(F_RDLCK, 100, 1);
	CHECK(fcntl(fd, F_SETLK, &lock) == 0);
	CHECK(in_child(child_records, NULL) == 0);
	lock = region(F_UNLCK, 4, 2); /* leaves 0-3 and 6-9 */
	CHECK(fcntl(fd, F_SETLK, &lock) == 0);
	lock = region(99, 0, 1);
	CHECK_ERRNO(fcntl(fd, F_SETLK, &lock), EINVAL);
	lock = region(F_WRLCK, -5, INT64_MIN);
	CHECK_ERRNO(fcntl(fd, F_SETLK, &lock), EINVAL);
	lock = region(F_WRLCK, 5, -6);
	CHECK_ERRNO(fcntl(fd, F_SETLK, &lock), EINVAL);
	int second = open("f", O_RDONLY);
	close(second); /* which gives up all record locks of the process */
	close(fd);
}

static void child_waits(void *argument)
{
	int fd = open("f", O_RDWR);
	struct flock lock = region(F_WRLCK, 0, 0);
	volatile int *word = argument;
	*word = 1;
	CHECK(fcntl(fd, F_SETLKW, &lock) == 0);
	CHECK(*word == 2);
}

static void waiting(void)
{
	int *word = shared_memory(4096);
	int status = -1, fd = open("f", O_RDWR);
	struct flock lock = region(F_WRLCK, 3, 1);
	CHECK(fcntl(fd, F_SETLK, &lock) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		child_waits(word);
		_exit(0);
	}
	CHECK(wait_for(word, 1));
	sleep_ms(50);
	*word = 2;
	lock.l_type = F_UNLCK;
	CHECK(fcntl(fd, F_SETLK, &lock) == 0);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	close(fd);
}

/*
 * The program changes, the locks stay, unless a descriptor of the file is closed by that: the shell waits for a line
 * that never comes.
 */
static void over_exec(int flags, short left)
{
	int hold[2], started[2], status = -1, fd = open("f", O_RDWR | flags);
	struct flock lock = region(F_WRLCK, 5, 1);
	char byte;

	CHECK(pipe(hold) == 0 && pipe2(started, O_CLOEXEC) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		CHECK(fcntl(fd, F_SETLK, &lock) == 0 && dup2(hold[0], 0) == 0);
		close(hold[1]);
		execl("/bin/sh", "sh", "-c", "read line", NULL);
		_exit(99);
	}
	close(started[1]);
	CHECK(read(started[0], &byte, 1) == 0); /* closed by exec */
	CHECK(fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type == left);
	CHECK(left == F_UNLCK || lock.l_pid == pid);
	close(hold[0]), close(hold[1]), close(started[0]);
	CHECK(waitpid(pid, &status, 0) == pid && status != 99 << 8);
	close(fd);
}

void test_lock(void)
{
	whole_files();
	records();
	waiting();
	over_exec(0, F_WRLCK);
	over_exec(O_CLOEXEC, F_UNLCK);
}
