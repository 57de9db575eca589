/*
 * Space: a confined address space. A monitor maps memory into it, binds a thread to it and enters it.
 */
#pragma once
#include "aspace.h"
#include "kobject.h"

struct space {
	struct kobject obj;
	struct aspace aspace;
};

status_t space_create(struct domain *domain, struct space **out);
status_t space_clone(struct space *from, struct domain *domain, struct space **out);
/* Copies between any space and the current process; *out_done bytes were done. E_AGAIN: pending_request is set. */
status_t space_copy(struct space *space, uint64_t address, uint64_t u_buffer, uint64_t len, bool is_write, uint64_t *out_done);
