/*
 * Users, groups, capabilities, limits, names, prctl, scheduling. Run as root, as on the console.
 */
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include "check.h"

/* In children: a change of user does not come back. */
static void lose_root(void *argument)
{
	(void)argument;
	_exit(setuid(1000) == 0 && getuid() == 1000 && geteuid() == 1000 && setuid(0) == -1 &&
	                      errno == EPERM && kill(getppid(), 0) == -1 && errno == EPERM
	              ? 0
	              : 1);
}

static void lend_root(void *argument)
{
	uid_t real, effective, saved;

	(void)argument;
	_exit(seteuid(1000) == 0 && geteuid() == 1000 && getuid() == 0 && seteuid(0) == 0 &&
	                      setresuid(1, 2, 3) == 0 &&
	                      getresuid(&real, &effective, &saved) == 0 && real == 1 &&
	                      effective == 2 && saved == 3 && setresuid(-1, 3, -1) == 0 &&
	                      setresuid(-1, 5, -1) == -1
	              ? 0
	              : 1);
}

static void change_groups(void *argument)
{
	gid_t groups[] = {10, 20, 30}, seen[4];

	(void)argument;
	_exit(syscall(SYS_setgroups, 3, groups) == 0 && getgroups(0, NULL) == 3 &&
	                      getgroups(4, seen) == 3 && seen[2] == 30 &&
	                      getgroups(2, seen) == -1 && setgid(7) == 0 && getegid() == 7
	              ? 0
	              : 1);
}

static void keep_capabilities(void *argument)
{
	struct {
		uint32_t version;
		int pid;
	} header = {0x20080522, 0};
	struct {
		uint32_t effective, permitted, inheritable;
	} data[2];

	(void)argument;
	_exit(prctl(PR_SET_KEEPCAPS, 1) == 0 && syscall(SYS_setuid, 1000) == 0 &&
	                      syscall(SYS_capget, &header, data) == 0 && data[0].effective == 0 &&
	                      data[0].permitted != 0
	              ? 0
	              : 1);
}

static void test_users(void)
{
	if (getuid() != 0)
		return;
	CHECK(in_child(lose_root, NULL) == 0);
	CHECK(in_child(lend_root, NULL) == 0);
	CHECK(in_child(change_groups, NULL) == 0);
	CHECK(in_child(keep_capabilities, NULL) == 0);
}

static void test_limits(void)
{
	struct rlimit limit, lower = {100, 200};

	CHECK(getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur >= 1 << 20);
	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= 64);
	CHECK_ERRNO(getrlimit(99, &limit), EINVAL);
	lower.rlim_max = 50;
	CHECK_ERRNO(setrlimit(RLIMIT_CORE, &lower), EINVAL);
	CHECK(syscall(SYS_prlimit64, 0, RLIMIT_CORE, NULL, &limit) == 0);
	CHECK(setrlimit(RLIMIT_CORE, &limit) == 0);
}

static void test_names(void)
{
	struct utsname name;
	char own[16] = "", long_name[] = "a-name-that-is-too-long";
	struct sysinfo info;

	CHECK(uname(&name) == 0 && strcmp(name.sysname, "Linux") == 0 &&
	      strcmp(name.machine, "x86_64") == 0 && name.release[0] >= '3');
	CHECK(prctl(PR_SET_NAME, long_name) == 0 && prctl(PR_GET_NAME, own) == 0);
	CHECK(strcmp(own, "a-name-that-is-") == 0);
	prctl(PR_SET_NAME, "linuxtest");
	CHECK(sysinfo(&info) == 0 && info.totalram > 0 && info.procs > 0 && info.mem_unit > 0);
	CHECK_ERRNO(uname((void *)8), EFAULT);
}

static void test_prctl(void)
{
	int signal = 0;

	CHECK(prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && prctl(PR_GET_PDEATHSIG, &signal) == 0 &&
	      signal == SIGTERM);
	prctl(PR_SET_PDEATHSIG, 0);
	CHECK(prctl(PR_GET_DUMPABLE) == 1);
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
	CHECK_ERRNO(prctl(9999, 0, 0, 0, 0), EINVAL);
	CHECK_ERRNO(prctl(PR_SET_PDEATHSIG, 100), EINVAL);
}

static void die_with_parent(void *argument)
{
	volatile int *seen = argument;
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		seen[1] = 1;
		sleep_ms(3000);
		seen[0] = 1;
		_exit(0);
	}
	wait_for(seen + 1, 1);
}

static void test_death_signal(void)
{
	volatile int *seen = shared_memory(4096);

	CHECK(in_child(die_with_parent, (void *)seen) == 0);
	sleep_ms(50);
	CHECK(seen[0] == 0);
}

static void test_scheduling(void)
{
	cpu_set_t set;
	unsigned cpu = 99;

	CHECK(sched_yield() == 0);
	CHECK(sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) >= 1);
	CHECK(syscall(SYS_getcpu, &cpu, NULL, NULL) == 0 && cpu < 1024);
	CHECK(syscall(SYS_sched_getscheduler, 0) == SCHED_OTHER);
	CHECK(syscall(SYS_sched_get_priority_max, SCHED_FIFO) == 99);
	errno = 0;
	CHECK(getpriority(PRIO_PROCESS, 0) == 0 && errno == 0);
	CHECK_ERRNO(getpriority(PRIO_PROCESS, 0x3fffffff), ESRCH);
}

static int be_user(uid_t saved)
{
	return setresgid(1000, 1000, saved) == 0 && setresuid(1000, 1000, saved) == 0;
}

/* argument: one who has root to come back to, and one who has not. */
static void change_others(void *argument)
{
	const pid_t *others = argument;
	struct rlimit limit;

	CHECK(be_user(1000));
	CHECK_ERRNO(setpriority(PRIO_PROCESS, (id_t)getppid(), 5), EPERM);
	CHECK(setpriority(PRIO_PROCESS, (id_t)others[1], 5) == 0);
	CHECK_ERRNO(setpriority(PRIO_PROCESS, (id_t)others[1], 1), EACCES);
	CHECK(getpriority(PRIO_PROCESS, (id_t)others[1]) == 5);
	CHECK_ERRNO(prlimit(getppid(), RLIMIT_CORE, NULL, &limit), EPERM);
	CHECK_ERRNO(prlimit(others[0], RLIMIT_CORE, NULL, &limit), EPERM);
	CHECK(prlimit(others[1], RLIMIT_CORE, NULL, &limit) == 0);
}

static void test_others(void)
{
	volatile int *ready = shared_memory(sizeof(int));
	pid_t others[2];

	for (int i = 0; i < 2; i++) {
		others[i] = fork();
		if (others[i] == 0) {
			__atomic_fetch_add(ready, be_user(i == 0 ? 0 : 1000), __ATOMIC_SEQ_CST);
			pause();
		}
	}
	CHECK(wait_for(ready, 2) && in_child(change_others, others) == 0);
	for (int i = 0; i < 2; i++)
		CHECK(kill(others[i], SIGKILL) == 0 && waitpid(others[i], NULL, 0) == others[i]);
}

static void test_random(void)
{
	uint64_t first[4], second[4];

	CHECK(getrandom(first, sizeof(first), 0) == sizeof(first));
	CHECK(getrandom(second, sizeof(second), GRND_NONBLOCK) == sizeof(second));
	CHECK(memcmp(first, second, sizeof(first)) != 0);
	CHECK_ERRNO(getrandom(first, 8, 0x100), EINVAL);
	CHECK_ERRNO(getrandom((void *)8, 8, 0), EFAULT);
}

void test_ids(void)
{
	test_users();
	test_limits();
	test_names();
	test_prctl();
	test_death_signal();
	test_scheduling();
	test_others();
	test_random();
}
