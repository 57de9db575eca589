/*
 * Calls to the file server. Each may take as long as a disk does: no lock is held. The session is one for the
 * whole container; the lock here guards only its handle and the free numbers.
 *
 * A server that dies with a call in hand may have done it or not. Its successor has the session and the fids, so the
 * call is made again: what must not happen twice bears a number by which it is known, and a fid that was to be
 * new is clunked first.
 */
#include "store_client.h"
#include "errno.h"
#include "lock.h"
#include "pages.h"
#include "random_bytes.h"
#include <base/string.h>
#include <distributed-fs/file_ipc.h>
#include <distributed-fs/generations.h>
#include <libanon/heap.h>
#include <libanon/log.h>
#include <libanon/memory.h>
#include <libanon/start.h>
#include <libanon/time.h>
#include <object-tree/object.h>

#define FIDS_MAX 16384u
#define RECONNECT_TRIES 500u
#define RECONNECT_PAUSE_NS (20 * NS_PER_MS)
#define REPEATS 256u
#define QUICK_REPEATS 8u
#define REQUEST_REPEATED (1ull << 63)
#define FILE_WRITABLE 1u
#define FILE_SYNC_DATA 1u
#define FILE_UNLINK_DIRECTORY 1u

static struct mutex lock = MUTEX_RANKED(RANK_LEAF);
static handle_t session;                  /* [lock] */
static uint32_t epoch;                    /* [lock] written; atomic */
static uint64_t free_fids[FIDS_MAX / 64]; /* [lock] bit set: in use */
static uint32_t first_free;               /* [lock] word to begin at */
const uint64_t *store_generations;        /* atomic */
static uint64_t last_request;             /* atomic */

static handle_t current(void)
{
	mutex_lock(&lock);
	handle_t handle = session;
	mutex_unlock(&lock);
	return handle;
}

uint32_t store_epoch(void)
{
	return __atomic_load_n(&epoch, __ATOMIC_ACQUIRE);
}

static status_t attach(handle_t *out)
{
	handle_t root = start_handle("root");
	if (handle_is_none(root))
		return E_NOENT;
	return obj_attach(root, "", 0, out);
}

/*
 * A page that can still be read is the server's own: only the session was lost. A page that went with its server
 * stays mapped, since a task may be reading it: a page of address space for each restart. Without one nothing
 * is believed.
 */
static void map_generations(handle_t fresh)
{
	void *page = NULL;
	handle_t memory;
	if (store_generations && memory_os_load(store_generations) != 0)
		return;
	if (file_generations(fresh, &memory) != OK)
		memory = HANDLE_NONE;
	if (!handle_is_none(memory)) {
		if (memory_map(memory, 0, GENERATION_COUNT * sizeof(uint64_t), MAP_READ, &page) !=
		    OK)
			page = NULL;
		(void)sys_handle_close(memory);
	}
	__atomic_store_n(&store_generations, page, __ATOMIC_RELEASE);
}

static void install(handle_t fresh)
{
	map_generations(fresh);
	mutex_lock(&lock);
	handle_t old = session;
	session = fresh;
	__atomic_store_n(&epoch, epoch + 1, __ATOMIC_RELEASE);
	mutex_unlock(&lock);
	if (!handle_is_none(old))
		(void)sys_handle_close(old);
}

int64_t store_connect(void)
{
	handle_t fresh;
	status_t status = attach(&fresh);
	if (status != OK)
		return errno_from_status(status);
	free_fids[0] = 1; /* fid 0 is the root */
	random_bytes(&last_request, sizeof(last_request));
	install(fresh);
	return 0;
}

int64_t store_reconnect(uint32_t seen_epoch)
{
	for (unsigned i = 0; i < RECONNECT_TRIES; i++) {
		handle_t fresh;
		if (store_epoch() != seen_epoch)
			return 0; /* another task did it */
		if (attach(&fresh) == OK) {
			install(fresh);
			log_info("the file server is back: session %u", seen_epoch + 1);
			return 0;
		}
		sleep_ns(RECONNECT_PAUSE_NS);
	}
	return -EIO;
}

uint32_t store_fid_alloc(void)
{
	uint32_t fid = 0;
	mutex_lock(&lock);
	for (uint32_t word = first_free; word < FIDS_MAX / 64 && fid == 0; word++) {
		if (free_fids[word] == ~0ull)
			continue;
		uint32_t bit = (uint32_t)__builtin_ctzll(~free_fids[word]);
		free_fids[word] |= 1ull << bit;
		first_free = word;
		fid = word * 64 + bit;
	}
	mutex_unlock(&lock);
	return fid;
}

void store_fid_free(uint32_t fid)
{
	if (fid == 0)
		return;
	mutex_lock(&lock);
	free_fids[fid / 64] &= ~(1ull << fid % 64);
	if (fid / 64 < first_free)
		first_free = fid / 64;
	mutex_unlock(&lock);
}

static int64_t result_of(status_t status)
{
	return status == E_GONE || status == E_HANDLE ? STORE_GONE : errno_from_status(status);
}

static void take_attr(const struct file_attr *from, struct store_attr *to)
{
	*to = (struct store_attr){
		.inode = from->inode,
		.size = from->size,
		.allocated = from->allocated,
		.atime = from->atime,
		.mtime = from->mtime,
		.ctime = from->ctime,
		.rdev = from->rdev,
		.mode = from->mode,
		.uid = from->uid,
		.gid = from->gid,
		.links = from->links,
		.generation = from->generation,
	};
}

/* What a call said, and the attributes it brought when it went well. */
static int64_t with_attr(status_t status, const struct file_attr *from, struct store_attr *to)
{
	if (status == OK && to)
		take_attr(from, to);
	return result_of(status);
}

/* --- calls that outlive their server --- */

/* Whether to make the call again: the server died with it. One that is not started again answers so for ever. */
static bool must_repeat(status_t status, unsigned *tries)
{
	if (status != E_GONE || *tries == REPEATS)
		return false;
	if (++*tries > QUICK_REPEATS)
		sleep_ns(RECONNECT_PAUSE_NS);
	return true;
}

/* Makes the call until it is answered; tries: how often it was made before. */
#define CALL(status, call) \
	do { \
		unsigned tries = 0; \
		do \
			(status) = (call); \
		while (must_repeat((status), &tries)); \
	} while (0)

/* A number that no other request has; repetitions say that they are. */
static uint64_t new_request(void)
{
	return __atomic_add_fetch(&last_request, 1, __ATOMIC_RELAXED) & ~REQUEST_REPEATED;
}

static uint64_t mark(uint64_t request, unsigned tries)
{
	return tries > 0 ? request | REQUEST_REPEATED : request;
}

/* Before a call that gives the fid a meaning is made again. */
static void free_again(uint32_t fid, unsigned tries)
{
	if (tries > 0)
		(void)file_clunk(current(), fid);
}

void store_clunk(uint32_t fid, uint32_t fid_epoch)
{
	if (fid_epoch == store_epoch())
		(void)store_clunk_only(fid);
	store_fid_free(fid);
}

/* A fid that is gone when it is asked for again was clunked the time before. */
static status_t clunk(uint32_t fid, unsigned tries)
{
	status_t status = file_clunk(current(), fid);
	return status == E_STALE && tries > 0 ? OK : status;
}

int64_t store_clunk_only(uint32_t fid)
{
	status_t status;
	CALL(status, clunk(fid, tries));
	return result_of(status);
}

static status_t walk(uint32_t fid, uint32_t new_fid, const char *path, uint32_t *used,
                     struct file_attr *attr, unsigned tries)
{
	free_again(new_fid, tries);
	return file_walk(current(), fid, new_fid, path, used, attr);
}

int64_t store_walk(uint32_t fid, uint32_t new_fid, const char *path, uint32_t *used,
                   struct store_attr *a)
{
	struct file_attr attr;
	status_t status;
	CALL(status, walk(fid, new_fid, path, used, &attr, tries));
	return with_attr(status, &attr, a);
}

int64_t store_getattr(uint32_t fid, struct store_attr *a)
{
	struct file_attr attr;
	status_t status;
	CALL(status, file_getattr(current(), fid, &attr));
	return with_attr(status, &attr, a);
}

int64_t store_setattr(uint32_t fid, uint32_t mask, const struct store_attr *a,
                      struct store_attr *now)
{
	struct file_attr attr = {.size = a->size,
	                         .atime = a->atime,
	                         .mtime = a->mtime,
	                         .mode = a->mode,
	                         .uid = a->uid,
	                         .gid = a->gid};
	struct file_attr after;
	status_t status;
	CALL(status, file_setattr(current(), fid, mask, &attr, &after));
	return with_attr(status, &after, now);
}

static status_t create(uint32_t dir, uint32_t new_fid, const char *name,
                       const struct store_attr *wanted, uint64_t request, struct file_attr *attr,
                       unsigned tries)
{
	free_again(new_fid, tries);
	return file_create(current(), dir, new_fid, name, wanted->mode, wanted->uid, wanted->gid,
	                   wanted->rdev, mark(request, tries), attr);
}

int64_t store_create(uint32_t dir, uint32_t new_fid, const char *name,
                     const struct store_attr *wanted, struct store_attr *a)
{
	uint64_t request = new_request();
	struct file_attr attr;
	status_t status;
	CALL(status, create(dir, new_fid, name, wanted, request, &attr, tries));
	return with_attr(status, &attr, a);
}

int64_t store_symlink(uint32_t dir, const char *name, const char *target, uint32_t uid,
                      uint32_t gid)
{
	uint64_t request = new_request();
	struct file_attr attr;
	status_t status;
	CALL(status,
	     file_symlink(current(), dir, name, target, uid, gid, mark(request, tries), &attr));
	return result_of(status);
}

int64_t store_readlink(uint32_t fid, char *target, size_t size)
{
	status_t status;
	CALL(status, file_readlink(current(), fid, target, (uint32_t)size));
	return status == OK ? (int64_t)strlen(target) : result_of(status);
}

int64_t store_link(uint32_t fid, uint32_t dir, const char *name)
{
	uint64_t request = new_request();
	status_t status;
	CALL(status, file_link(current(), fid, dir, name, mark(request, tries)));
	return result_of(status);
}

int64_t store_unlink(uint32_t dir, const char *name, bool is_directory)
{
	uint32_t flags = is_directory ? FILE_UNLINK_DIRECTORY : 0;
	uint64_t request = new_request();
	status_t status;
	CALL(status, file_unlink(current(), dir, name, flags, mark(request, tries)));
	return result_of(status);
}

int64_t store_rename(uint32_t dir, const char *name, uint32_t to_dir, const char *to_name,
                     uint32_t flags)
{
	uint64_t request = new_request();
	status_t status;
	CALL(status,
	     file_rename(current(), dir, name, to_dir, to_name, flags, mark(request, tries)));
	return result_of(status);
}

int64_t store_readdir(uint32_t dir, uint64_t cursor, uint64_t *next, uint8_t *entries,
                      uint32_t *len)
{
	status_t status;
	CALL(status, file_readdir(current(), dir, cursor, next, entries, STORE_ENTRIES_MAX, len));
	return result_of(status);
}

int64_t store_open(uint32_t fid, bool is_writable, handle_t *pages)
{
	struct file_attr attr;
	status_t status;
	CALL(status, file_open(current(), fid, is_writable ? FILE_WRITABLE : 0, pages, &attr));
	return result_of(status);
}

int64_t store_grow(uint32_t fid, uint64_t size, struct store_attr *a)
{
	struct file_attr attr;
	status_t status;
	CALL(status, file_grow(current(), fid, size, &attr));
	return with_attr(status, &attr, a);
}

int64_t store_touch(uint32_t fid, struct store_attr *a)
{
	struct file_attr attr;
	status_t status;
	CALL(status, file_touch(current(), fid, &attr));
	return with_attr(status, &attr, a);
}

int64_t store_sync(uint32_t fid, bool is_data_only)
{
	status_t status;
	CALL(status, file_sync(current(), fid, is_data_only ? FILE_SYNC_DATA : 0));
	return result_of(status);
}

int64_t store_sync_all(void)
{
	status_t status;
	CALL(status, file_sync_all(current()));
	return result_of(status);
}

int64_t store_statfs(uint32_t fid, struct store_space *out)
{
	status_t status;
	CALL(status, file_statfs(current(), fid, &out->blocks, &out->blocks_free, &out->files,
	                         &out->block_bytes, &out->flags, &out->id));
	return result_of(status);
}

int64_t store_seek(uint32_t fid, uint64_t offset, int whence, uint64_t *found)
{
	status_t status;
	CALL(status, file_seek(current(), fid, offset, (uint32_t)whence, found));
	return result_of(status);
}
