/*
 * Paths, taken apart. pos always stands at a component or at the end, never at a slash: what lookup reports
 * as used is a pos, and the rest of the path from there is what the next server is asked for.
 */
#include "name_path.h"
#include "namespace.h"

static void skip_slashes(struct name_path *path)
{
	while (path->text[path->pos] == '/')
		path->pos++;
}

struct name_path name_path_start(const char *text)
{
	struct name_path path = {.text = text};

	skip_slashes(&path);
	return path;
}

status_t name_path_next(struct name_path *path, struct name_step *out_step)
{
	const char *name = path->text + path->pos;
	uint32_t len = 0;

	while (name[len] != 0 && name[len] != '/')
		len++;
	if (len == 0)
		return E_NOENT;
	if (len > NAMESPACE_NAME_MAX)
		return E_NAMETOOLONG;
	if (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')))
		return E_INVAL;
	*out_step = (struct name_step){name, len};
	path->pos += len;
	skip_slashes(path);
	return OK;
}

status_t name_path_check(const char *text)
{
	struct name_path path = name_path_start(text);
	struct name_step step;
	uint32_t depth = 0;
	status_t status;

	while ((status = name_path_next(&path, &step)) == OK) {
		if (++depth >= NAMESPACE_DEPTH_MAX)
			return E_NAMETOOLONG;
	}
	return status == E_NOENT ? OK : status;
}
