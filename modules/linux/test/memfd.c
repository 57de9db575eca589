/*
 * memfd_create: a file like any other, but without a name.
 */
#include "file_suites.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static void errors(void)
{
	char name[300];
	memset(name, 'n', sizeof(name));
	name[250] = 0;
	CHECK_ERRNO(memfd_create(name, 0), EINVAL);
	name[249] = 0;
	int fd = memfd_create(name, 0);
	CHECK(fd >= 0 && fcntl(fd, F_GETFD) == 0);
	close(fd);
	CHECK_ERRNO(memfd_create("x", 0x40), EINVAL);
	CHECK_ERRNO(syscall(SYS_memfd_create, 8, 0), EFAULT);
}

static void content(void)
{
	int fd = memfd_create("content", MFD_CLOEXEC);
	char text[100] = "", link[100] = "";
	struct stat st;
	CHECK(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC &&
	      (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR);
	CHECK(fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0777) == 0777 &&
	      st.st_size == 0 && st.st_nlink == 0 && st.st_uid == getuid());
	CHECK(write(fd, "hello", 5) == 5 && lseek(fd, 0, SEEK_SET) == 0 &&
	      read(fd, text, sizeof(text)) == 5 && strcmp(text, "hello") == 0);
	CHECK(ftruncate(fd, 10000) == 0 && pread(fd, text, 10, 5) == 10 && text[0] == 0);
	snprintf(text, sizeof(text), "/proc/self/fd/%d", fd);
	CHECK(readlink(text, link, sizeof(link) - 1) > 0 &&
	      strcmp(link, "/memfd:content (deleted)") == 0);
	/* Opened anew it is the same file at another position. */
	int again = open(text, O_RDONLY);
	CHECK(again >= 0 && read(again, link, 5) == 5 && memcmp(link, "hello", 5) == 0);
	CHECK_ERRNO(write(again, "x", 1), EBADF);
	close(again);
	CHECK(fcntl(fd, F_GET_SEALS) == F_SEAL_SEAL);
	CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
	close(fd);
	fd = open("/", O_RDONLY);
	CHECK_ERRNO(fcntl(fd, F_GET_SEALS), EINVAL);
	close(fd);
}

static void change_mapping(void *at)
{
	strcpy(at, "changed");
}

static void mapping(void)
{
	int fd = memfd_create("mapping", 0);
	char text[8] = "";
	CHECK(ftruncate(fd, 8192) == 0);
	char *at = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	char *private = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(at != MAP_FAILED && private != MAP_FAILED);
	strcpy(private, "mine");
	close(fd);
	CHECK(in_child(change_mapping, at) == 0);
	CHECK(strcmp(at, "changed") == 0 && strcmp(private, "mine") == 0);
	CHECK(munmap(at, 8192) == 0 && munmap(private, 8192) == 0);
	fd = memfd_create("mapping", 0);
	CHECK(read(fd, text, sizeof(text)) == 0); /* another one, though it has the same name */
	close(fd);
}

/* A program run from memory. */
static void execution(void)
{
	static char buffer[65536];
	int program = open("/proc/self/exe", O_RDONLY), fd = memfd_create("program", 0),
	    status = -1;
	ssize_t got;
	while ((got = read(program, buffer, sizeof(buffer))) > 0)
		CHECK(write(fd, buffer, (size_t)got) == got);
	close(program);
	/* Not while somebody can write to it. */
	snprintf(buffer, sizeof(buffer), "/proc/self/fd/%d", fd);
	int read_only = open(buffer, O_RDONLY | O_CLOEXEC);
	close(fd);
	pid_t pid = fork();
	if (pid == 0) {
		char *argv[] = {"filetest", "no-such-suite", NULL};
		fexecve(read_only, argv, environ);
		_exit(99);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	close(read_only);
}

void test_memfd(void)
{
	errors();
	content();
	mapping();
	execution();
}
