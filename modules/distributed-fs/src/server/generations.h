/*
 * The counters that tell clients what has changed (distributed-fs/generations.h).
 */
#pragma once
#include <libanon/syscall.h>

status_t generations_begin(void);
/*
 * The attributes of the inode, or a directory's names, may have changed: to be called behind the change and before
 * it is acknowledged. A client counts on it that a change which succeeds moves the counter.
 */
void generations_raise(uint64_t inode);
/* A handle to the page for a client. */
status_t generations_open(handle_t *out);
