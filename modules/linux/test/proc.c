/*
 * /proc: what programs read there.
 */
#include "file_suites.h"
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sys/stat.h>

static void own_process(void)
{
	char path[PATH_MAX], expected[64], cwd[PATH_MAX];
	int pid = -1, parent = -1;
	ssize_t len = readlink("/proc/self", path, sizeof(path) - 1);
	path[len < 0 ? 0 : len] = 0;
	snprintf(expected, sizeof(expected), "%d", (int)getpid());
	CHECK(strcmp(path, expected) == 0);
	CHECK(sscanf(get_file("/proc/self/stat"), "%d (%*[^)]) %*c %d", &pid, &parent) == 2);
	CHECK(pid == getpid() && parent == getppid());
	const char *status = strstr(get_file("/proc/self/status"), "\nPid:\t");
	CHECK(status && atoi(status + 6) == getpid());
	CHECK(strlen(get_file("/proc/self/cmdline")) > 0);
	len = readlink("/proc/self/cwd", path, sizeof(path) - 1);
	path[len < 0 ? 0 : len] = 0;
	CHECK(getcwd(cwd, sizeof(cwd)) && strcmp(path, cwd) == 0);
	CHECK(readlink("/proc/self/exe", path, sizeof(path)) > 0);
	CHECK(strstr(get_file("/proc/self/maps"), "r-xp") != NULL);
	CHECK(strstr(get_file("/proc/self/maps"), "[stack]") != NULL);
	CHECK(strlen(get_file("/proc/self/statm")) > 5);
	CHECK(access("/proc/1/stat", F_OK) == 0);
	CHECK_ERRNO(open("/proc/999999/stat", O_RDONLY), ENOENT);
	CHECK_ERRNO(open("/proc/nothing", O_RDONLY), ENOENT);
}

static void descriptors(void)
{
	char name[64], path[PATH_MAX];
	struct stat st, other;
	put_file("f", "by number");
	int fd = open("f", O_RDONLY);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	ssize_t len = readlink(name, path, sizeof(path) - 1);
	path[len < 0 ? 0 : len] = 0;
	CHECK(len > 2 && strcmp(path + len - 2, "/f") == 0);
	CHECK(strcmp(get_file(name), "by number") == 0);
	CHECK(stat(name, &st) == 0 && fstat(fd, &other) == 0 && st.st_ino == other.st_ino);
	CHECK(unlink("f") == 0 && (len = readlink(name, path, sizeof(path) - 1)) > 10);
	CHECK(len > 10 && memcmp(path + len - 10, " (deleted)", 10) == 0);
	close(fd);
	int ends[2], count = 0, found = 0;
	CHECK(pipe(ends) == 0);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", ends[1]);
	len = readlink(name, path, sizeof(path) - 1);
	CHECK(len > 5 && memcmp(path, "pipe:", 5) == 0);
	int again = open(name, O_WRONLY);
	CHECK(again >= 0 && write(again, "re", 2) == 2 && read(ends[0], path, 8) == 2);
	close(again);
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	while (dir && (entry = readdir(dir))) {
		count++;
		found += entry->d_name[0] != '.' && atoi(entry->d_name) == ends[0];
	}
	CHECK(dir && count >= 7 && found == 1);
	closedir(dir);
	close(ends[0]);
	close(ends[1]);
}

static void system_files(void)
{
	double up = 0;
	unsigned long total = 0;
	CHECK(sscanf(get_file("/proc/uptime"), "%lf", &up) == 1 && up > 0);
	CHECK(sscanf(get_file("/proc/meminfo"), "MemTotal: %lu kB", &total) == 1 && total > 1000);
	CHECK(strstr(get_file("/proc/cpuinfo"), "processor") != NULL);
	CHECK(strncmp(get_file("/proc/version"), "Linux version ", 14) == 0);
	CHECK(strstr(get_file("/proc/mounts"), " / ") != NULL);
	CHECK(strstr(get_file("/proc/filesystems"), "tmpfs") != NULL);
	CHECK(strncmp(get_file("/proc/stat"), "cpu ", 4) == 0);
	CHECK(strcmp(get_file("/proc/sys/kernel/ostype"), "Linux\n") == 0);
	CHECK(atoi(get_file("/proc/sys/kernel/pid_max")) > 1000);
	int found = 0;
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	while (dir && (entry = readdir(dir)))
		found += atoi(entry->d_name) == getpid() || strcmp(entry->d_name, "1") == 0;
	CHECK(dir && found == (getpid() == 1 ? 1 : 2));
	closedir(dir);
}

/* --- readers of one description, each from the beginning --- */

#define READERS 4
#define READS 4000

static int status_fd;

static void *read_status(void *bad)
{
	char text[4000];
	for (int i = 0; i < READS; i++)
		*(int *)bad += pread(status_fd, text, sizeof(text), 0) < 100 ||
		               strncmp(text, "Name:\t", 6) != 0;
	return NULL;
}

static void readers_at_once(void)
{
	pthread_t threads[READERS];
	int bad[READERS] = {0}, count = 0;
	status_fd = open("/proc/self/status", O_RDONLY);
	for (int i = 0; i < READERS; i++)
		CHECK(pthread_create(&threads[i], NULL, read_status, &bad[i]) == 0);
	for (int i = 0; i < READERS; i++) {
		pthread_join(threads[i], NULL);
		count += bad[i];
	}
	CHECK(status_fd >= 0 && count == 0);
	close(status_fd);
}

static volatile int must_stop;

#define CHANGED 64

/* Into many parts, and one again. */
static void *change_mappings(void *unused)
{
	int how = MAP_PRIVATE | MAP_ANONYMOUS;
	char *at = mmap(NULL, CHANGED * 4096, PROT_READ, how, -1, 0);
	while (!must_stop) {
		for (int i = 0; i < CHANGED; i += 2)
			mprotect(at + i * 4096, 4096, PROT_READ | PROT_WRITE);
		mmap(at, CHANGED * 4096, PROT_READ, how | MAP_FIXED, -1, 0);
	}
	munmap(at, CHANGED * 4096);
	return unused;
}

/* Lines of maps never overlap, whatever changes while they are made. */
static void mappings_in_order(void)
{
	unsigned long start, end, last;
	int wrong = 0;
	pthread_t thread;
	CHECK(pthread_create(&thread, NULL, change_mappings, NULL) == 0);
	for (long limit = now_ms() + 500; now_ms() < limit;) {
		last = 0;
		for (const char *line = get_file("/proc/self/maps"); line && *line;) {
			wrong += sscanf(line, "%lx-%lx", &start, &end) != 2 || start < last ||
			         end <= start;
			last = end;
			line = strchr(line, '\n');
			line += line != NULL;
		}
		wrong += last == 0;
	}
	must_stop = 1;
	pthread_join(thread, NULL);
	CHECK(wrong == 0);
}

void test_proc(void)
{
	readers_at_once();
	own_process();
	descriptors();
	system_files();
	mappings_in_order();
}
