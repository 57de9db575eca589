/*
 * The object that tells about the store and checks it.
 */
#include "control.h"
#include "cache.h"
#include "files.h"
#include "writeback.h"

#include <base/bits.h>
#include <object-tree/object_serve.h>

#define FINDINGS_TOLD 12u

static const char *storage(void)
{
	return fs.is_memory ? "memory" : "disk";
}

static void put_uint(struct cbor_writer *w, const char *key, uint64_t value)
{
	cbor_put_text(w, key);
	cbor_put_uint(w, value);
}

static void put_text(struct cbor_writer *w, const char *key, const char *value)
{
	cbor_put_text(w, key);
	cbor_put_text(w, value);
}

static status_t run_stat(struct object_call *call)
{
	struct cbor_mark map = cbor_open_map(&call->result);
	struct store_statfs space;

	store_statfs(fs.store, &space);
	put_uint(&call->result, "blocks", space.data_blocks);
	put_uint(&call->result, "cached", cache_pages());
	put_uint(&call->result, "commits", space.commit);
	put_uint(&call->result, "files", space.inodes);
	put_uint(&call->result, "free", space.available);
	put_uint(&call->result, "hashed", store_hashed_blocks());
	put_text(&call->result, "reason", fs.reason);
	put_text(&call->result, "storage", storage());
	cbor_close(&call->result, map);
	return OK;
}

static status_t run_sync(struct object_call *call)
{
	(void)call;
	return writeback_sync_all();
}

static void on_finding(void *context, const char *text)
{
	struct object_call *call = context;
	static uint32_t told;

	if (text == NULL)
		told = 0;
	else if (told++ < FINDINGS_TOLD)
		cbor_put_text(&call->result, text);
}

/* The checker looks at what is committed. */
static status_t run_check(struct object_call *call)
{
	struct store_check check = {.finding = on_finding, .context = call};
	struct cbor_mark map = cbor_open_map(&call->result), texts;
	status_t status = object_arg_bool(call, "fast", &check.skip_data);

	if (status == OK)
		status = writeback_sync_all();
	if (status != OK)
		return status;
	cbor_put_text(&call->result, "texts");
	texts = cbor_open_array(&call->result);
	on_finding(call, NULL);
	status = store_check(fs.store, &check);
	cbor_close(&call->result, texts);
	put_uint(&call->result, "directories", check.dirs);
	put_uint(&call->result, "files", check.files);
	put_uint(&call->result, "findings", check.findings);
	cbor_close(&call->result, map);
	return status;
}

static void get_storage(void *self, struct cbor_writer *out)
{
	(void)self;
	cbor_put_text(out, storage());
}

static void get_reason(void *self, struct cbor_writer *out)
{
	(void)self;
	cbor_put_text(out, fs.reason);
}

static const struct object_method methods[] = {
	{"stat", "Blocks are of 4 KiB.", NULL,
         "{blocks: uint, cached: uint, commits: uint, files: uint, free: uint, hashed: uint, reason: text, "
         "storage: text}",
         OBJECT_MAY_READ, run_stat},
	{"sync", "Everything written is on the disk when it returns.", NULL, NULL,
         OBJECT_MAY_CHANGE, run_sync},
	{"check", "Read the whole store and tell what does not fit; fast: without file contents.",
         "fast?: bool", "{directories: uint, files: uint, findings: uint, texts: [text]}",
         OBJECT_MAY_MANAGE, run_check},
};
static const struct object_property properties[] = {
	{"reason", "Why the store is where it is; empty when all is well.", "text", get_reason},
	{"storage", "Where the store is: disk or memory.", "text", get_storage},
};
static const struct object_type type = {
	.name = "files",
	.doc = "The file server.",
	.methods = methods,
	.method_count = ARRAY_SIZE(methods),
	.properties = properties,
	.property_count = ARRAY_SIZE(properties),
};

status_t control_dispatch(struct ipc_message *m, void *page)
{
	struct object_instance instance = {.type = &type, .granted = OBJECT_MAY_ALL};

	return object_serve(&instance, m, page);
}
