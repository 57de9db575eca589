/*
 * Where the store is.
 */
#pragma once
#include <libanon/syscall.h>

/* Opens the store on the disk, or makes one in memory; fails only without memory. */
status_t backend_begin(void);
void backend_restarted(void);
