/*
 * obj: the object tree from a shell.
 *
 *   obj ls [PATH]                   names, directories with a slash
 *   obj describe PATH               what the object says of itself
 *   obj call PATH METHOD [JSON]     call a method; "-": the arguments come from standard input
 *   obj get PATH PROPERTY
 *   obj watch PATH [EVENT]          a line for each event, until interrupted; without EVENT all there are
 *
 * Options in front: -j JSON, -t tables (lists of maps), -f NAME[,NAME...] only these fields, tabs between. Without one,
 * tables on a terminal and JSON elsewhere.
 *
 * A path begins at the tree's root; one without a slash in front, at the working directory (/obj/sys and /sys are the
 * same place). JSON that is long has an item a line. Ends with 0, 1 when the operation failed, or 2 when
 * the command line is wrong.
 */
#include "obj.h"
#include <linux/object_text.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int usage(void)
{
	fputs("usage: obj [-j | -t | -f FIELDS] ls [PATH] | describe PATH | call PATH METHOD [JSON] | get PATH PROPERTY | "
	      "watch PATH [EVENT]\n",
	      stderr);
	return OBJ_USAGE;
}

int obj_fail(const char *path, const char *member, const char *text)
{
	fprintf(stderr, "obj: %s%s%s: %s\n", path, member ? " " : "", member ? member : "", text);
	return OBJ_FAILED;
}

static const char *tree_path(const char *argument)
{
	static char path[OBJECT_PATH_BYTES];
	char folder[OBJECT_PATH_BYTES] = "";

	if (argument[0] != '/' && !getcwd(folder, sizeof(folder)))
		folder[0] = 0;
	if (object_path(folder, argument, path, sizeof(path)) != OK) {
		obj_fail(argument, NULL, "the path is too long");
		exit(OBJ_USAGE);
	}
	return path;
}

/* How many arguments said how to print; -1: wrong. */
static int read_form(int argc, char **argv)
{
	enum object_form form = isatty(1) ? OBJECT_FORM_TABLE : OBJECT_FORM_JSON;
	const char *fields = NULL;
	int option;

	while ((option = getopt(argc, argv, "+jtf:")) != -1) {
		if (option == '?')
			return -1;
		form = option == 'j'   ? OBJECT_FORM_JSON
		       : option == 't' ? OBJECT_FORM_TABLE
		                       : OBJECT_FORM_FIELDS;
		fields = optarg;
	}
	obj_set_form(form, fields);
	return optind - 1;
}

int main(int argc, char **argv)
{
	int used = read_form(argc, argv);
	const char *verb;

	if (used < 0)
		return usage();
	argc -= used;
	argv += used;
	verb = argc > 1 ? argv[1] : "";
	if (strcmp(verb, "ls") == 0 && argc <= 3)
		return obj_ls(tree_path(argc == 3 ? argv[2] : "."));
	if (strcmp(verb, "describe") == 0 && argc == 3)
		return obj_describe_object(tree_path(argv[2]));
	if (strcmp(verb, "call") == 0 && (argc == 4 || argc == 5))
		return obj_call_method(tree_path(argv[2]), argv[3], argv[4]);
	if (strcmp(verb, "get") == 0 && argc == 4)
		return obj_get_property(tree_path(argv[2]), argv[3]);
	if (strcmp(verb, "watch") == 0 && (argc == 3 || argc == 4))
		return obj_watch_events(tree_path(argv[2]), argv[3]);
	return usage();
}
