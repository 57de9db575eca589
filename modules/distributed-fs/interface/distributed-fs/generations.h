/*
 * The page of generations (file.ipc): counters that the file server raises before it acknowledges a change, and
 * that its clients map, read only. What a client learnt of an inode (its attributes; of a directory, its names)
 * holds while the inode's counter is what it was before the client asked. Inodes share counters: one that moved
 * for another's sake costs a question. 0 is never a counter's value. The page goes with the server: then reading
 * it faults, and everything has to be asked for again.
 */
#pragma once
#include <stdint.h>

#define GENERATION_COUNT 512u

static inline uint32_t generation_slot(uint64_t inode)
{
	return inode % GENERATION_COUNT;
}
