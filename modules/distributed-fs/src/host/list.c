/*
 * anonstore ls and rm: what is in the image, and removing it. Listings are sorted by name;
 * times are in UTC.
 */
#include "commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "guest.h"

struct listing {
	struct store_dirent *entries;
	size_t count;
	size_t capacity;
};

/* ---- ls ---- */

static char type_letter(uint32_t mode)
{
	switch (mode & STORE_TYPE_MASK) {
	case STORE_TYPE_DIR: return 'd';
	case STORE_TYPE_SYMLINK: return 'l';
	case STORE_TYPE_CHAR: return 'c';
	case STORE_TYPE_BLOCK: return 'b';
	case STORE_TYPE_FIFO: return 'p';
	case STORE_TYPE_SOCKET: return 's';
	default: return '-';
	}
}

static void mode_text(uint32_t mode, char out[11])
{
	static const char letters[] = "rwxrwxrwx";

	out[0] = type_letter(mode);
	for (unsigned int i = 0; i < 9; i++)
		out[1 + i] = (mode >> (8 - i) & 1) != 0 ? letters[i] : '-';
	if ((mode & 04000) != 0)
		out[3] = (mode & 0100) != 0 ? 's' : 'S';
	if ((mode & 02000) != 0)
		out[6] = (mode & 010) != 0 ? 's' : 'S';
	if ((mode & 01000) != 0)
		out[9] = (mode & 1) != 0 ? 't' : 'T';
	out[10] = '\0';
}

/* Names are the image's: control characters do not reach the terminal. */
static void print_name(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		putchar((unsigned char)name[i] < 32 || name[i] == 127 ? '?' : name[i]);
}

static bool print_target(struct image *image, uint64_t inode)
{
	char target[STORE_SYMLINK_MAX];
	size_t len;
	status_t status = store_readlink(image->store, inode, target, sizeof(target), &len);

	if (status != OK)
		return complain("symbolic link", status);
	printf(" -> ");
	print_name(target, len);
	return true;
}

static bool print_entry(struct image *image, uint64_t inode, const char *name, size_t len)
{
	struct store_attr attr;
	status_t status = store_getattr(image->store, inode, &attr);
	time_t seconds;
	char mode[11];
	char date[20] = "?";
	struct tm when;
	bool is_fine = true;

	if (status != OK)
		return complain(name, status);
	mode_text(attr.mode, mode);
	seconds = (time_t)(attr.mtime_ns / 1000000000);
	if (gmtime_r(&seconds, &when) != NULL)
		strftime(date, sizeof(date), "%Y-%m-%d %H:%M", &when);
	printf("%s %3u %5u %5u %10llu %s ", mode, attr.links, attr.uid, attr.gid,
	       (unsigned long long)attr.size, date);
	print_name(name, len);
	if ((attr.mode & STORE_TYPE_MASK) == STORE_TYPE_SYMLINK)
		is_fine = print_target(image, inode);
	putchar('\n');
	return is_fine;
}

static bool listing_add(struct listing *listing, const struct store_dirent *entry)
{
	if (listing->count == listing->capacity) {
		size_t capacity = listing->capacity * 2 + 64;
		void *more = realloc(listing->entries, capacity * sizeof(*entry));

		if (more == NULL)
			return complain(entry->name, E_NOMEM);
		listing->entries = more;
		listing->capacity = capacity;
	}
	listing->entries[listing->count++] = *entry;
	return true;
}

static bool listing_fill(struct listing *listing, struct image *image, uint64_t dir)
{
	struct store_dirent entry;
	uint64_t cursor = 0;
	status_t status;

	while ((status = store_readdir(image->store, dir, &cursor, &entry)) == OK)
		if (!listing_add(listing, &entry))
			return false;
	return status == E_NOENT || complain("directory", status);
}

static int compare_entries(const void *left, const void *right)
{
	return strcmp(((const struct store_dirent *)left)->name,
	              ((const struct store_dirent *)right)->name);
}

static bool list_dir(struct image *image, uint64_t dir)
{
	struct listing listing = {0};
	bool is_fine = listing_fill(&listing, image, dir);

	if (listing.count > 0)
		qsort(listing.entries, listing.count, sizeof(*listing.entries), compare_entries);
	for (size_t i = 0; i < listing.count; i++)
		is_fine = print_entry(image, listing.entries[i].inode, listing.entries[i].name,
		                      listing.entries[i].name_len) &&
		          is_fine;
	free(listing.entries);
	return is_fine;
}

int command_ls(int argc, char **argv)
{
	const char *path = argc == 2 ? argv[1] : "/";
	struct image image;
	uint64_t inode;
	bool is_fine;

	if (argc < 1 || argc > 2)
		return usage();
	if (!image_open(&image, argv[0], IMAGE_READ))
		return 2;
	is_fine = guest_find(&image, path, &inode);
	if (is_fine && guest_is_dir(&image, path))
		is_fine = list_dir(&image, inode);
	else if (is_fine)
		is_fine = print_entry(&image, inode, path, strlen(path));
	image_close(&image);
	return is_fine ? 0 : 1;
}

/* ---- rm ---- */

static bool empty_dir(struct image *image, uint64_t dir, unsigned int depth);

static status_t remove_one(struct image *image, uint64_t dir, const char *name, size_t len,
                           bool is_recursive, unsigned int depth)
{
	uint64_t inode;
	status_t status = store_unlink(image->store, dir, name, len);

	if (status != E_ISDIR || !is_recursive)
		return status;
	status = store_lookup(image->store, dir, name, len, &inode);
	if (status == OK && !empty_dir(image, inode, depth + 1))
		status = E_NOTEMPTY;
	return status == OK ? store_rmdir(image->store, dir, name, len) : status;
}

static bool empty_dir(struct image *image, uint64_t dir, unsigned int depth)
{
	struct store_dirent entry;
	uint64_t cursor = 0;
	status_t status = depth > 1000 ? E_NAMETOOLONG : OK;

	while (status == OK) {
		status = store_readdir(image->store, dir, &cursor, &entry);
		if (status == OK)
			status = remove_one(image, dir, entry.name, entry.name_len, true, depth);
		else if (status == E_NOENT)
			return true;
	}
	return complain("directory", status);
}

static bool remove_path(struct image *image, const char *path, bool is_recursive)
{
	size_t len;
	const char *name = path_name(path, &len);
	struct path parent;
	uint64_t dir;
	status_t status;

	if (len == 0 || !path_set(&parent, path))
		return complain(path, E_INVAL);
	path_cut(&parent, (size_t)(name - path));
	if (!guest_find(image, parent.text, &dir))
		return false;
	status = remove_one(image, dir, name, len, is_recursive, 0);
	return status == OK || complain(path, status);
}

int command_rm(int argc, char **argv)
{
	bool is_recursive = argc > 0 && strcmp(argv[0], "-r") == 0;
	struct image image;
	bool is_done;

	if (argc - is_recursive != 2)
		return usage();
	if (!image_open(&image, argv[is_recursive], IMAGE_WRITE))
		return 2;
	is_done = remove_path(&image, argv[is_recursive + 1], is_recursive);
	is_done = image_commit(&image) && is_done;
	image_close(&image);
	return is_done ? 0 : 1;
}
