/*
 * hog KIND: takes without end until it is refused, says by which errno and after how many, gives everything back
 * and ends with 0 when the refusal was one that a program can expect. The scenario limit.scn compares what
 * is in use before and after.
 *
 *   memory   mmap and touch, a MiB at a time     fork     children that wait
 *   open     descriptors                         thread   threads that wait
 *   files    bytes in /tmp                       own      children that ask about themselves
 *   all      one after the other
 *   witness  takes nothing more: works on what it has until /tmp/over is there, and says so
 *
 * memory kills its own child when the refusal is a signal (Linux overcommits): that counts as a refusal too.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB (1ul << 20)
#define MAX_COUNT 100000
#define OWN_COUNT 500

static pthread_mutex_t until_over = PTHREAD_MUTEX_INITIALIZER;

static int report(const char *kind, long count, int error, int is_expected)
{
	printf("hog %s: %ld, then %s: %s\n", kind, count, strerror(error),
	       is_expected ? "ok" : "BAD");
	fflush(stdout);
	return !is_expected;
}

static int take_memory(void)
{
	long count = 0;

	for (; count < MAX_COUNT; count++) {
		char *at = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		                0);

		if (at == MAP_FAILED)
			return report("memory", count, errno, errno == ENOMEM);
		memset(at, 1, MIB);
	}
	return report("memory", count, 0, 0);
}

/* In a child, since the end may be a signal. */
static int hog_memory(void)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		exit(take_memory());
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return report("memory", 0, errno, 0);
	if (WIFSIGNALED(status)) {
		int signal = WTERMSIG(status);

		printf("hog memory: ended by signal %d: %s\n", signal,
		       signal == SIGKILL || signal == SIGBUS ? "ok" : "BAD");
		return signal != SIGKILL && signal != SIGBUS;
	}
	return WEXITSTATUS(status);
}

static int hog_fork(void)
{
	static pid_t pids[MAX_COUNT];
	long count = 0;
	int error = 0;

	for (; count < MAX_COUNT && !error; count++) {
		pids[count] = fork();
		if (pids[count] == 0) {
			for (;;)
				pause();
		}
		if (pids[count] < 0)
			error = errno;
	}
	count -= error != 0;
	for (long i = 0; i < count; i++)
		kill(pids[i], SIGKILL);
	for (long i = 0; i < count; i++)
		waitpid(pids[i], NULL, 0);
	return report("fork", count, error, error == EAGAIN || error == ENOMEM);
}

/* Takes nothing: children that ask about themselves by their own number, of each of whom nothing may stay. */
static int hog_own(void)
{
	struct {
		unsigned version;
		int pid;
	} header = {0x20080522, 0};
	unsigned data[6];
	uint64_t value[2];
	long count = 0;

	for (; count < OWN_COUNT; count++) {
		pid_t pid = fork();

		if (pid == 0) {
			header.pid = getpid();
			syscall(SYS_prlimit64, header.pid, 0, NULL, value);
			syscall(SYS_capget, &header, data);
			syscall(SYS_get_robust_list, header.pid, &value[0], &value[1]);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
	return report("own", count, 0, 1);
}

static int hog_open(void)
{
	long count = 0;
	int first = -1, fd;

	while ((fd = open("/dev/null", O_RDONLY)) >= 0) {
		first = first < 0 ? fd : first;
		count++;
	}
	int error = errno;

	for (long i = 0; i < count; i++)
		close(first + (int)i);
	return report("open", count, error, error == EMFILE || error == ENFILE || error == ENOMEM);
}

static void *wait_for_end(void *nothing)
{
	pthread_mutex_lock(&until_over);
	pthread_mutex_unlock(&until_over);
	return nothing;
}

static int hog_thread(void)
{
	static pthread_t threads[MAX_COUNT];
	pthread_attr_t small;
	long count = 0;
	int error = 0;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 16384);
	pthread_mutex_lock(&until_over);
	while (count < MAX_COUNT && !error) {
		error = pthread_create(&threads[count], &small, wait_for_end, NULL);
		count += error == 0;
	}
	pthread_mutex_unlock(&until_over);
	for (long i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	return report("thread", count, error, error == EAGAIN || error == ENOMEM);
}

static int hog_files(void)
{
	static char block[65536];
	const char *name = "/tmp/hog.file";
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	long count = 0;
	ssize_t done;

	memset(block, 1, sizeof(block));
	while ((done = write(fd, block, sizeof(block))) == (ssize_t)sizeof(block))
		count++;
	int error = done < 0 ? errno : ENOSPC;

	close(fd);
	unlink(name);
	return report("files", count, error, error == ENOSPC || error == ENOMEM || error == EDQUOT);
}

static int witness(void)
{
	static char mine[MIB / 4];
	long rounds = 0;

	for (; access("/tmp/over", F_OK) != 0; rounds++) {
		memset(mine, (int)rounds, sizeof(mine));
		usleep(20000);
	}
	printf("the witness goes on\n");
	return rounds == 0;
}

static const struct {
	const char *name;
	int (*run)(void);
} kinds[] = {
	{"memory", hog_memory}, {"fork", hog_fork},   {"open", hog_open},
	{"thread", hog_thread}, {"files", hog_files}, {"own", hog_own},
};

int main(int argc, char **argv)
{
	int bad = 0;

	if (argc > 1 && strcmp(argv[1], "witness") == 0)
		return witness();
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (argc < 2 || strcmp(argv[1], "all") == 0 || strcmp(argv[1], kinds[i].name) == 0)
			bad += kinds[i].run();
	}
	return bad != 0;
}
