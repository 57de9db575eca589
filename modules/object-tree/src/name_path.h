/*
 * Paths, taken apart: components between slashes, as many slashes as one likes, no "." and no "..".
 */
#pragma once
#include <microkernel/errors.h>
#include <stdint.h>

struct name_path {
	const char *text;
	uint32_t pos; /* of the next component, or the end */
};

struct name_step {
	const char *name;
	uint32_t len;
};

/* Stands before the first component. */
struct name_path name_path_start(const char *text);
/* Takes the next component; E_NOENT at the end, E_NAMETOOLONG, E_INVAL for "." and "..". */
status_t name_path_next(struct name_path *path, struct name_step *out_step);
/* E_INVAL and E_NAMETOOLONG as above, for the whole path. */
status_t name_path_check(const char *text);
