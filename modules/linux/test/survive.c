/*
 * survive DIRECTORY STOP SEED: works until the file STOP exists, while somebody kills the services below. Two workers
 * change files at random and remember what they must hold, one talks through pipes, one forks. Nothing may be lost,
 * refused or done twice: each difference is a line, and the last lines count steps and differences.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAMES 24
#define NODES 26 /* one may be open without a name */
#define SIZE_MAX_BYTES 60000

struct node {
	int links;
	size_t size;
	unsigned char data[SIZE_MAX_BYTES];
};

static struct node nodes[NODES];
static int names[NAMES]; /* the node, or -1 */
static int open_fd = -1, open_node;
static unsigned char buffer[SIZE_MAX_BYTES];
static uint64_t state;
static unsigned long steps, wrong;
static const char *stop;

static unsigned pick(unsigned below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % below;
}

static void __attribute__((format(printf, 2, 3))) differs(int name, const char *format, ...)
{
	va_list args;

	wrong++;
	printf("step %lu, n%d: ", steps, name);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf(" (errno %d %s)\n", errno, strerror(errno));
}

/* The call's success must be what the model says. */
static void expect(int name, const char *what, long result, int error)
{
	int is_ok = error == 0 ? result >= 0 : result < 0 && errno == error;

	if (!is_ok)
		differs(name, "%s gives %ld, expected error %d", what, result, error);
}

static const char *path_of(int name)
{
	static char paths[4][16];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "d%d/n%d", name % 2, name);
	return path;
}

static int open_name(int name, int flags)
{
	int fd = open(path_of(name), flags, 0644);

	expect(name, "open", fd, names[name] < 0 ? ENOENT : 0);
	return fd;
}

static void fill(size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		buffer[i] = (unsigned char)pick(256);
}

/* --- the model --- */

static int free_node(void)
{
	int node = 0;

	while (nodes[node].links > 0 || (open_fd >= 0 && node == open_node))
		node++;
	return node;
}

static void put(struct node *node, size_t offset, size_t bytes)
{
	if (offset > node->size)
		memset(node->data + node->size, 0, offset - node->size);
	memcpy(node->data + offset, buffer, bytes);
	if (offset + bytes > node->size)
		node->size = offset + bytes;
}

static void drop_name(int name)
{
	nodes[names[name]].links--;
	names[name] = -1;
}

/* --- one step each --- */

static void compare(int name, int fd, const struct node *node)
{
	struct stat st;
	ssize_t got = pread(fd, buffer, sizeof(buffer), 0);

	if (fstat(fd, &st) != 0 || (size_t)st.st_size != node->size)
		differs(name, "size %ld, not %zu", (long)st.st_size, node->size);
	if (got != (ssize_t)node->size)
		differs(name, "reads %zd bytes, not %zu", got, node->size);
	for (ssize_t i = 0; i < got && (size_t)i < node->size; i++) {
		if (buffer[i] == node->data[i])
			continue;
		differs(name, "byte %zd is %u, not %u", i, buffer[i], node->data[i]);
		return;
	}
}

static void do_create(int name)
{
	int fd = open(path_of(name), O_CREAT | O_EXCL | O_WRONLY, 0644);
	int node = free_node();

	expect(name, "create", fd, names[name] < 0 ? 0 : EEXIST);
	if (names[name] < 0) {
		names[name] = node;
		nodes[node].links = 1;
		nodes[node].size = 0;
	}
	if (fd >= 0)
		close(fd);
}

static void write_to(int name, int fd, struct node *node, int is_append)
{
	size_t bytes = 1 + pick(pick(4) ? 300 : 9000);
	size_t offset = is_append ? node->size : pick(SIZE_MAX_BYTES - 9001);
	ssize_t result;

	if (offset + bytes > SIZE_MAX_BYTES)
		return;
	fill(bytes);
	result = is_append ? write(fd, buffer, bytes) : pwrite(fd, buffer, bytes, (off_t)offset);
	if (result != (ssize_t)bytes)
		differs(name, "writes %zd of %zu", result, bytes);
	else
		put(node, offset, bytes);
}

static void do_write(int name)
{
	int is_append = pick(3) == 0;
	int fd = open_name(name, O_WRONLY | (is_append ? O_APPEND : 0));

	if (fd < 0 || names[name] < 0)
		return;
	write_to(name, fd, &nodes[names[name]], is_append);
	if (pick(20) == 0)
		expect(name, "fsync", fsync(fd), 0);
	close(fd);
}

static void do_truncate(int name)
{
	size_t size = pick(SIZE_MAX_BYTES);
	struct node *node = names[name] < 0 ? NULL : &nodes[names[name]];

	expect(name, "truncate", truncate(path_of(name), (off_t)size), node ? 0 : ENOENT);
	if (!node)
		return;
	if (size > node->size)
		memset(node->data + node->size, 0, size - node->size);
	node->size = size;
}

static void do_map(int name)
{
	int fd = open_name(name, O_RDWR);
	struct node *node = names[name] < 0 ? NULL : &nodes[names[name]];
	size_t bytes = node ? node->size : 0, offset;
	unsigned char *at;

	if (fd < 0)
		return;
	at = bytes ? mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
	close(fd);
	if (at == MAP_FAILED)
		return;
	offset = pick((unsigned)bytes);
	bytes = 1 + pick((unsigned)(node->size - offset));
	fill(bytes);
	memcpy(at + offset, buffer, bytes);
	put(node, offset, bytes);
	munmap(at, node->size);
}

static void do_rename(int name)
{
	int to = (int)pick(NAMES);

	expect(name, "rename", rename(path_of(name), path_of(to)), names[name] < 0 ? ENOENT : 0);
	if (names[name] < 0 || names[to] == names[name])
		return; /* two names of one file: both stay */
	if (names[to] >= 0)
		drop_name(to);
	names[to] = names[name];
	names[name] = -1;
}

static void do_link(int name)
{
	int to = (int)pick(NAMES);
	int error = names[name] < 0 ? ENOENT : names[to] >= 0 ? EEXIST : 0;

	expect(name, "link", link(path_of(name), path_of(to)), error);
	if (error != 0)
		return;
	names[to] = names[name];
	nodes[names[to]].links++;
}

static void do_unlink(int name)
{
	expect(name, "unlink", unlink(path_of(name)), names[name] < 0 ? ENOENT : 0);
	if (names[name] >= 0)
		drop_name(name);
}

static void do_read(int name)
{
	int fd = open_name(name, O_RDONLY);

	if (fd < 0 || names[name] < 0)
		return;
	compare(name, fd, &nodes[names[name]]);
	close(fd);
}

/* A file stays open for a while, whatever becomes of its names. */
static void do_hold(int name)
{
	if (open_fd >= 0) {
		write_to(-1, open_fd, &nodes[open_node], 0);
		compare(-1, open_fd, &nodes[open_node]);
		close(open_fd);
		open_fd = -1;
		return;
	}
	open_fd = open_name(name, O_RDWR);
	if (open_fd >= 0 && names[name] >= 0)
		open_node = names[name];
}

static void do_directory(int name)
{
	char target[16] = "";

	expect(name, "mkdir", mkdir("sub", 0755), 0);
	expect(name, "mkdir again", mkdir("sub", 0755), EEXIST);
	expect(name, "symlink", symlink("somewhere", "sub/link"), 0);
	expect(name, "rmdir when full", rmdir("sub"), ENOTEMPTY);
	if (readlink("sub/link", target, sizeof(target) - 1) != 9 ||
	    strcmp(target, "somewhere") != 0)
		differs(name, "the link leads to %s", target);
	expect(name, "unlink of a link", unlink("sub/link"), 0);
	expect(name, "rmdir", rmdir("sub"), 0);
}

static void do_list(int name)
{
	char dir[] = {'d', (char)('0' + name % 2), 0};
	int expected = 0, found = 0;
	struct dirent *entry;
	DIR *list = opendir(dir);

	for (int i = name % 2; i < NAMES; i += 2)
		expected += names[i] >= 0;
	while (list && (entry = readdir(list)) != NULL)
		found += entry->d_name[0] == 'n' && names[atoi(entry->d_name + 1)] >= 0;
	if (found != expected)
		differs(name, "%d names in %s, not %d", found, dir, expected);
	if (list)
		closedir(list);
}

/* --- workers --- */

static int goes_on(void)
{
	return access(stop, F_OK) != 0;
}

static void work_on_files(void)
{
	static void (*const acts[])(int name) = {
		do_create, do_create, do_create,    do_write, do_write, do_write,
		do_read,   do_read,   do_truncate,  do_map,   do_hold,  do_rename,
		do_link,   do_unlink, do_directory, do_list,
	};

	for (int i = 0; i < NAMES; i++)
		names[i] = -1;
	expect(0, "mkdir", mkdir("d0", 0755), 0);
	expect(0, "mkdir", mkdir("d1", 0755), 0);
	while (steps % 64 != 0 || goes_on()) {
		steps++;
		acts[pick(sizeof(acts) / sizeof(acts[0]))]((int)pick(NAMES));
	}
	for (int i = 0; i < NAMES; i++)
		do_read(i);
	do_list(0);
	do_list(1);
}

static void send_bytes(int fd, size_t bytes)
{
	for (size_t at = 0; at < bytes;) {
		ssize_t part = write(fd, buffer + at, bytes - at);

		if (part <= 0)
			_exit(1);
		at += (size_t)part;
	}
	_exit(0);
}

static void talk_through_a_pipe(size_t bytes)
{
	static unsigned char got[SIZE_MAX_BYTES];
	size_t at = 0;
	ssize_t part;
	int ends[2], status = -1;
	pid_t child;

	expect(0, "pipe", pipe(ends), 0);
	fill(bytes);
	child = fork();
	if (child == 0)
		send_bytes(ends[1], bytes);
	close(ends[1]);
	while (at < bytes && (part = read(ends[0], got + at, bytes - at)) > 0)
		at += (size_t)part;
	close(ends[0]);
	if (at != bytes || memcmp(got, buffer, bytes) != 0)
		differs(0, "%zu bytes through a pipe came as %zu or others", bytes, at);
	if (waitpid(child, &status, 0) != child || status != 0)
		differs(0, "the sender ends with %d", status);
}

static void work_on_pipes(void)
{
	for (; goes_on(); steps++)
		talk_through_a_pipe(1 + pick(SIZE_MAX_BYTES));
}

static void work_on_processes(void)
{
	for (; goes_on(); steps++) {
		int status = -1, code = (int)pick(100);
		pid_t child = fork();

		if (child == 0)
			execl("/bin/sh", "sh", "-c", "exit $1", "sh",
			      (char[]){(char)('0' + code / 10), (char)('0' + code % 10), 0}, NULL);
		if (child == 0)
			_exit(126);
		if (waitpid(child, &status, 0) != child || status != code << 8)
			differs(0, "a program ends with %x, not %d", status, code);
	}
}

static void start(const char *name, void (*work)(void), uint64_t seed)
{
	if (fork() != 0)
		return;
	state = seed * 0x9e3779b97f4a7c15ull | 1;
	expect(0, "mkdir", mkdir(name, 0755), 0);
	expect(0, "chdir", chdir(name), 0);
	work();
	printf("%s: %s, %lu wrong\n", name, steps > 0 ? "worked" : "idle", wrong);
	fprintf(stderr, "%s: %lu steps\n", name, steps);
	exit(wrong != 0);
}

int main(int argc, char **argv)
{
	uint64_t seed;
	int status, is_bad = 0;

	if (argc != 4 || chdir(argv[1]) != 0)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	stop = argv[2];
	seed = strtoull(argv[3], NULL, 0);
	start("files1", work_on_files, seed + 1);
	start("files2", work_on_files, seed + 2);
	start("pipes", work_on_pipes, seed + 3);
	start("processes", work_on_processes, seed + 4);
	while (wait(&status) > 0)
		is_bad |= status != 0;
	return is_bad;
}
