/*
 * anonstore: makes, checks and fills disk images of the store on a host.
 *
 * The same library as in the file server does the work; this is the part that knows of
 * host files. Exit codes: 0 done, 1 not done or findings, 2 the image cannot be opened or
 * the command line is wrong.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "image.h"

#define DEFAULT_BYTES (1ull << 30)

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *usage;
};

static const struct command commands[] = {
	{"mkfs", command_mkfs,
         "mkfs [--size N[K|M|G]] [--force] IMAGE   format, with the default tree"},
	{"fsck", command_fsck, "fsck IMAGE                               check everything"},
	{"put", command_put,
         "put IMAGE HOST GUEST                     copy in; formats a blank image"},
	{"get", command_get, "get IMAGE GUEST HOST                     copy out"},
	{"ls", command_ls, "ls IMAGE [GUEST]                         list"},
	{"cat", command_cat, "cat IMAGE GUEST                          print a file"},
	{"rm", command_rm, "rm [-r] IMAGE GUEST                      remove"},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

int usage(void)
{
	fprintf(stderr, "usage:\n");
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(stderr, "  anonstore %s\n", commands[i].usage);
	return 2;
}

/* ---- mkfs ---- */

static bool parse_bytes(const char *text, uint64_t *out)
{
	static const char units[] = "KMG";
	char *end;
	const char *unit;

	*out = strtoull(text, &end, 10);
	if (end == text)
		return false;
	unit = *end != '\0' ? strchr(units, *end) : NULL;
	if (unit != NULL) {
		*out <<= 10 * (unit - units + 1);
		end++;
	}
	return *end == '\0' && *out > 0;
}

/* Makes the file, or (if a size was asked for) gives an existing one that size. */
static bool prepare_file(const char *path, uint64_t bytes)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	bool is_new = fd >= 0 && lseek(fd, 0, SEEK_END) == 0;
	bool is_fine = fd >= 0;

	if (is_fine && (is_new || bytes != 0))
		is_fine = ftruncate(fd, (off_t)(bytes != 0 ? bytes : DEFAULT_BYTES)) == 0;
	if (!is_fine)
		perror(path);
	if (fd >= 0)
		close(fd);
	return is_fine;
}

static int mkfs(const char *path, uint64_t bytes, bool may_overwrite)
{
	struct image image;
	bool is_done;

	if (!prepare_file(path, bytes) || !image_open_bare(&image, path, true))
		return 2;
	is_done = image_format(&image, may_overwrite);
	image_close(&image);
	return is_done ? 0 : 1;
}

int command_mkfs(int argc, char **argv)
{
	const char *path = NULL;
	bool may_overwrite = false;
	uint64_t bytes = 0;

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--force") == 0)
			may_overwrite = true;
		else if (strcmp(argv[i], "--size") == 0 && i + 1 < argc) {
			if (!parse_bytes(argv[++i], &bytes))
				return usage();
		} else if (argv[i][0] == '-' || path != NULL)
			return usage();
		else
			path = argv[i];
	}
	return path != NULL ? mkfs(path, bytes, may_overwrite) : usage();
}

/* ---- fsck ---- */

static void print_finding(void *context, const char *text)
{
	(void)context;
	printf("%s\n", text);
}

static int report(const struct store_check *check, const struct store_statfs *fs)
{
	printf("commit %llu: %llu files, %llu directories, %llu orphans; %llu data blocks, "
	       "%llu tree nodes, %llu of %llu blocks free\n",
	       (unsigned long long)fs->commit, (unsigned long long)check->files,
	       (unsigned long long)check->dirs, (unsigned long long)check->orphans,
	       (unsigned long long)check->data_blocks, (unsigned long long)check->nodes,
	       (unsigned long long)fs->free, (unsigned long long)fs->blocks);
	if (check->findings > 0)
		printf("%llu findings\n", (unsigned long long)check->findings);
	else
		printf("clean\n");
	return check->findings > 0 ? 1 : 0;
}

int command_fsck(int argc, char **argv)
{
	struct store_check check = {.finding = print_finding};
	struct store_statfs fs;
	struct image image;
	status_t status;
	int code;

	if (argc != 1)
		return usage();
	if (!image_open(&image, argv[0], IMAGE_READ))
		return 2;
	status = store_check(image.store, &check);
	store_statfs(image.store, &fs);
	code = status == OK ? report(&check, &fs) : 2;
	if (status != OK)
		complain(argv[0], status);
	image_close(&image);
	return code;
}

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < COMMANDS; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 2, argv + 2);
	return usage();
}
