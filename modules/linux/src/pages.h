/*
 * The content of a regular file: a memory object, seen through a window of the monitor's own address space.
 * Reading and writing are copies between the window and guest buffers; guests map the same object.
 *
 * A window is reference-counted, so one task may go on copying through it while another has it replaced
 * by a larger one. What lies behind it may vanish (the file is cut, its server dies): only guarded copies.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <microkernel/abi.h>
#include "iter.h"
#include "lock.h"

struct window;
struct pages {
	handle_t memory;       /* HANDLE_NONE: no content yet, all zeroes */
	bool is_writable;      /* map it so */
	struct mutex lock;     /* RANK_LEAF: window */
	struct window *window; /* the newest, or null */
};

void pages_init(struct pages *pages, handle_t memory, bool is_writable);
/* Closes the object and lets go of the window. */
void pages_destroy(struct pages *pages);
/* Another object takes the old one's place: after a server restart, or for a writable one. */
void pages_replace(struct pages *pages, handle_t memory, bool is_writable);

/* Copy [offset, offset + bytes) of the file, which must lie within it. Bytes moved or a negated errno. */
int64_t pages_read(struct pages *pages, struct iter *to, uint64_t offset, size_t bytes);
int64_t pages_write(struct pages *pages, struct iter *from, uint64_t offset, size_t bytes);
int64_t pages_zero(struct pages *pages, uint64_t offset, size_t bytes);

/* --- the system below (pages_os.c; tests have another) --- */
int64_t memory_os_create(uint64_t bytes, handle_t *out_memory);
int64_t memory_os_resize(handle_t memory, uint64_t bytes);
void memory_os_populate(handle_t memory, uint64_t offset,
                        uint64_t bytes); /* as far as there is memory */
void memory_os_close(handle_t memory);
void *memory_os_map(handle_t memory, uint64_t offset, uint64_t bytes, bool is_writable);
void memory_os_unmap(void *address, uint64_t bytes);
uint64_t memory_os_load(const uint64_t *at); /* a word of a mapping; 0 when it is gone */
void memory_os_pause(void);                  /* a millisecond */
bool memory_os_is_short(void);               /* file content must not take the rest */
