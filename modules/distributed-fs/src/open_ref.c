/*
 * References to open inodes: counts in memory only. They keep an inode without a name
 * from being freed. After a crash nobody holds anything, so open frees all orphans.
 */
#include "inode.h"
#include "store_private.h"
#include "tx.h"

static struct open_ref **ref_link(struct store *store, uint64_t number)
{
	struct open_ref **link = &store->open_refs[number % OPEN_REF_LISTS];

	while (*link != NULL && (*link)->inode != number)
		link = &(*link)->next;
	return link;
}

uint64_t open_ref_count(const struct store *store, uint64_t number)
{
	const struct open_ref *ref = store->open_refs[number % OPEN_REF_LISTS];

	while (ref != NULL && ref->inode != number)
		ref = ref->next;
	return ref != NULL ? ref->count : 0;
}

static status_t ref_add(struct store *store, struct open_ref **link, uint64_t number)
{
	struct open_ref *ref = store->ops.alloc(store->ops.context, sizeof(*ref));

	if (ref == NULL)
		return E_NOMEM;
	*ref = (struct open_ref){.inode = number, .count = 1};
	*link = ref;
	return OK;
}

status_t store_open_ref(struct store *store, uint64_t inode)
{
	struct open_ref **link = ref_link(store, inode);
	struct disk_inode disk;
	status_t status;

	if (*link != NULL) {
		(*link)->count++;
		return OK;
	}
	status = tx_begin_read(store);
	if (status == OK)
		status = inode_get(store, inode, &disk);
	return status == OK ? ref_add(store, link, inode) : status;
}

static void ref_remove(struct store *store, struct open_ref **link)
{
	struct open_ref *ref = *link;

	*link = ref->next;
	store->ops.free(store->ops.context, ref, sizeof(*ref));
}

status_t store_close_ref(struct store *store, uint64_t inode)
{
	struct open_ref **link = ref_link(store, inode);
	struct disk_inode disk;
	status_t status;

	if (*link == NULL)
		return E_INVAL;
	if (--(*link)->count > 0)
		return OK;
	ref_remove(store, link);
	status = tx_begin_read(store);
	if (status == OK)
		status = inode_get(store, inode, &disk);
	if (status != OK || disk.links > 0 || store->is_read_only)
		return status;
	return orphan_reap(store, inode);
}

status_t store_reap(struct store *store)
{
	return store->is_read_only ? E_ROFS : orphan_reap_all(store);
}

void open_ref_close_all(struct store *store)
{
	for (unsigned int i = 0; i < OPEN_REF_LISTS; i++)
		while (store->open_refs[i] != NULL)
			ref_remove(store, &store->open_refs[i]);
}
