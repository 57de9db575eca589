/* A small store with something of everything, for damage to be done to it. */
#pragma once

#include "disk.h"

#define SAMPLE_BLOCKS 4096u

/* Formats the disk, fills it in several commits, and closes it. */
void sample_make(struct disk *disk, uint64_t seed);
