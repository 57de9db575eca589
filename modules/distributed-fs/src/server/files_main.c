/*
 * The file server: the store as directories of the object tree and as file sessions, with a page cache.
 *
 *   place.c     files and directories as objects: lookup, list, attach
 *   session.c   file sessions and their fids; session_names.c and session_data.c answer file.ipc
 *   vnode.c     the files in use; cache.c their page caches; writeback.c what makes them durable
 *   generations.c  what tells clients of changes
 *   vault.c, kept.c, journal.c  what outlives the server; recover.c takes it over
 *   backend.c   which device the store is on; disk.c the block ring, memory_disk.c the stand-in
 *   control.c   the server's own object, /srv/files
 *   extras.c    what the loader brought for the store
 *
 * One thread, one endpoint: the badge of the caller's handle says which part a request is for. Requests
 * wait while the disk works.
 */
#include "backend.h"
#include "cache.h"
#include "clock.h"
#include "control.h"
#include "extras.h"
#include "files.h"
#include "generations.h"
#include "journal.h"
#include "kept.h"
#include "recover.h"
#include "vault.h"
#include "vnode.h"
#include "place.h"
#include "session.h"
#include "writeback.h"

#include <libanon/log.h>
#include <libanon/start.h>
#include <libanon/wire.h>

struct file_server fs;

status_t files_handle(uint64_t kind, uint64_t value, uint32_t rights, handle_t *out)
{
	return sys_handle_derive(fs.server.endpoint, rights,
	                         kind << BADGE_KIND_SHIFT | (value & BADGE_VALUE_MASK), out);
}

static status_t dispatch_kind(struct ipc_message *m, void *page)
{
	uint64_t value = m->badge & BADGE_VALUE_MASK;

	if (m->badge == BADGE_SERVICE)
		return control_dispatch(m, page);
	if (m->badge == BADGE_ROOT)
		return place_dispatch_root(m, page);
	switch (BADGE_KIND(m->badge)) {
	case BADGE_PLACE: return place_dispatch(value, m, page);
	case BADGE_SESSION: return session_dispatch(value, m, page);
	case BADGE_CACHE: return cache_dispatch(value, m);
	default: return ipc_dispatch_end(m, E_UNSUPPORTED);
	}
}

static status_t dispatch(struct server *server, struct ipc_message *m, void *page)
{
	status_t status = dispatch_kind(m, page);

	(void)server;
	writeback_schedule();
	return status;
}

static void on_event(struct server *server, uint64_t bits)
{
	(void)server;
	if ((bits & EVENT_RESTARTED) != 0) {
		backend_restarted();
		clock_restarted();
	}
	if ((bits & EVENT_CLOCK) != 0)
		clock_read();
	if ((bits & EVENT_TIMER) != 0)
		writeback_tick();
}

static status_t begin(void)
{
	handle_t serve = start_handle("serve");
	status_t status = handle_is_none(serve) ? E_HANDLE : server_init(&fs.server, serve, NULL);

	fs.event = start_handle("news");
	if (status == OK && handle_is_none(fs.event))
		status = sys_event_create(&fs.event);
	if (status == OK)
		status = server_bind_event(&fs.server, fs.event);
	fs.server.dispatch = dispatch;
	fs.server.on_event = on_event;
	vault_begin();
	clock_begin();
	if (status == OK)
		status = kept_begin();
	if (status == OK)
		status = backend_begin();
	if (status == OK && !journal_is_found())
		extras_install(); /* else done: before the journal began, and not in it */
	if (status == OK)
		status = generations_begin();
	if (status == OK)
		status = cache_begin();
	if (status == OK)
		status = writeback_begin();
	return status == OK ? recover() : status;
}

int main(void)
{
	status_t status = begin();

	if (status == OK)
		status = server_run(&fs.server);
	log_error("ends: %s", status_name(status));
	return 1;
}
