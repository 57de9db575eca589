/*
 * What the file half needs around it in host tests: a task, locks that check their use, memory objects made of
 * host memory, "guest" memory that is the test's own, nobody to wait for. Not linked into anything else.
 */
#include "host_files.h"
#include "console.h"
#include "guest.h"
#include "pages.h"
#include "signal.h"
#include "socket.h"
#include "syscall.h"
#include "time.h"
#include "uname.h"
#include <base/assert.h>
#include <base/bits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* glibc shows it only with _GNU_SOURCE, which would bring its own O_ names. */
int memfd_create(const char *name, unsigned flags);

struct process host_process = {.pid = 1, .pgid = 1};
struct task host_task = {.tid = 1, .process = &host_process};
unsigned host_locks_held;

/* --- locks: one thread, so one that is taken twice is a bug --- */

void mutex_init(struct mutex *mutex, unsigned rank)
{
	*mutex = (struct mutex){.rank = (uint16_t)rank};
}

void mutex_lock(struct mutex *mutex)
{
	ASSERT(mutex->word == 0);
	mutex->word = 1;
	host_locks_held++;
}

void mutex_unlock(struct mutex *mutex)
{
	ASSERT(mutex->word == 1);
	mutex->word = 0;
	host_locks_held--;
}

void once_run(struct once *once, void (*fn)(void))
{
	if (once->word == 0)
		fn();
	once->word = 2;
}

/* --- waiting: nothing ever comes, a signal ends every sleep --- */

void wait_queue_init(struct wait_queue *queue)
{
	*queue = (struct wait_queue){0};
}

void wait_add_events(struct wait_queue *queue, struct wait_entry *entry, struct task *task,
                     uint32_t events)
{
	*entry = (struct wait_entry){.queue = queue, .task = task, .events = events};
}

void wait_add(struct wait_queue *queue, struct wait_entry *entry, struct task *task)
{
	wait_add_events(queue, entry, task, 0);
}

void wait_remove(struct wait_entry *entry)
{
	entry->queue = NULL;
}

void wait_wake_events(struct wait_queue *queue, uint32_t events)
{
	(void)queue, (void)events;
}

void wait_wake(struct wait_queue *queue)
{
	(void)queue;
}

uint32_t wait_sequence(struct task *task)
{
	(void)task;
	return 0;
}

int64_t wait_sleep(struct task *task, uint32_t sequence, uint64_t deadline)
{
	(void)task, (void)sequence, (void)deadline;
	ASSERT(host_locks_held == 0);
	return -ERESTARTSYS;
}

bool signal_pending(struct task *task)
{
	(void)task;
	return false;
}

bool signal_kill_pending(struct task *task)
{
	return signal_pending(task);
}

void signal_send_task(struct task *task, int signal)
{
	(void)task;
	host_process.stop_signal = signal;
}

/* --- the task --- */

bool capable(struct task *task, int capability)
{
	return task->cred.cap_effective >> capability & 1;
}

bool cred_in_group(const struct cred *cred, uint32_t gid)
{
	return cred->fsgid == gid;
}

uint64_t task_rlimit(struct task *task, uint32_t which)
{
	(void)task;
	return which == RLIMIT_NOFILE ? 64 : RLIM_INFINITY;
}

uint64_t time_real_ns(void)
{
	static uint64_t now = 1000000000;
	return now += 1000;
}

uint64_t time_monotonic_ns(void)
{
	return time_real_ns();
}

/* --- guest memory: addresses of the test --- */

int guest_range_ok(uint64_t address, uint64_t bytes)
{
	return address >= 4096 && address + bytes >= address;
}

int64_t copy_from_guest(struct task *task, void *to, uint64_t u_from, size_t bytes)
{
	(void)task;
	ASSERT(host_locks_held == 0);
	if (!guest_range_ok(u_from, bytes))
		return -EFAULT;
	memcpy(to, (void *)u_from, bytes);
	return 0;
}

int64_t copy_to_guest(struct task *task, uint64_t u_to, const void *from, size_t bytes)
{
	(void)task;
	ASSERT(host_locks_held == 0);
	if (!guest_range_ok(u_to, bytes))
		return -EFAULT;
	memcpy((void *)u_to, from, bytes);
	return 0;
}

int64_t clear_guest(struct task *task, uint64_t u_to, size_t bytes)
{
	(void)task;
	memset((void *)u_to, 0, bytes);
	return 0;
}

int64_t strncpy_from_guest(struct task *task, char *to, uint64_t u_from, size_t size)
{
	(void)task;
	size_t len = strnlen((const char *)u_from, size);
	if (len == size)
		return -ENAMETOOLONG;
	memcpy(to, (const char *)u_from, len + 1);
	return (int64_t)len;
}

int64_t get_guest_u32(struct task *task, uint64_t u_from, uint32_t *out_value)
{
	return copy_from_guest(task, out_value, u_from, sizeof(*out_value));
}

int64_t get_guest_u64(struct task *task, uint64_t u_from, uint64_t *out_value)
{
	return copy_from_guest(task, out_value, u_from, sizeof(*out_value));
}

int64_t put_guest_u32(struct task *task, uint64_t u_to, uint32_t value)
{
	return copy_to_guest(task, u_to, &value, sizeof(value));
}

int64_t put_guest_u64(struct task *task, uint64_t u_to, uint64_t value)
{
	return copy_to_guest(task, u_to, &value, sizeof(value));
}

int64_t guest_iov_get(struct task *task, uint64_t u_iov, uint64_t count, struct guest_iovec *fast,
                      uint64_t fast_count, struct guest_iovec **out_iov)
{
	int64_t total = 0;
	if (count > fast_count)
		return -EINVAL;
	if (copy_from_guest(task, fast, u_iov, count * sizeof(*fast)) != 0)
		return -EFAULT;
	for (uint64_t i = 0; i < count; i++)
		total += (int64_t)fast[i].len;
	*out_iov = fast;
	return total;
}

void guest_iov_free(struct guest_iovec *iov, struct guest_iovec *fast)
{
	(void)iov, (void)fast;
}

/* --- memory objects: files without a name --- */

int64_t memory_os_create(uint64_t bytes, handle_t *out_memory)
{
	int fd = memfd_create("pages", 0);
	if (fd < 0 || ftruncate(fd, (off_t)bytes) != 0)
		return -ENOMEM;
	out_memory->value = (uint32_t)fd;
	return 0;
}

int64_t memory_os_resize(handle_t memory, uint64_t bytes)
{
	return ftruncate((int)memory.value, (off_t)bytes) == 0 ? 0 : -ENOMEM;
}

void memory_os_populate(handle_t memory, uint64_t offset, uint64_t bytes)
{
	(void)memory, (void)offset, (void)bytes;
}

void memory_os_close(handle_t memory)
{
	close((int)memory.value);
}

void *memory_os_map(handle_t memory, uint64_t offset, uint64_t bytes, bool is_writable)
{
	int prot = PROT_READ | (is_writable ? PROT_WRITE : 0);
	void *at = mmap(NULL, bytes, prot, MAP_SHARED, (int)memory.value, (off_t)offset);
	return at == MAP_FAILED ? NULL : at;
}

void memory_os_unmap(void *address, uint64_t bytes)
{
	munmap(address, bytes);
}

bool memory_os_is_short(void)
{
	return false;
}

uint64_t memory_os_load(const uint64_t *at)
{
	return *at;
}

void memory_os_pause(void)
{
	abort();
}

size_t copy_guarded(void *to, const void *from, size_t bytes)
{
	memcpy(to, from, bytes);
	return bytes;
}

bool touch_guarded(uint8_t *at)
{
	(void)at;
	return true;
}

void sysinfo_memory(uint64_t *out_total_pages, uint64_t *out_free_pages)
{
	*out_total_pages = 1000;
	*out_free_pages = 500;
}

/* --- parts of the file half that tests leave out --- */

void epoll_forget_file(struct file *file)
{
	(void)file;
}

void unix_drop_unreachable(void) {}

int64_t device_open(struct task *task, struct file *file)
{
	(void)task, (void)file;
	return -ENXIO;
}

/* A file system in memory that has a name in it from the start. */
static int64_t mount_filled(struct task *task, const char *options, struct super **out_super,
                            struct dentry **out_root)
{
	int64_t result = tmpfs_mount(task, options, out_super, out_root);
	return result == 0 ? tmpfs_make(*out_root, "name", S_IFREG | 0644, 0, NULL, NULL) : result;
}

const struct fs_type *fs_type_find(const char *name)
{
	static const struct fs_type types[] = {{"tmpfs", false, tmpfs_mount},
	                                       {"filled", false, mount_filled}};
	for (unsigned i = 0; i < ARRAY_SIZE(types); i++) {
		if (strcmp(name, types[i].name) == 0)
			return &types[i];
	}
	return NULL;
}

void host_files_start(void)
{
	static bool is_started;
	struct super *super;
	struct dentry *root;
	if (is_started)
		return;
	is_started = true;
	ASSERT(tmpfs_create("tmpfs", TMPFS_MAGIC, 0755, &super, &root) == 0);
	ASSERT(mount_attach(super, root, "none", NULL, 0, false, NULL) == 0);
	host_task.cred.cap_effective = ~0ull;
	host_task.files = files_create();
	host_task.fs = fs_create();
}
