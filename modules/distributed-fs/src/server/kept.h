/*
 * The memory that outlives this instance of the server: the journal, and which sessions and fids there are.
 *
 * Each entry of a table is published by its last store, so the server may be killed in between.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include <microkernel/errors.h>

#define KEPT_SESSIONS 256u
#define KEPT_FIDS 65536u

struct kept_session {
	uint64_t number; /* 0: free; the last to be written */
	uint32_t is_read_only;
	uint32_t reserved;
};

struct kept_fid {
	uint32_t session; /* its place */
	uint32_t fid;
	uint64_t inode; /* 0: free; the last to be written */
};

/* Finds what a predecessor left, or makes it. Begins the journal. */
status_t kept_begin(void);
/* Forgets sessions and fids. */
void kept_clear(void);

struct kept_session *kept_sessions(void);
/* Notes a fid; the place is for kept_fid_drop. */
uint32_t kept_fid_add(uint32_t session, uint32_t fid, uint64_t inode);
void kept_fid_drop(uint32_t place);
/* Calls `each` for every fid; one that it has no use for (false) is dropped. */
void kept_fids_each(bool (*each)(const struct kept_fid *entry, uint32_t place));
