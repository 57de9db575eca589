/*
 * Mapping memory objects into the own process, without a struct map_args at every caller.
 */
#pragma once
#include <libanon/syscall.h>

/* flags are MAP_*; on success *out is the address. bytes are rounded up to pages. */
status_t memory_map(handle_t memory, uint64_t offset, uint64_t bytes, uint32_t flags, void **out);
status_t memory_unmap(void *address, uint64_t bytes);
/* A new memory object in the own domain, mapped read-write. */
status_t memory_new(uint64_t bytes, handle_t *out_memory, void **out);
