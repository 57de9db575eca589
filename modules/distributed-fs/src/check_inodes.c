/*
 * The checker's second walk, over names and orphan notes, and the comparison at the end of
 * what every inode says of itself with what the walks found.
 */
#include "check.h"
#include "dirent.h"
#include "inode.h"
#include "message.h"
#include "store_private.h"

struct check_inode *check_find(struct checker *checker, uint64_t number)
{
	uint64_t low = 0;
	uint64_t high = checker->inode_count;

	while (low < high) {
		uint64_t middle = (low + high) / 2;

		if (checker->inodes[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < checker->inode_count && checker->inodes[low].number == number)
		return &checker->inodes[low];
	return NULL;
}

static bool is_dir(const struct check_inode *inode)
{
	return (inode->mode & STORE_TYPE_MASK) == STORE_TYPE_DIR;
}

/* ---- Names ---- */

static void name_finding(struct checker *checker, uint64_t dir, const struct disk_dirent *entry,
                         const char *text)
{
	struct store_message message;

	message_set(&message, "directory ");
	message_number(&message, dir);
	message_add(&message, ": the name \"");
	message_bytes(&message, entry->name, entry->name_len);
	message_add(&message, "\" (inode ");
	message_number(&message, entry->inode);
	message_add(&message, ") ");
	message_add(&message, text);
	check_sentence(checker, &message);
}

/* Names with one hash are neighbours; so is a name that is there twice. */
static void check_twice(struct checker *checker, struct tree_key key,
                        const struct disk_dirent *entry)
{
	if (checker->last_name_key.object == key.object &&
	    checker->last_name.len == entry->name_len &&
	    memcmp(checker->last_name.bytes, entry->name, entry->name_len) == 0)
		name_finding(checker, key.object, entry, "is there twice");
	checker->last_name_key = key;
	checker->last_name.len = entry->name_len;
	memcpy(checker->last_name.bytes, entry->name, entry->name_len);
}

static void check_form(struct checker *checker, struct tree_key key,
                       const struct disk_dirent *entry)
{
	struct name name = {(const char *)entry->name, entry->name_len};
	uint64_t hash = (key.where & ITEM_WHERE_MASK) >> DIRENT_PROBE_BITS;

	if (name_check(name) != OK)
		name_finding(checker, key.object, entry, "is not allowed");
	if (name_hash(checker->store, name) != hash)
		name_finding(checker, key.object, entry, "is in the wrong place");
}

static void take_name(struct checker *checker, const struct btree_item *item)
{
	const struct disk_dirent *entry = item->data;
	struct check_inode *dir = check_find(checker, item->key.object);
	struct check_inode *child = check_find(checker, entry->inode);

	check_form(checker, item->key, entry);
	check_twice(checker, item->key, entry);
	if (dir != NULL && !is_dir(dir))
		name_finding(checker, item->key.object, entry,
		             "is in something that is no directory");
	if (child == NULL) {
		if (!checker->is_incomplete)
			name_finding(checker, item->key.object, entry, "leads nowhere");
		return;
	}
	if ((uint32_t)entry->type << 12 != (child->mode & STORE_TYPE_MASK))
		name_finding(checker, item->key.object, entry, "says the wrong type");
	child->names++;
	child->named_by = item->key.object;
	if (dir != NULL)
		dir->subdirs += is_dir(child);
}

static void take_note(struct checker *checker, uint64_t number)
{
	struct check_inode *inode = check_find(checker, number);

	if (inode != NULL)
		inode->has_note = true;
	else if (!checker->is_incomplete)
		check_finding(checker, "inode # does not exist, but is noted as an orphan", number,
		              0, 0);
}

status_t check_names(struct checker *checker, const struct btree_item *item)
{
	if (tree_key_type(item->key) == ITEM_DIRENT)
		take_name(checker, item);
	if (tree_key_type(item->key) == ITEM_ORPHAN)
		take_note(checker, item->key.where & ITEM_WHERE_MASK);
	return OK;
}

/* ---- What inodes say ---- */

static void check_links(struct checker *checker, const struct check_inode *inode)
{
	uint32_t expected = inode->names;

	if (is_dir(inode)) {
		uint32_t wanted = inode->number == STORE_ROOT_INODE ? 0 : 1;

		if (inode->links > 0 && inode->names != wanted)
			check_finding(checker, "directory # has # names", inode->number,
			              inode->names, 0);
		expected = inode->links == 0 && inode->names == 0 ? 0 : 2 + inode->subdirs;
	}
	if (inode->links != expected)
		check_finding(checker, "inode # says # links, but has #", inode->number,
		              inode->links, expected);
	if (inode->links == 0 && !inode->has_note)
		check_finding(checker, "inode # has no name and is not noted as an orphan",
		              inode->number, 0, 0);
}

static void check_counts(struct checker *checker, const struct check_inode *inode)
{
	uint32_t type = inode->mode & STORE_TYPE_MASK;

	if (inode->blocks != inode->found_blocks)
		check_finding(checker, "inode # says # blocks, but has #", inode->number,
		              inode->blocks, inode->found_blocks);
	if (type == STORE_TYPE_FILE && inode->found_blocks > inode_span(inode->size) &&
	    !inode->has_note)
		check_finding(checker, "inode # has # blocks, more than its size", inode->number,
		              inode->found_blocks, 0);
	if ((is_dir(inode) || type == STORE_TYPE_SYMLINK) && inode->size != inode->entries)
		check_finding(checker, "inode # says # entries or bytes, but has #", inode->number,
		              inode->size, inode->entries);
}

/* ---- Parents ---- */

/* Follows parents to a directory that is known to lead to the root. */
static bool leads_to_root(struct checker *checker, struct check_inode *inode)
{
	for (uint64_t n = 0; n <= checker->inode_count && inode != NULL; n++) {
		if (inode->is_connected || inode->number == STORE_ROOT_INODE)
			return true;
		inode = check_find(checker, inode->parent);
	}
	return false;
}

static void mark_connected(struct checker *checker, struct check_inode *inode)
{
	while (inode != NULL && !inode->is_connected) {
		inode->is_connected = true;
		inode = inode->number == STORE_ROOT_INODE ? NULL
		                                          : check_find(checker, inode->parent);
	}
}

static void check_parent(struct checker *checker, struct check_inode *inode)
{
	if (!is_dir(inode) || inode->links == 0 || inode->number == STORE_ROOT_INODE)
		return;
	if (inode->names > 0 && inode->parent != inode->named_by)
		check_finding(checker, "directory # says it is in #, but is in #", inode->number,
		              inode->parent, inode->named_by);
	if (leads_to_root(checker, inode))
		mark_connected(checker, inode);
	else
		check_finding(checker, "directory # does not lead to the root", inode->number, 0,
		              0);
}

void check_inodes(struct checker *checker)
{
	if (checker->is_incomplete) {
		check_finding(checker,
		              "parts of the tree cannot be read: counts and names are not compared",
		              0, 0, 0);
		return;
	}
	for (uint64_t i = 0; i < checker->inode_count; i++) {
		check_links(checker, &checker->inodes[i]);
		check_counts(checker, &checker->inodes[i]);
		check_parent(checker, &checker->inodes[i]);
	}
}
