/*
 * One random system call of a table: its number, how often it is made, and a pattern with a letter for each argument
 * (values.c, structs.c). What is not in the table is called with anything at all, so numbers that nobody implements are
 * tried as well.
 *
 * What must not happen is kept out by the sandbox, which has no right to do it, not by this table: see sandbox.c.
 */
#include "fuzz.h"
#include <linux/object_calls.h>
#include <stdio.h>
#include <sys/syscall.h>

#define NUMBERS_MAX 460u

struct pattern {
	uint16_t number;
	uint8_t weight;
	const char *arguments;
};

static const struct pattern files[] = {
	{SYS_read, 12, "fbn"},       {SYS_write, 12, "fBn"},
	{SYS_open, 10, "pOm"},       {SYS_close, 12, "f"},
	{SYS_openat, 14, "dpOm"},    {SYS_creat, 2, "pm"},
	{SYS_lseek, 4, "foz"},       {SYS_pread64, 4, "fbno"},
	{SYS_pwrite64, 4, "fBno"},   {SYS_readv, 3, "fvz"},
	{SYS_writev, 3, "fvz"},      {SYS_preadv, 2, "fvzo"},
	{SYS_pwritev, 2, "fvzo"},    {SYS_preadv2, 2, "fvzo-F"},
	{SYS_pwritev2, 2, "fvzo-F"}, {SYS_stat, 2, "pb"},
	{SYS_lstat, 2, "pb"},        {SYS_fstat, 3, "fb"},
	{SYS_newfstatat, 3, "dpbF"}, {SYS_statx, 3, "dpFxb"},
	{SYS_access, 1, "pz"},       {SYS_faccessat, 1, "dpz"},
	{SYS_faccessat2, 1, "dpzF"}, {SYS_getdents64, 4, "fbn"},
	{SYS_getdents, 2, "fbn"},    {SYS_ftruncate, 4, "fo"},
	{SYS_truncate, 2, "po"},     {SYS_fallocate, 3, "fFon"},
	{SYS_fsync, 1, "f"},         {SYS_fdatasync, 1, "f"},
	{SYS_syncfs, 1, "f"},        {SYS_sync_file_range, 1, "fonF"},
	{SYS_fadvise64, 1, "fonz"},  {SYS_readahead, 1, "fon"},
	{SYS_sendfile, 4, "ffyn"},   {SYS_copy_file_range, 3, "fyfynF"},
	{SYS_flock, 3, "f3"},        {SYS_fcntl, 12, "fGH"},
	{SYS_ioctl, 10, "fIH"},      {SYS_dup, 3, "f"},
	{SYS_dup2, 3, "ff"},         {SYS_dup3, 3, "ff4"},
	{SYS_close_range, 1, "f6z"}, {SYS_statfs, 1, "pb"},
	{SYS_fstatfs, 1, "fb"},      {SYS_fchmod, 1, "fm"},
	{SYS_fchown, 1, "fuu"},      {SYS_memfd_create, 3, "XF"},
};

static const struct pattern names[] = {
	{SYS_mkdir, 4, "pm"},       {SYS_mkdirat, 3, "dpm"},     {SYS_rmdir, 3, "p"},
	{SYS_unlink, 4, "p"},       {SYS_unlinkat, 3, "dpF"},    {SYS_rename, 5, "pp"},
	{SYS_renameat, 2, "dpdp"},  {SYS_renameat2, 4, "dpdpz"}, {SYS_link, 3, "pp"},
	{SYS_linkat, 3, "dpdpF"},   {SYS_symlink, 4, "pp"},      {SYS_symlinkat, 2, "pdp"},
	{SYS_readlink, 2, "pbn"},   {SYS_readlinkat, 2, "dpbn"}, {SYS_mknod, 3, "pmx"},
	{SYS_mknodat, 1, "dpmx"},   {SYS_chmod, 2, "pm"},        {SYS_fchmodat, 1, "dpm"},
	{SYS_chown, 1, "puu"},      {SYS_lchown, 1, "puu"},      {SYS_fchownat, 1, "dpuuF"},
	{SYS_utimensat, 2, "dptF"}, {SYS_utimes, 1, "pi"},       {SYS_futimesat, 1, "dpi"},
	{SYS_utime, 1, "pi"},       {SYS_chdir, 2, "p"},         {SYS_fchdir, 2, "f"},
	{SYS_getcwd, 2, "bn"},      {SYS_umask, 1, "m"},         {SYS_chroot, 1, "p"},
	{SYS_mount, 4, "ppVUB"},    {SYS_umount2, 3, "pz"},      {SYS_unshare, 1, "5"},
	{SYS_setxattr, 2, "pXBnz"}, {SYS_lsetxattr, 1, "pXBnz"}, {SYS_fsetxattr, 2, "fXBnz"},
	{SYS_getxattr, 1, "pXbn"},  {SYS_lgetxattr, 1, "pXbn"},  {SYS_fgetxattr, 1, "fXbn"},
	{SYS_listxattr, 1, "pbn"},  {SYS_llistxattr, 1, "pbn"},  {SYS_flistxattr, 1, "fbn"},
	{SYS_removexattr, 1, "pX"}, {SYS_lremovexattr, 1, "pX"}, {SYS_fremovexattr, 1, "fX"},
	{NR_obj_call, 4, "jJCzbn"}, {NR_obj_list, 2, "jbn"},     {NR_obj_describe, 2, "jbn"},
	{NR_obj_get, 2, "jJbn"},    {NR_obj_watch, 2, "jJ4"},
};

static const struct pattern memory[] = {
	{SYS_mmap, 14, "alrMfo"}, {SYS_munmap, 8, "al"},     {SYS_mprotect, 10, "alr"},
	{SYS_mremap, 8, "allza"}, {SYS_madvise, 8, "alz"},   {SYS_msync, 3, "alz"},
	{SYS_mincore, 3, "alb"},  {SYS_mlock, 1, "al"},      {SYS_mlock2, 1, "alz"},
	{SYS_munlock, 1, "al"},   {SYS_mlockall, 1, "z"},    {SYS_munlockall, 1, ""},
	{SYS_brk, 2, "x"},        {SYS_read, 6, "fan"},      {SYS_write, 6, "fan"},
	{SYS_futex, 4, "aWztaz"}, {SYS_getrandom, 3, "anF"},
};

static const struct pattern events[] = {
	{SYS_pipe, 1, "b"},
	{SYS_pipe2, 4, "b4"},
	{SYS_socket, 3, "NY-"},
	{SYS_socketpair, 4, "NY-b"},
	{SYS_bind, 4, "fAn"},
	{SYS_connect, 4, "fAn"},
	{SYS_listen, 3, "fz"},
	{SYS_accept, 2, "fby"},
	{SYS_accept4, 3, "fby4"},
	{SYS_getsockname, 1, "fby"},
	{SYS_getpeername, 1, "fby"},
	{SYS_shutdown, 2, "fz"},
	{SYS_getsockopt, 3, "fzHby"},
	{SYS_setsockopt, 3, "fzHBn"},
	{SYS_sendto, 5, "fBn2An"},
	{SYS_recvfrom, 5, "fbn2by"},
	{SYS_sendmsg, 8, "fh2"},
	{SYS_recvmsg, 8, "fh2"},
	{SYS_eventfd2, 2, "z4"},
	{SYS_eventfd, 1, "z"},
	{SYS_epoll_create1, 2, "F"},
	{SYS_epoll_create, 1, "z"},
	{SYS_epoll_ctl, 10, "fEfe"},
	{SYS_epoll_wait, 4, "fbzT"},
	{SYS_epoll_pwait, 2, "fbzTkK"},
	{SYS_epoll_pwait2, 2, "fbztkK"},
	{SYS_poll, 4, "PzT"},
	{SYS_ppoll, 3, "PztkK"},
	{SYS_select, 3, "zDDDt"},
	{SYS_pselect6, 2, "zDDDtB"},
	{SYS_timerfd_create, 2, "Z4"},
	{SYS_timerfd_settime, 3, "fzib"},
	{SYS_timerfd_gettime, 1, "fb"},
	{SYS_signalfd4, 2, "fkK4"},
	{SYS_signalfd, 1, "fkK"},
	{SYS_futex, 12, "wWztwz"},
};

static const struct pattern processes[] = {
	{SYS_kill, 4, "qs"},
	{SYS_tkill, 3, "qs"},
	{SYS_tgkill, 4, "qqs"},
	{SYS_rt_sigqueueinfo, 2, "qsB"},
	{SYS_rt_tgsigqueueinfo, 2, "qqsB"},
	{SYS_rt_sigaction, 6, "sgbK"},
	{SYS_rt_sigprocmask, 4, "zkbK"},
	{SYS_rt_sigpending, 1, "bK"},
	{SYS_rt_sigsuspend, 1, "kK"},
	{SYS_rt_sigtimedwait, 3, "kbtK"},
	{SYS_sigaltstack, 2, "Bb"},
	{SYS_restart_syscall, 1, ""},
	{SYS_wait4, 6, "qb1b"},
	{SYS_waitid, 3, "zqb1b"},
	{SYS_setpgid, 2, "qq"},
	{SYS_getpgid, 1, "q"},
	{SYS_getsid, 1, "q"},
	{SYS_setsid, 1, ""},
	{SYS_getuid, 1, ""},
	{SYS_getresuid, 1, "bbb"},
	{SYS_getresgid, 1, "bbb"},
	{SYS_setuid, 1, "u"},
	{SYS_setgid, 1, "u"},
	{SYS_setreuid, 1, "uu"},
	{SYS_setregid, 1, "uu"},
	{SYS_setresuid, 1, "uuu"},
	{SYS_setresgid, 1, "uuu"},
	{SYS_setfsuid, 1, "u"},
	{SYS_setfsgid, 1, "u"},
	{SYS_getgroups, 1, "nb"},
	{SYS_setgroups, 1, "nB"},
	{SYS_capget, 1, "Bb"},
	{SYS_capset, 1, "BB"},
	{SYS_prctl, 4, "QHzzz"},
	{SYS_arch_prctl, 1, "xa"},
	{SYS_personality, 1, "x"},
	{SYS_getrlimit, 1, "zb"},
	{SYS_setrlimit, 1, "zR"},
	{SYS_prlimit64, 2, "qzRb"},
	{SYS_getrusage, 1, "zb"},
	{SYS_sched_yield, 1, ""},
	{SYS_sched_getaffinity, 1, "qnb"},
	{SYS_sched_setaffinity, 1, "qnB"},
	{SYS_getcpu, 1, "bbb"},
	{SYS_getpriority, 1, "zq"},
	{SYS_setpriority, 1, "zqz"},
	{SYS_sched_setscheduler, 1, "qzB"},
	{SYS_sched_getattr, 1, "qbnz"},
	{SYS_rseq, 1, "BnFx"},
	{SYS_set_robust_list, 1, "Bn"},
	{SYS_get_robust_list, 1, "qbb"},
	{SYS_set_tid_address, 1, "b"},
	{SYS_syslog, 1, "zbn"},
	{SYS_uname, 1, "b"},
	{SYS_sysinfo, 1, "b"},
	{SYS_times, 1, "b"},
	{SYS_clock_gettime, 1, "Zb"},
	{SYS_clock_settime, 1, "Zt"},
	{SYS_settimeofday, 1, "tb"},
	{SYS_clock_nanosleep, 2, "Zztb"},
	{SYS_nanosleep, 2, "tb"},
	{SYS_setitimer, 2, "zib"},
	{SYS_getitimer, 1, "zb"},
	{SYS_alarm, 1, "z"},
	{SYS_timer_create, 3, "ZBb"},
	{SYS_timer_settime, 3, "zzib"},
	{SYS_timer_gettime, 1, "zb"},
	{SYS_timer_getoverrun, 1, "z"},
	{SYS_timer_delete, 2, "z"},
	{SYS_reboot, 1, "xxxb"},
	{SYS_pause, 1, ""},
};

static const struct group {
	const struct pattern *patterns;
	unsigned count, weight;
} groups[] = {
	{files, ARRAY_SIZE(files), 30},         {names, ARRAY_SIZE(names), 22},
	{memory, ARRAY_SIZE(memory), 16},       {events, ARRAY_SIZE(events), 24},
	{processes, ARRAY_SIZE(processes), 18},
};
#define GROUPS_WEIGHT 110u
#define MEMORY_GROUP (&groups[2])

int64_t fuzz_raw(uint64_t number, const uint64_t a[6])
{
	register uint64_t fourth __asm__("r10") = a[3];
	register uint64_t fifth __asm__("r8") = a[4];
	register uint64_t sixth __asm__("r9") = a[5];
	int64_t result;

	__asm__ volatile("syscall"
	                 : "=a"(result)
	                 : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(fourth), "r"(fifth),
	                   "r"(sixth)
	                 : "rcx", "r11", "memory");
	return result;
}

void fuzz_print_call(unsigned thread, const struct fuzz_call *call)
{
	const uint64_t *a = call->arguments;
	char text[200];
	int len = snprintf(text, sizeof(text), "  %u: %lu(%#lx, %#lx, %#lx, %#lx, %#lx, %#lx)",
	                   thread, call->number, a[0], a[1], a[2], a[3], a[4], a[5]);

	if (call->is_done)
		len += snprintf(text + len, sizeof(text) - (size_t)len, " = %ld", call->result);
	text[len++] = '\n';
	(void)fuzz_raw(SYS_write, (uint64_t[6]){FUZZ_REPORT_FD, (uint64_t)text, (uint64_t)len});
}

static void make(struct fuzz_thread *self, const struct fuzz_call *wanted)
{
	struct fuzz_call *call = &self->trace->last[self->trace->count % FUZZ_LAST];

	*call = *wanted;
	if (self->shared->is_verbose)
		fuzz_print_call((unsigned)(self->trace - self->shared->traces[0]), call);
	__atomic_fetch_add(&self->trace->count, 1, __ATOMIC_RELEASE);
	__atomic_fetch_add(&self->shared->calls, 1, __ATOMIC_RELAXED);
	call->result = fuzz_raw(wanted->number, wanted->arguments);
	call->is_done = true;
	if ((uint64_t)call->result < -4095ul)
		__atomic_fetch_add(&self->shared->ok, 1, __ATOMIC_RELAXED);
}

static const struct pattern *choose(struct fuzz_thread *self, const struct group *group)
{
	unsigned sum = 0, at = 0;
	uint64_t chosen;

	for (unsigned i = 0; i < group->count; i++)
		sum += group->patterns[i].weight;
	chosen = fuzz_below(self, sum);
	while (chosen >= group->patterns[at].weight)
		chosen -= group->patterns[at++].weight;
	return &group->patterns[at];
}

static void call_of(struct fuzz_thread *self, const struct group *group)
{
	const struct pattern *pattern = choose(self, group);
	struct fuzz_call call = {.number = pattern->number};

	for (unsigned i = 0; i < 6 && pattern->arguments[i]; i++)
		call.arguments[i] = fuzz_value(self, pattern->arguments[i]);
	make(self, &call);
}

/* Whether a number must not be called with just anything: it would end or copy the worker, or wait without end. */
static bool is_special(uint64_t number)
{
	static const uint16_t special[] = {SYS_fork,   SYS_vfork,        SYS_clone,
	                                   SYS_clone3, SYS_execve,       SYS_execveat,
	                                   SYS_exit,   SYS_exit_group,   SYS_rt_sigreturn,
	                                   SYS_pause,  SYS_rt_sigsuspend};

	for (unsigned i = 0; i < ARRAY_SIZE(special); i++) {
		if (special[i] == number)
			return true;
	}
	return false;
}

static void call_anything(struct fuzz_thread *self)
{
	static const char letters[] = "fpbBnoxzFaltikq";
	struct fuzz_call call = {.number = fuzz_below(self, NUMBERS_MAX)};

	if (fuzz_one_in(self, 20))
		call.number = fuzz_value(self, 'x');
	if (is_special(call.number))
		return;
	for (unsigned i = 0; i < 6; i++)
		call.arguments[i] = fuzz_value(self,
		                               letters[fuzz_below(self, sizeof(letters) - 1)]);
	make(self, &call);
}

static const struct group *some_group(struct fuzz_thread *self)
{
	uint64_t chosen = fuzz_below(self, GROUPS_WEIGHT);
	unsigned at = 0;

	while (chosen >= groups[at].weight)
		chosen -= groups[at++].weight;
	return &groups[at];
}

/* What is no system call: the arena as it is by now. */
static void touch(struct fuzz_thread *self)
{
	volatile uint8_t *byte =
		(volatile uint8_t *)(FUZZ_ARENA + fuzz_below(self, FUZZ_ARENA_PAGES * FUZZ_PAGE));

	if (fuzz_one_in(self, 2))
		*byte = (uint8_t)fuzz_below(self, 256);
	else
		(void)*byte;
}

void fuzz_one_call(struct fuzz_thread *self)
{
	if (fuzz_one_in(self, 120))
		fuzz_fork(self);
	else if (fuzz_one_in(self, 40))
		call_anything(self);
	else if (fuzz_one_in(self, 40))
		touch(self);
	else
		call_of(self, some_group(self));
}

/* Signals with a handler, so that whatever the first thread waits for comes to an end. */
static void poke(struct fuzz_thread *self)
{
	struct fuzz_call call = {.number = SYS_kill,
	                         .arguments = {(uint64_t)fuzz_raw(SYS_getpid, (uint64_t[6]){0}),
	                                       10}};

	make(self, &call);
}

void fuzz_race(struct fuzz_thread *self)
{
	if (fuzz_one_in(self, 12))
		poke(self);
	else if (fuzz_one_in(self, 3))
		fuzz_one_call(self);
	else
		call_of(self, MEMORY_GROUP);
}
