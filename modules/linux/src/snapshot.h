/*
 * What a made-up file shows: text that is made when it is read from its beginning and kept for the reads that go on
 * in it, as the file's `private`. Several may read one description at the same time, so a text is never changed but
 * replaced, and goes with the last who reads it.
 */
#pragma once
#include "file.h"

/* Takes the heap's text over, whatever comes of it. */
int64_t snapshot_keep(struct file *file, char *text, size_t len);
bool snapshot_is_kept(struct file *file);
/* From *position on, which moves; 0 at the end, and without a text. */
int64_t snapshot_read(struct file *file, struct iter *to, uint64_t *position);
void snapshot_release(struct file *file); /* file_ops.release */
