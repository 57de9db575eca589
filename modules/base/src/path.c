/*
 * Paths as text. The shorter path is written over the longer, which is read ahead of it.
 */
#include <base/path.h>
#include <base/string.h>

void path_shorten(char *path)
{
	char *end = path;

	for (char *at = path; *at;) {
		size_t skip = 0, len = 0;
		const char *name;

		while (at[skip] == '/')
			skip++;
		name = at + skip;
		while (name[len] && name[len] != '/')
			len++;
		if (len == 2 && name[0] == '.' && name[1] == '.') {
			while (end > path && *--end != '/')
				;
		} else if (len > 0 && !(len == 1 && name[0] == '.')) {
			*end++ = '/';
			memmove(end, name, len);
			end += len;
		}
		at += skip + len;
	}
	if (end == path)
		*end++ = '/';
	*end = 0;
}
