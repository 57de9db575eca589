/*
 * Paths as text.
 */
#pragma once

/* Takes ".", ".." and doubled slashes out of an absolute path, in place, by the names alone: no link is followed. */
void path_shorten(char *path);
