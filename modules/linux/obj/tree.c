/*
 * tree: a folder and all below it, drawn as a tree. Objects are folders below /obj, so `tree /obj/sys` shows what they can do.
 *
 *   tree [-a] [-d] [-L DEPTH] [FOLDER...]     -a: names that begin with a dot, too; -d: folders only
 *
 * Links are shown and not followed. Names come sorted, with what a terminal would act on as "?". The lines are ASCII, which every screen has.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 64
#define USAGE_STATUS 2

struct tree {
	bool shows_hidden, folders_only, has_failed;
	unsigned depth_max, folders, files;
	bool is_last[DEPTH_MAX]; /* the name shown on each level is its folder's last */
};

static void print_name(const char *name)
{
	for (; *name; name++)
		putchar((unsigned char)*name < ' ' || *name == 0x7f ? '?' : *name);
}

static void print_link(int folder, const char *name)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(folder, name, target, sizeof(target) - 1);

	if (len < 0)
		return;
	target[len] = 0;
	fputs(" -> ", stdout);
	print_name(target);
}

static void print_branch(const struct tree *tree, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		fputs(tree->is_last[i] ? "    " : "|   ", stdout);
	fputs(tree->is_last[depth] ? "`-- " : "|-- ", stdout);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_wanted(const struct tree *tree, int folder, const char *name)
{
	struct stat status;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    (name[0] == '.' && !tree->shows_hidden))
		return false;
	return !tree->folders_only || (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	                               S_ISDIR(status.st_mode));
}

/* The names to show, sorted, in memory of the caller's; NULL: there is none left. */
static char **read_names(const struct tree *tree, DIR *dir, size_t *out_count)
{
	size_t count = 0, room = 0;
	char **names = NULL;
	const struct dirent *entry;

	while ((entry = readdir(dir))) {
		if (!is_wanted(tree, dirfd(dir), entry->d_name))
			continue;
		if (count == room) {
			char **more = realloc(names,
			                      (room = room ? 2 * room : 32) * sizeof(*names));

			if (!more)
				break;
			names = more;
		}
		names[count] = strdup(entry->d_name);
		count += names[count] != NULL;
	}
	if (count > 0)
		qsort(names, count, sizeof(*names), compare);
	*out_count = count;
	return names;
}

static void show_folder(struct tree *tree, int fd, unsigned depth);

static void show_name(struct tree *tree, int folder, const char *name, unsigned depth)
{
	struct stat status;
	bool is_known = fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
	bool is_folder = is_known && S_ISDIR(status.st_mode);

	print_branch(tree, depth);
	print_name(name);
	if (is_known && S_ISLNK(status.st_mode))
		print_link(folder, name);
	putchar('\n');
	tree->folders += is_folder;
	tree->files += !is_folder;
	if (is_folder && depth + 1 < tree->depth_max)
		show_folder(tree,
		            openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
		            depth + 1);
}

/* Takes the descriptor; below 0: errno says why. */
static void show_folder(struct tree *tree, int fd, unsigned depth)
{
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	size_t count = 0;
	char **names;

	if (!dir) {
		tree->is_last[depth] = true;
		print_branch(tree, depth);
		printf("(%s)\n", strerror(errno));
		tree->has_failed = true;
		if (fd >= 0)
			close(fd);
		return;
	}
	names = read_names(tree, dir, &count);
	for (size_t i = 0; i < count; i++) {
		tree->is_last[depth] = i + 1 == count;
		show_name(tree, dirfd(dir), names[i], depth);
		free(names[i]);
	}
	free(names);
	closedir(dir);
}

static void show(struct tree *tree, const char *name)
{
	print_name(name);
	putchar('\n');
	show_folder(tree, open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0);
}

int main(int argc, char **argv)
{
	static struct tree tree = {.depth_max = DEPTH_MAX};
	int option;

	while ((option = getopt(argc, argv, "adL:")) != -1) {
		tree.shows_hidden |= option == 'a';
		tree.folders_only |= option == 'd';
		if (option == 'L' && atoi(optarg) > 0 && atoi(optarg) < DEPTH_MAX)
			tree.depth_max = (unsigned)atoi(optarg);
		else if (option == 'L' || option == '?')
			return fputs("usage: tree [-a] [-d] [-L DEPTH] [FOLDER...]\n", stderr),
			       USAGE_STATUS;
	}
	if (optind == argc)
		show(&tree, ".");
	for (int i = optind; i < argc; i++)
		show(&tree, argv[i]);
	printf("\n%u folders", tree.folders);
	if (!tree.folders_only)
		printf(", %u files", tree.files);
	putchar('\n');
	return tree.has_failed ? 1 : 0;
}
