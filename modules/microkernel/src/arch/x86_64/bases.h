/*
 * FS and GS bases of user mode. The kernel leaves them in the CPU until a thread with other ones runs.
 */
#pragma once
#include <stdint.h>

struct thread;

struct segment_bases {
	uint64_t fs, gs;
};

struct segment_bases bases_get(const struct thread *thread);
void bases_set(struct thread *thread, struct segment_bases bases); /* both canonical */
void bases_switch(struct thread *to);                              /* puts its bases into the CPU */
void bases_forget(const struct thread *thread);                    /* it is going away */
