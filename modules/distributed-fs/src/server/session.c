/*
 * Sessions and their tables of fids. A table is a list of chunks that come into being when they are used.
 *
 * Nobody tells the server that a client is gone, so sessions are found again by use: when there are too
 * many, the one used longest ago goes, first among those without files. Its client, should it live, is
 * told E_HANDLE and attaches anew. A client that is done clunks fid 0, which ends its session.
 *
 * Sessions and fids outlive the server (kept.c). Numbers of sessions start from the clock, so that a handle never
 * comes to mean another session.
 */
#include "session.h"
#include "files.h"

#include <base/bits.h>
#include <libanon/heap.h>
#include <libanon/time.h>

static struct tree sessions = TREE_INIT;
static struct list recent = LIST_INIT(recent);
static uint64_t next_number;
static uint32_t fid_total;
static struct session *by_place[KEPT_SESSIONS];

/* --- fids --- */

static struct fid *slot_of(const struct session *session, uint32_t fid)
{
	struct fid *chunk = fid < FIDS_MAX ? session->chunks[fid / FIDS_PER_CHUNK] : NULL;

	return chunk != NULL ? &chunk[fid % FIDS_PER_CHUNK] : NULL;
}

status_t session_vnode(const struct session *session, uint32_t fid, struct vnode **out)
{
	struct fid *slot = slot_of(session, fid);

	if (slot == NULL || slot->node == NULL)
		return E_STALE;
	*out = slot->node;
	return OK;
}

status_t session_vnode_to_change(const struct session *session, uint32_t fid, struct vnode **out)
{
	return session->is_read_only || fs.is_read_only ? E_ROFS : session_vnode(session, fid, out);
}

status_t session_reserve(struct session *session, uint32_t fid)
{
	struct fid *slot = slot_of(session, fid);

	if (fid >= FIDS_MAX || fid_total >= KEPT_FIDS)
		return E_LIMIT;
	if (slot != NULL)
		return slot->node != NULL ? E_EXIST : OK;
	session->chunks[fid / FIDS_PER_CHUNK] = heap_zalloc(FIDS_PER_CHUNK * sizeof(*slot));
	return session->chunks[fid / FIDS_PER_CHUNK] != NULL ? OK : E_NOMEM;
}

static void set(struct session *session, uint32_t fid, struct vnode *node, uint32_t kept)
{
	*slot_of(session, fid) = (struct fid){node, kept};
	session->fid_count++;
	fid_total++;
}

void session_set(struct session *session, uint32_t fid, struct vnode *node)
{
	set(session, fid, node, kept_fid_add(session->kept, fid, vnode_inode(node)));
}

static void drop_fid(struct session *session, struct fid *slot)
{
	struct vnode *node = slot->node;

	kept_fid_drop(slot->kept);
	slot->node = NULL;
	session->fid_count--;
	fid_total--;
	vnode_put(node);
}

static void drop_chunk(struct session *session, struct fid *chunk)
{
	for (uint32_t i = 0; chunk != NULL && i < FIDS_PER_CHUNK; i++) {
		if (chunk[i].node != NULL)
			drop_fid(session, &chunk[i]);
	}
	heap_free(chunk);
}

/* --- life --- */

static void session_close(struct session *session)
{
	for (uint32_t i = 0; i < FIDS_MAX / FIDS_PER_CHUNK; i++)
		drop_chunk(session, session->chunks[i]);
	kept_sessions()[session->kept].number = 0;
	by_place[session->kept] = NULL;
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

	if (sessions.count < KEPT_SESSIONS)
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

static void add(struct session *session, uint32_t place, uint64_t number)
{
	session->kept = place;
	by_place[place] = session;
	list_init(&session->recent);
	list_push_back(&recent, &session->recent);
	(void)tree_insert(&sessions, &session->by_number, number);
}

/* There is a free place: make_place saw to it. */
static void add_new(struct session *session)
{
	struct kept_session *kept = kept_sessions();
	uint32_t place = 0;

	while (by_place[place] != NULL)
		place++;
	next_number = MAX(next_number, clock_ns() / NS_PER_US + 1);
	add(session, place, next_number++);
	kept[place].is_read_only = session->is_read_only;
	__atomic_store_n(&kept[place].number, session->by_number.key, __ATOMIC_SEQ_CST);
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
	add_new(session);
	session_set(session, 0, node);
	*out = session;
	return OK;
}

status_t session_adopt_all(void)
{
	struct kept_session *kept = kept_sessions();

	for (uint32_t i = 0; i < KEPT_SESSIONS; i++) {
		struct session *session;

		if (kept[i].number == 0)
			continue;
		session = heap_zalloc(sizeof(*session));
		if (session == NULL)
			return E_NOMEM;
		session->is_read_only = kept[i].is_read_only != 0;
		add(session, i, kept[i].number);
		next_number = MAX(next_number, kept[i].number + 1);
	}
	return OK;
}

status_t session_adopt_fid(const struct kept_fid *entry, uint32_t place)
{
	struct session *session = by_place[entry->session];
	struct vnode *node;
	status_t status = session != NULL ? session_reserve(session, entry->fid) : E_STALE;

	if (status == OK)
		status = vnode_get(entry->inode, &node);
	if (status == OK)
		set(session, entry->fid, node, place);
	return status;
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
	.grow = data_grow,
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
		return ipc_dispatch_end(m, E_HANDLE);
	session = tree_entry(found, struct session, by_number);
	list_remove(&session->recent);
	list_push_back(&recent, &session->recent);
	return file_dispatch(&session_ops, session, m, page);
}
