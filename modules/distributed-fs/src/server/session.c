/*
 * Sessions and their tables of fids. A table is a list of chunks that come into being when they are used.
 *
 * Nobody tells the server that a client is gone, so sessions are found again by use: when there are too
 * many, the one used longest ago goes, first among those without files. Its client, should it live, is
 * told E_GONE, as after a restart of the server, and attaches anew. A client that is done clunks fid 0,
 * which ends its session.
 *
 * Numbers of sessions start from the clock, so that those of an earlier instance mean nothing here.
 */
#include "session.h"
#include "files.h"

#include <libanon/heap.h>
#include <libanon/time.h>

static struct tree sessions = TREE_INIT;
static struct list recent = LIST_INIT(recent);
static uint64_t next_number;
static uint32_t fid_total;

/* --- fids --- */

static struct vnode **slot_of(const struct session *session, uint32_t fid)
{
	struct vnode **chunk = fid < FIDS_MAX ? session->chunks[fid / FIDS_PER_CHUNK] : NULL;

	return chunk != NULL ? &chunk[fid % FIDS_PER_CHUNK] : NULL;
}

status_t session_vnode(const struct session *session, uint32_t fid, struct vnode **out)
{
	struct vnode **slot = slot_of(session, fid);

	if (slot == NULL || *slot == NULL)
		return E_STALE;
	*out = *slot;
	return OK;
}

status_t session_vnode_to_change(const struct session *session, uint32_t fid, struct vnode **out)
{
	return session->is_read_only || fs.is_read_only ? E_ROFS : session_vnode(session, fid, out);
}

status_t session_reserve(struct session *session, uint32_t fid)
{
	struct vnode **slot = slot_of(session, fid);

	if (fid >= FIDS_MAX || fid_total >= FIDS_TOTAL_MAX)
		return E_LIMIT;
	if (slot != NULL)
		return *slot != NULL ? E_EXIST : OK;
	session->chunks[fid / FIDS_PER_CHUNK] = heap_zalloc(FIDS_PER_CHUNK * sizeof(*slot));
	return session->chunks[fid / FIDS_PER_CHUNK] != NULL ? OK : E_NOMEM;
}

void session_set(struct session *session, uint32_t fid, struct vnode *node)
{
	*slot_of(session, fid) = node;
	session->fid_count++;
	fid_total++;
}

static void drop_fid(struct session *session, struct vnode **slot)
{
	struct vnode *node = *slot;

	*slot = NULL;
	session->fid_count--;
	fid_total--;
	vnode_put(node);
}

static void drop_chunk(struct session *session, struct vnode **chunk)
{
	for (uint32_t i = 0; chunk != NULL && i < FIDS_PER_CHUNK; i++) {
		if (chunk[i] != NULL)
			drop_fid(session, &chunk[i]);
	}
	heap_free(chunk);
}

/* --- life --- */

static void session_close(struct session *session)
{
	for (uint32_t i = 0; i < FIDS_MAX / FIDS_PER_CHUNK; i++)
		drop_chunk(session, session->chunks[i]);
	list_remove(&session->recent);
	tree_remove(&sessions, &session->by_number);
	heap_free(session);
}

status_t session_clunk(struct session *session, uint32_t fid)
{
	struct vnode *node;
	status_t status = session_vnode(session, fid, &node);

	if (status != OK)
		return status;
	if (fid == 0)
		session_close(session);
	else
		drop_fid(session, slot_of(session, fid));
	return OK;
}

static void make_place(void)
{
	struct list *at;

	if (sessions.count < SESSIONS_MAX)
		return;
	list_for_each (at, &recent) {
		struct session *session = list_entry(at, struct session, recent);

		if (session->fid_count <= 1) {
			session_close(session);
			return;
		}
	}
	session_close(list_entry(list_first(&recent), struct session, recent));
}

static status_t session_make(uint64_t inode, bool is_read_only, struct session **out)
{
	struct session *session = heap_zalloc(sizeof(*session));
	struct vnode *node;
	status_t status = session != NULL ? session_reserve(session, 0) : E_NOMEM;

	if (status == OK)
		status = vnode_get(inode, &node);
	if (status != OK) {
		if (session != NULL)
			heap_free(session->chunks[0]);
		heap_free(session);
		return status;
	}
	session->is_read_only = is_read_only;
	session_set(session, 0, node);
	if (next_number == 0)
		next_number = clock_ns() / NS_PER_US + 1;
	list_init(&session->recent);
	list_push_back(&recent, &session->recent);
	(void)tree_insert(&sessions, &session->by_number, next_number++);
	*out = session;
	return OK;
}

status_t session_open(uint64_t inode, bool is_read_only, handle_t *out)
{
	struct session *session;
	status_t status;

	make_place();
	status = session_make(inode, is_read_only, &session);
	if (status != OK)
		return status;
	status = files_handle(BADGE_SESSION, session->by_number.key, RIGHTS_OBJECT, out);
	if (status != OK)
		session_close(session);
	return status;
}

/* --- requests --- */

static status_t do_clunk(void *context, uint64_t badge, uint32_t fid)
{
	(void)badge;
	return session_clunk(context, fid);
}

static const struct file_ops session_ops = {
	.walk = names_walk,
	.clunk = do_clunk,
	.getattr = data_getattr,
	.setattr = data_setattr,
	.create = names_create,
	.symlink = names_symlink,
	.readlink = names_readlink,
	.link = names_link,
	.unlink = names_unlink,
	.rename = names_rename,
	.readdir = names_readdir,
	.open = data_open,
	.resize = data_resize,
	.touch = data_touch,
	.sync = data_sync,
	.sync_all = data_sync_all,
	.statfs = data_statfs,
	.seek = data_seek,
	.read = data_read,
	.write = data_write,
	.generations = data_generations,
};

status_t session_dispatch(uint64_t value, struct ipc_message *m, void *page)
{
	struct tree_node *found = tree_find(&sessions, value);
	struct session *session;

	if (found == NULL)
		return ipc_dispatch_end(m, E_GONE);
	session = tree_entry(found, struct session, by_number);
	list_remove(&session->recent);
	list_push_back(&recent, &session->recent);
	return file_dispatch(&session_ops, session, m, page);
}
