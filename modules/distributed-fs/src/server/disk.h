/*
 * The disk: a client of a block driver's ring (block_ring.h).
 */
#pragma once
#include <distributed-fs/store.h>

/* Fills in blocks, context, read, write and flush. E_NOENT: the machine has no disk. */
status_t disk_begin(struct store_ops *ops, bool *out_read_only);
/* The driver may have been started again: offer the ring anew and repeat what it had not completed. */
void disk_restarted(void);
