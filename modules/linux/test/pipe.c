/*
 * Pipes and FIFOs: blocking, end of file, SIGPIPE, atomic writes, capacity.
 */
#include "file_suites.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static void basics(void)
{
	char buffer[16];
	int ends[2], ready = -1;
	CHECK(pipe(ends) == 0);
	CHECK(write(ends[1], "hello", 5) == 5);
	CHECK(ioctl(ends[0], FIONREAD, &ready) == 0 && ready == 5);
	CHECK(read(ends[0], buffer, 2) == 2 && read(ends[0], buffer, 16) == 3);
	CHECK_ERRNO(lseek(ends[0], 0, SEEK_SET), ESPIPE);
	CHECK_ERRNO(pread(ends[0], buffer, 1, 0), ESPIPE);
	CHECK_ERRNO(write(ends[0], "x", 1), EBADF);
	CHECK_ERRNO(read(ends[1], buffer, 1), EBADF);
	CHECK(write(ends[1], "end", 3) == 3 && close(ends[1]) == 0);
	CHECK(read(ends[0], buffer, 16) == 3 && read(ends[0], buffer, 16) == 0);
	close(ends[0]);
	CHECK(pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0);
	CHECK(fcntl(ends[0], F_GETFD) == FD_CLOEXEC && fcntl(ends[1], F_GETFL) & O_NONBLOCK);
	CHECK_ERRNO(read(ends[0], buffer, 1), EAGAIN);
	CHECK_ERRNO(pipe2(ends, 1), EINVAL);
	CHECK_ERRNO(syscall(SYS_pipe2, 1, 0), EFAULT);
	close(ends[0]);
	close(ends[1]);
}

static void capacity(void)
{
	static char page[4096];
	int ends[2], count = 0;
	CHECK(pipe2(ends, O_NONBLOCK) == 0);
	while (write(ends[1], page, sizeof(page)) == sizeof(page))
		count++;
	CHECK(errno == EAGAIN && count == 16);
	CHECK(fcntl(ends[1], F_GETPIPE_SZ) == 65536);
	CHECK(read(ends[0], page, 100) == 100);
	CHECK_ERRNO(write(ends[1], page, 4096), EAGAIN); /* whole or not at all */
	CHECK(read(ends[0], page, 3996) == 3996);
	CHECK(write(ends[1], page, 4096) == 4096);
	CHECK(fcntl(ends[1], F_SETPIPE_SZ, 131072) == 131072);
	CHECK(write(ends[1], page, 4096) == 4096);
	close(ends[0]);
	close(ends[1]);
}

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
	caught = number;
}

static void broken(void)
{
	int ends[2];
	CHECK(pipe(ends) == 0 && close(ends[0]) == 0);
	signal(SIGPIPE, on_signal);
	CHECK_ERRNO(write(ends[1], "x", 1), EPIPE);
	CHECK(caught == SIGPIPE);
	signal(SIGPIPE, SIG_IGN);
	CHECK_ERRNO(write(ends[1], "x", 1), EPIPE);
	signal(SIGPIPE, SIG_DFL);
	close(ends[1]);
}

#define BULK 1000000

static void write_bulk(void *argument)
{
	static unsigned char bytes[BULK];
	int *ends = argument;
	close(ends[0]);
	for (int i = 0; i < BULK; i++)
		bytes[i] = (unsigned char)(i * 31 + i / 256);
	CHECK(write(ends[1], bytes, BULK) == BULK);
}

static void bulk(void)
{
	static unsigned char bytes[10000];
	int ends[2], status = -1, wrong = 0, total = 0;
	ssize_t got;
	CHECK(pipe(ends) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		write_bulk(ends);
		_exit(0);
	}
	close(ends[1]);
	while ((got = read(ends[0], bytes, sizeof(bytes))) > 0) {
		for (ssize_t i = 0; i < got; i++, total++)
			wrong += bytes[i] != (unsigned char)(total * 31 + total / 256);
	}
	CHECK(total == BULK && wrong == 0);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	close(ends[0]);
}

static void write_fifo(void *argument)
{
	(void)argument;
	int fd = open("fifo", O_WRONLY);
	CHECK(fd >= 0 && write(fd, "through", 7) == 7);
}

/* An end that is opened again by its number is there at once, and ends when the last writer goes. */
static void reopened(void)
{
	char name[40], bytes[8];
	int ends[2];

	CHECK(pipe(ends) == 0 && write(ends[1], "x", 1) == 1 && close(ends[1]) == 0);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", ends[0]);
	int fd = open(name, O_RDONLY);
	CHECK(fd >= 0 && read(fd, bytes, sizeof(bytes)) == 1 && bytes[0] == 'x');
	CHECK(read(fd, bytes, sizeof(bytes)) == 0);
	close(fd);
	close(ends[0]);
}

static void fifos(void)
{
	char buffer[16];
	int status = -1;
	CHECK(mkfifo("fifo", 0600) == 0);
	CHECK_ERRNO(open("fifo", O_WRONLY | O_NONBLOCK), ENXIO);
	int fd = open("fifo", O_RDONLY | O_NONBLOCK);
	CHECK(fd >= 0 && read(fd, buffer, 16) == 0);
	close(fd);
	pid_t pid = fork();
	if (pid == 0) {
		write_fifo(NULL);
		_exit(0);
	}
	fd = open("fifo", O_RDONLY);
	CHECK(fd >= 0 && read(fd, buffer, 16) == 7 && memcmp(buffer, "through", 7) == 0);
	CHECK(read(fd, buffer, 16) == 0);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	close(fd);
	fd = open("fifo", O_RDWR);
	CHECK(fd >= 0 && write(fd, "self", 4) == 4 && read(fd, buffer, 16) == 4);
	close(fd);
}

static void interrupted(void)
{
	char byte;
	int ends[2];
	struct sigaction action = {.sa_handler = on_signal};
	CHECK(pipe(ends) == 0 && sigaction(SIGALRM, &action, NULL) == 0);
	caught = 0;
	alarm(1);
	CHECK_ERRNO(read(ends[0], &byte, 1), EINTR);
	CHECK(caught == SIGALRM);
	close(ends[0]);
	close(ends[1]);
}

#define WRITERS 3
#define RECORDS 60
#define RECORD 3000 /* so that records lie across the end of the ring */

/* Writers get in each other's way, and readers too; no record is torn, none is lost. */
static void many_ends(void)
{
	static char record[RECORD];
	int *seen = shared_memory(WRITERS * sizeof(int));
	int *torn = shared_memory(sizeof(int));
	int ends[2], status;
	CHECK(pipe(ends) == 0);
	for (int w = 0; w < WRITERS; w++) {
		if (fork() == 0) {
			memset(record, 'a' + w, sizeof(record));
			for (int i = 0; i < RECORDS; i++) {
				if (write(ends[1], record, sizeof(record)) != RECORD)
					_exit(1);
			}
			_exit(0);
		}
	}
	close(ends[1]);
	if (fork() == 0) { /* a second reader takes some */
		for (int i = 0; i < 10; i++)
			read(ends[0], record,
			     1); /* one byte: the rest of that record is still whole */
		_exit(0);
	}
	long total = 0, len;
	while ((len = read(ends[0], record, sizeof(record))) > 0) {
		for (long i = 0; i < len; i++) {
			if (record[i] < 'a' || record[i] >= 'a' + WRITERS)
				(*torn)++;
			else
				seen[record[i] - 'a']++;
		}
		total += len;
	}
	for (int i = 0; i <= WRITERS; i++)
		CHECK(wait(&status) > 0 && status == 0);
	CHECK(*torn == 0 && total >= WRITERS * RECORDS * RECORD - 10);
	for (int w = 0; w < WRITERS; w++)
		CHECK(seen[w] <= RECORDS * RECORD && seen[w] >= RECORDS * RECORD - 10);
	close(ends[0]);
}

/* One reader: each record comes in one piece. */
static void whole_records(void)
{
	static char record[RECORD];
	int ends[2], torn = 0, count = 0, status;
	CHECK(pipe(ends) == 0);
	for (int w = 0; w < WRITERS; w++) {
		if (fork() == 0) {
			memset(record, 'a' + w, sizeof(record));
			for (int i = 0; i < RECORDS; i++)
				write(ends[1], record, sizeof(record));
			_exit(0);
		}
	}
	close(ends[1]);
	for (;;) {
		long have = 0, len = 0;
		while (have < RECORD &&
		       (len = read(ends[0], record + have, (size_t)(RECORD - have))) > 0)
			have += len;
		if (have == 0)
			break;
		count++;
		for (long i = 1; i < have; i++)
			torn += record[i] != record[0];
	}
	CHECK(count == WRITERS * RECORDS && torn == 0);
	for (int i = 0; i < WRITERS; i++)
		CHECK(wait(&status) > 0 && status == 0);
	close(ends[0]);
}

/* What cannot be read goes in not at all when it is short, and up to the bad page when it is long. */
static void bad_memory(void)
{
	static char buffer[3 * 65536];
	int ends[2];
	char *two = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(two != MAP_FAILED && munmap(two + 8192, 8192) == 0);
	CHECK(pipe2(ends, O_NONBLOCK) == 0);
	CHECK_ERRNO(write(ends[1], two + 8192 - 100, 200), EFAULT);
	CHECK_ERRNO(read(ends[0], buffer, sizeof(buffer)), EAGAIN);
	CHECK(write(ends[1], two, 16384) == 8192);
	CHECK_ERRNO(read(ends[0], two + 8192, 10), EFAULT);
	CHECK(read(ends[0], buffer, sizeof(buffer)) == 8192);
	close(ends[0]);
	close(ends[1]);
	munmap(two, 8192);
}

void test_pipe(void)
{
	basics();
	capacity();
	broken();
	bulk();
	many_ends();
	whole_records();
	bad_memory();
	fifos();
	reopened();
	interrupted();
}
