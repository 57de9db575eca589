/*
 * Space: a confined address space. A monitor maps memory into it, binds a thread to it and enters it.
 */
#pragma once
#include "aspace.h"
#include "kobject.h"

struct space {
	struct kobject obj;
	struct aspace aspace;
	uint32_t flags;          /* [I] SPACE_* */
	struct process *monitor; /* whose window its monitor root shows; null: no thread is bound */
	unsigned bound;          /* threads, all of that process */
	struct word_call word_call; /* what is settled for its guests (word.c) */
};

/* flags: SPACE_*, no others. */
status_t space_create(struct domain *domain, uint32_t flags, struct space **out);
/* The clone is progress->object; STATUS_MORE: call again. */
status_t space_clone(struct space *from, struct domain *domain, struct progress *progress,
                     unsigned *budget);
/* Copies between any space and the current process, from byte *done on. E_AGAIN: the CPU's pending_request is set. */
status_t space_copy(struct space *space, uint64_t address, uint64_t u_buffer, uint64_t len,
                    bool is_write, uint64_t *done, unsigned *budget);
