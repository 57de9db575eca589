/*
 * A device in memory, for a system without a usable disk. Pages come into being when they are written.
 */
#pragma once
#include <distributed-fs/store.h>

/* Fills in blocks, context, read, write and flush. */
status_t memory_disk_begin(struct store_ops *ops, uint64_t blocks);
/* A predecessor had its store here. */
bool memory_disk_is_found(void);
/* Would growing by this many pages leave the machine and our domain enough to live on? */
bool memory_disk_has_room(uint64_t pages);
