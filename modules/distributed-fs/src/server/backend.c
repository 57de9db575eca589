/*
 * Which device the store is on. A blank disk is formatted and filled with the default tree. A disk that is
 * damaged, foreign, truncated or of another version is left alone, and so is a machine without one: the
 * same tree then lives in memory, and the log, the console and the object `files` say so.
 */
#include "backend.h"
#include "clock.h"
#include "disk.h"
#include "journal.h"
#include "files.h"
#include "memory_disk.h"

#include <base/bits.h>
#include <base/format.h>
#include <base/string.h>
#include <libanon/heap.h>
#include <libanon/log.h>
#include <libanon/start.h>
#include <libanon/time.h>

#define DISK_TRIES 100u
#define DISK_PAUSE_NS (100 * NS_PER_MS)
#define MEMORY_PART 2u /* of the pages that we may have */

static void *do_alloc(void *context, size_t bytes)
{
	(void)context;
	return heap_alloc(bytes);
}

static void do_free(void *context, void *memory, size_t bytes)
{
	(void)context;
	(void)bytes;
	heap_free(memory);
}

static int64_t do_now(void *context)
{
	(void)context;
	return clock_now();
}

static void do_random(void *context, void *buffer, size_t bytes)
{
	(void)context;
	clock_random(buffer, bytes);
}

static struct store_ops ops = {
	.alloc = do_alloc, .free = do_free, .now = do_now, .random = do_random};

static status_t format(struct store_message *message)
{
	static const struct store_format_options options;
	status_t status = store_format(&ops, &options, &fs.store, message);

	if (status == OK)
		status = store_layout_default(fs.store);
	if (status == OK)
		status = store_commit(fs.store);
	if (fs.store != NULL)
		store_close(fs.store);
	fs.store = NULL;
	return status;
}

/* As long as somebody may come back for them, files without names are there (recover.c). */
static status_t open_store(bool is_read_only, struct store_message *message)
{
	const struct store_options options = {.is_read_only = is_read_only, .keeps_orphans = true};

	return store_open(&ops, &options, &fs.store, message);
}

/* --- the disk --- */

static void explain(status_t status, const char *what)
{
	format_string(fs.reason, sizeof(fs.reason), "%s%s%s", what[0] != 0 ? what : "",
	              what[0] != 0 ? "; " : "", status_name(status));
}

static status_t open_or_format(bool is_read_only)
{
	struct store_message message = {""};
	status_t status = open_store(is_read_only, &message);

	if (status == E_BLANK && !is_read_only) {
		status = format(&message);
		if (status == OK)
			status = open_store(false, &message);
		if (status == OK)
			log_info("the disk was blank: formatted, %lu MiB", ops.blocks / 256);
	}
	if (status != OK)
		explain(status, message.text);
	else if (message.text[0] != 0)
		log_warn("%s", message.text);
	return status;
}

static status_t open_disk(void)
{
	bool is_read_only = false;
	status_t status = disk_begin(&ops, &is_read_only);

	if (status == E_NOENT)
		string_copy(fs.reason, "there is no disk", sizeof(fs.reason));
	else if (status != OK)
		explain(status, "the disk does not answer");
	if (status != OK)
		return status;
	status = open_or_format(is_read_only);
	fs.is_read_only = status == OK && is_read_only;
	if (status == OK)
		string_copy(fs.reason, is_read_only ? "the disk is read-only" : "",
		            sizeof(fs.reason));
	return status;
}

/* --- memory --- */

static uint64_t memory_blocks(void)
{
	struct domain_info domain;
	struct system_info system;
	uint64_t pages = 0;

	if (sys_domain_info(own_domain(), &domain) == OK && sys_system_info(&system) == OK)
		pages = MIN(domain.limits.pages - domain.pages_used, system.pages_free);
	return MAX(pages / MEMORY_PART, (uint64_t)STORE_BLOCKS_MIN);
}

static status_t make_in_memory(void)
{
	struct store_message message;
	status_t status = memory_disk_begin(&ops, memory_blocks());

	fs.is_memory = true;
	if (status == OK && !journal_is_found())
		status = format(&message);
	return status == OK ? open_store(false, &message) : status;
}

/* Everybody should know: what is written now is lost at the end. */
static void announce(status_t disk_status)
{
	if (disk_status == OK)
		return;
	if (disk_status != E_NOENT)
		log_error("the disk is left alone: %s", fs.reason);
	log_warn("files are kept in memory only: %s", fs.reason);
}

status_t backend_begin(void)
{
	status_t status = E_NOENT;

	if (memory_disk_is_found())
		return make_in_memory();
	for (unsigned i = 0; i < DISK_TRIES; i++) {
		status = open_disk();
		if (status == OK)
			return OK;
		if (status != E_GONE && !journal_is_found())
			break;
		sleep_ns(DISK_PAUSE_NS); /* the driver is being started again, too */
	}
	announce(status);
	return make_in_memory();
}

void backend_restarted(void)
{
	if (!fs.is_memory)
		disk_restarted();
}
