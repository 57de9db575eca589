/*
 * Regular files: reading, writing, positions, holes, appending, truncation, mapping, vectors.
 */
#include "file_suites.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>

void put_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	CHECK(fd >= 0);
	CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

const char *get_file(const char *name)
{
	static char text[8192];
	int fd = open(name, O_RDONLY);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	text[len < 0 ? 0 : len] = 0;
	close(fd);
	return text;
}

static void read_and_write(void)
{
	char buffer[64] = "";
	int fd = open("a", O_RDWR | O_CREAT | O_EXCL, 0644);
	CHECK(fd >= 0);
	CHECK_ERRNO(open("a", O_RDWR | O_CREAT | O_EXCL, 0644), EEXIST);
	CHECK(write(fd, "hello world", 11) == 11);
	CHECK(read(fd, buffer, 10) == 0);
	CHECK(lseek(fd, 0, SEEK_SET) == 0 && read(fd, buffer, 5) == 5 &&
	      memcmp(buffer, "hello", 5) == 0);
	CHECK(lseek(fd, 0, SEEK_CUR) == 5);
	CHECK(lseek(fd, -1, SEEK_END) == 10 && read(fd, buffer, 9) == 1 && buffer[0] == 'd');
	CHECK_ERRNO(lseek(fd, -1, SEEK_SET), EINVAL);
	CHECK_ERRNO(lseek(fd, 0, 99), EINVAL);
	CHECK(pwrite(fd, "HE", 2, 0) == 2 && pread(fd, buffer, 5, 0) == 5 &&
	      memcmp(buffer, "HEllo", 5) == 0);
	CHECK_ERRNO(pread(fd, buffer, 1, -1), EINVAL);
	CHECK(pread(fd, buffer, 5, 1000) == 0);
	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	CHECK_ERRNO(read(fd, (void *)1, 4), EFAULT);
	CHECK_ERRNO(write(fd, (void *)1, 4), EFAULT);
	CHECK(write(fd, "x", 0) == 0);
	close(fd);
	CHECK_ERRNO(read(fd, buffer, 1), EBADF);
	fd = open("a", O_RDONLY);
	CHECK_ERRNO(write(fd, "x", 1), EBADF);
	close(fd);
	fd = open("a", O_WRONLY);
	CHECK_ERRNO(read(fd, buffer, 1), EBADF);
	close(fd);
}

static void append_and_truncate(void)
{
	struct stat st;
	put_file("b", "one");
	int fd = open("b", O_RDWR | O_APPEND);
	CHECK(write(fd, "two", 3) == 3 && lseek(fd, 0, SEEK_CUR) == 6);
	CHECK(lseek(fd, 0, SEEK_SET) == 0 && write(fd, "3", 1) == 1 && lseek(fd, 0, SEEK_CUR) == 7);
	CHECK(strcmp(get_file("b"), "onetwo3") == 0);
	CHECK(ftruncate(fd, 3) == 0 && strcmp(get_file("b"), "one") == 0);
	CHECK(ftruncate(fd, 6) == 0 && fstat(fd, &st) == 0 && st.st_size == 6);
	char buffer[6] = "xxxxx";
	CHECK(pread(fd, buffer, 6, 0) == 6 && memcmp(buffer, "one\0\0\0", 6) == 0);
	CHECK_ERRNO(ftruncate(fd, -1), EINVAL);
	close(fd);
	CHECK(truncate("b", 1) == 0 && strcmp(get_file("b"), "o") == 0);
	CHECK_ERRNO(truncate(".", 1), EISDIR);
	fd = open("b", O_WRONLY | O_TRUNC);
	CHECK(fstat(fd, &st) == 0 && st.st_size == 0);
	CHECK(write(fd, "abcdef", 6) == 6 && ftruncate(fd, 2) == 0 && pwrite(fd, "z", 1, 5) == 1);
	close(fd);
	fd = open("b", O_RDONLY);
	CHECK_ERRNO(ftruncate(fd, 1), EINVAL);
	CHECK(read(fd, buffer, 6) == 6 && memcmp(buffer, "ab\0\0\0z", 6) == 0);
	close(fd);
}

static void holes_and_sizes(void)
{
	static char big[300000];
	struct stat st;
	int fd = open("sparse", O_RDWR | O_CREAT, 0600);
	CHECK(pwrite(fd, "end", 3, 5000000) == 3);
	CHECK(fstat(fd, &st) == 0 && st.st_size == 5000003);
	CHECK(pread(fd, big, 10, 4000000) == 10 && big[0] == 0 && big[9] == 0);
	CHECK(pread(fd, big, 10, 4999998) == 5 && memcmp(big, "\0\0end", 5) == 0);
	close(fd);
	for (unsigned i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 7 + i / 4096);
	fd = open("big", O_RDWR | O_CREAT, 0600);
	for (int i = 0; i < 10; i++)
		CHECK(write(fd, big, sizeof(big)) == (ssize_t)sizeof(big));
	static char back[300000];
	CHECK(pread(fd, back, sizeof(back), 7 * sizeof(big)) == (ssize_t)sizeof(back));
	CHECK(memcmp(back, big, sizeof(big)) == 0);
	CHECK(lseek(fd, 0, SEEK_END) == (off_t)(10 * sizeof(big)));
	close(fd);
}

static void mappings(void)
{
	put_file("m", "mapped file");
	int fd = open("m", O_RDWR);
	char *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	char *private = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(shared != MAP_FAILED && private != MAP_FAILED);
	CHECK(memcmp(shared, "mapped", 6) == 0 && shared[100] == 0);
	memcpy(shared, "MAPPED", 6);
	CHECK(strcmp(get_file("m"), "MAPPED file") == 0);
	CHECK(memcmp(private, "MAPPED", 6) == 0);
	private[0] = 'x';
	CHECK(strcmp(get_file("m"), "MAPPED file") == 0);
	CHECK(pwrite(fd, "again!", 6, 0) == 6 && memcmp(shared, "again!", 6) == 0);
	CHECK(ftruncate(fd, 8192) == 0);
	CHECK(munmap(private, 4096) == 0 && munmap(shared, 4096) == 0);
	shared = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	shared[8191] = 'e';
	char last;
	CHECK(pread(fd, &last, 1, 8191) == 1 && last == 'e');
	close(fd);
	shared[4096] = 'f';
	CHECK(msync(shared, 8192, MS_SYNC) == 0);
	munmap(shared, 8192);
	fd = open("m", O_RDONLY);
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED &&
	      errno == EACCES);
	close(fd);
}

/* What a mapping may become is decided by how its file was opened. */
static void mapping_rights(void)
{
	int fd = open("m", O_RDWR);
	char *at = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(at != MAP_FAILED && mprotect(at, 4096, PROT_READ | PROT_WRITE) == 0);
	at[0] = 'W';
	CHECK(get_file("m")[0] == 'W' && munmap(at, 4096) == 0);
	close(fd);
	fd = open("m", O_RDONLY);
	at = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	CHECK_ERRNO(mprotect(at, 4096, PROT_READ | PROT_WRITE), EACCES);
	char *moved = mremap(at, 4096, 8192, MREMAP_MAYMOVE);
	CHECK(moved != MAP_FAILED && *moved == 'W');
	CHECK_ERRNO(mprotect(moved, 4096, PROT_WRITE), EACCES);
	CHECK(munmap(moved, 8192) == 0);
}

#define APPENDED 3000

/* fallocate never makes a file smaller, whoever writes meanwhile. */
static void growing_beside_appends(void)
{
	char bytes[4096];
	int status, found = 0, failed = 0, fd = open("grown", O_RDWR | O_CREAT | O_APPEND, 0600);
	struct stat st;
	pid_t pid = fork();
	if (pid == 0) {
		for (int i = 0; i < APPENDED; i++)
			failed += write(fd, "a", 1) != 1 || (i % 30 == 29 && usleep(200) != 0);
		_exit(failed > 0);
	}
	while (waitpid(pid, &status, WNOHANG) == 0)
		failed += fstat(fd, &st) != 0 || fallocate(fd, 0, 0, st.st_size + 1) != 0;
	CHECK(status == 0 && failed == 0 && lseek(fd, 0, SEEK_SET) == 0);
	for (ssize_t got; (got = read(fd, bytes, sizeof(bytes))) > 0;) {
		for (ssize_t i = 0; i < got; i++)
			found += bytes[i] == 'a';
	}
	CHECK(found == APPENDED);
	close(fd);
}

#define CUTS 300

/* Who uses a file that another process cuts and fills again finds bytes or the end, and room for his own. */
static void cut_meanwhile(void)
{
	static char bytes[3 * 4096];
	int status = -1, failed = 0, fd = open("cut", O_RDWR | O_CREAT, 0600);
	pid_t pid = fork();
	if (pid == 0) {
		for (int i = 0; i < CUTS; i++)
			failed += pwrite(fd, bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes) ||
			          ftruncate(fd, 0) != 0;
		_exit(failed > 0);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		failed += pread(fd, bytes, sizeof(bytes), 0) < 0;
		failed += pwrite(fd, "x", 1, 2 * 4096) != 1;
	}
	CHECK(status == 0 && failed == 0 && unlink("cut") == 0);
	close(fd);
}

/* A write from where nothing is changes nothing of what others write. */
static void failing_beside_writes(void)
{
	char seen;
	int lost = 0, fd = open("both", O_RDWR | O_CREAT, 0600);
	CHECK(pwrite(fd, "?", 1, 0) == 1);
	pid_t pid = fork();
	if (pid == 0) {
		while (pwrite(fd, (void *)8, 1, 0) == -1 && errno == EFAULT)
			;
		_exit(1);
	}
	for (int i = 0; i < 10000; i++) {
		char byte = (char)i;
		lost += pwrite(fd, &byte, 1, 0) != 1 || pread(fd, &seen, 1, 0) != 1 || seen != byte;
	}
	CHECK(waitpid(pid, NULL, WNOHANG) == 0 && kill(pid, SIGKILL) == 0);
	CHECK(waitpid(pid, NULL, 0) == pid && unlink("both") == 0);
	CHECK(lost == 0);
	close(fd);
}

static void vectors_and_copies(void)
{
	char one[3], two[20] = "";
	struct iovec out[3] = {{"ab", 2}, {"", 0}, {"cdef", 4}};
	struct iovec in[2] = {{one, 3}, {two, sizeof(two)}};
	int fd = open("v", O_RDWR | O_CREAT, 0600);
	CHECK(writev(fd, out, 3) == 6 && lseek(fd, 0, SEEK_SET) == 0);
	CHECK(readv(fd, in, 2) == 6 && memcmp(one, "abc", 3) == 0 && memcmp(two, "def", 3) == 0);
	CHECK_ERRNO(readv(fd, in, -1), EINVAL);
	CHECK(preadv(fd, in, 1, 2) == 3 && memcmp(one, "cde", 3) == 0);
	int to = open("w", O_RDWR | O_CREAT, 0600);
	off_t at = 1;
	CHECK(sendfile(to, fd, &at, 3) == 3 && at == 4 && strcmp(get_file("w"), "bcd") == 0);
	CHECK(lseek(fd, 4, SEEK_SET) == 4 && sendfile(to, fd, NULL, 100) == 2);
	CHECK(strcmp(get_file("w"), "bcdef") == 0);
	CHECK(lseek(fd, 0, SEEK_SET) == 0 && copy_file_range(fd, NULL, to, NULL, 100, 0) == 6);
	CHECK(strcmp(get_file("w"), "bcdefabcdef") == 0);
	close(fd);
	close(to);
}

static void unlinked_file(void)
{
	struct stat st;
	char buffer[8] = "";
	put_file("gone", "still");
	int fd = open("gone", O_RDWR);
	CHECK(unlink("gone") == 0);
	CHECK(fstat(fd, &st) == 0 && st.st_nlink == 0 && st.st_size == 5);
	CHECK(read(fd, buffer, 8) == 5 && strcmp(buffer, "still") == 0);
	CHECK(write(fd, "!", 1) == 1 && fstat(fd, &st) == 0 && st.st_size == 6);
	CHECK_ERRNO(open("gone", O_RDONLY), ENOENT);
	close(fd);
}

static void shared_position(void *argument)
{
	int fd = *(int *)argument;
	CHECK(write(fd, "child ", 6) == 6);
}

static void fork_shares(void)
{
	int fd = open("s", O_RDWR | O_CREAT, 0600);
	CHECK(write(fd, "first ", 6) == 6);
	CHECK(in_child(shared_position, &fd) == 0);
	CHECK(write(fd, "last", 4) == 4);
	CHECK(strcmp(get_file("s"), "first child last") == 0);
	close(fd);
}

/* Times that are set after a write stay, also when the file is closed only then (cp -p). */
static void times_stay(void)
{
	struct timespec times[2] = {{1000, 0}, {2000, 0}};
	struct stat st;
	int fd = open("t", O_RDWR | O_CREAT, 0600);
	CHECK(write(fd, "x", 1) == 1);
	CHECK(futimens(fd, times) == 0);
	close(fd);
	CHECK(stat("t", &st) == 0 && st.st_mtim.tv_sec == 2000);
}

void test_file(void)
{
	times_stay();
	read_and_write();
	append_and_truncate();
	holes_and_sizes();
	mappings();
	mapping_rights();
	growing_beside_appends();
	cut_meanwhile();
	failing_beside_writes();
	vectors_and_copies();
	unlinked_file();
	fork_shares();
}
