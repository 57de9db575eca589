/*
 * How the system is, asked by a Linux program: what it has in use, which services run, and how to end and remove what
 * workers left.
 */
#include "fuzz.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATS "/obj/sys/memory/stats"
#define SERVICES "/obj/sys/scheduler/services"
#define SAME_ROUNDS 10u
#define SETTLE_ROUNDS 200u
#define KILL_ROUNDS 20000u
#define PAUSE_US 5000u

static bool read_all(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY);
	size_t len = 0;
	ssize_t done = 1;

	while (fd >= 0 && len < size - 1 && done > 0) {
		done = read(fd, text + len, size - 1 - len);
		len += done > 0 ? (size_t)done : 0;
	}
	text[len] = 0;
	if (fd >= 0)
		close(fd);
	return fd >= 0 && done >= 0 && len > 0;
}

/* The number behind "name": in JSON; 0 when there is none. */
static uint64_t member(const char *json, const char *name)
{
	char key[40];
	const char *at;

	snprintf(key, sizeof(key), "\"%s\":", name);
	at = strstr(json, key);
	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

static uint64_t count_processes(void)
{
	DIR *dir = opendir("/proc");
	uint64_t count = 0;
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		count += isdigit((unsigned char)entry->d_name[0]) != 0;
	if (dir)
		closedir(dir);
	return count;
}

bool fuzz_amounts(struct fuzz_amounts *out)
{
	char text[1000];

	if (!read_all(STATS, text, sizeof(text)))
		return false;
	*out = (struct fuzz_amounts){
		.free_bytes = member(text, "free") + member(text, "kernel"),
		.objects = member(text, "objects"),
		.handles = member(text, "handles"),
		.processes = count_processes(),
	};
	return out->objects > 0;
}

/* What ended just now is still being taken apart: figures are good when they stay the same for a while. */
struct fuzz_amounts fuzz_amounts_settled(void)
{
	struct fuzz_amounts last = {0}, now = {0};
	unsigned same = 0;

	for (unsigned i = 0; i < SETTLE_ROUNDS && same < SAME_ROUNDS; i++) {
		usleep(PAUSE_US);
		if (!fuzz_amounts(&now))
			return (struct fuzz_amounts){0};
		same = memcmp(&now, &last, sizeof(now)) == 0 ? same + 1 : 0;
		last = now;
	}
	return last;
}

bool fuzz_services(uint64_t *starts, uint64_t *running)
{
	static char text[20000];
	const char *at = text;

	*starts = *running = 0;
	if (!read_all(SERVICES, text, sizeof(text)))
		return false;
	while ((at = strstr(at, "\"state\":"))) {
		*running += strncmp(at, "\"state\":\"running\"", 17) == 0;
		*starts += member(at, "starts");
		at++;
	}
	return true;
}

/* As that user, to whom nobody else belongs; false when there was nobody. */
static bool kill_all_of(uint32_t uid)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(setresuid(uid, uid, uid) == 0 && kill(-1, SIGKILL) == 0);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

/* Those of them that are children of ours count until we have waited for them. */
void fuzz_end_all_of(uint32_t uid)
{
	for (unsigned i = 0; i < KILL_ROUNDS && kill_all_of(uid); i++) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		usleep(500);
	}
}

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *where)
{
	(void)stat, (void)kind, (void)where;
	(void)remove(path);
	return 0;
}

static int remove_left(const char *path, const struct stat *stat, int kind, struct FTW *where)
{
	(void)kind, (void)where;
	if (stat->st_uid >= FUZZ_UID && stat->st_uid < FUZZ_UID + FUZZ_WORKERS)
		(void)remove(path);
	return 0;
}

void fuzz_remove_left_in(const char *path)
{
	(void)nftw(path, remove_left, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* Until it has gone: names that a namespace of mounts covers stay for as long as that lives. */
void fuzz_remove_tree(const char *path)
{
	for (unsigned i = 0; i < SETTLE_ROUNDS && access(path, F_OK) == 0; i++) {
		(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
		if (i > 0)
			usleep(PAUSE_US);
	}
}
