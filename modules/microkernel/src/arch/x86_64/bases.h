/*
 * FS and GS bases of user mode.
 */
#pragma once
#include <stdint.h>

struct thread;

struct segment_bases {
	uint64_t fs, gs;
};

struct segment_bases bases_get(const struct thread *thread);
void bases_set(struct thread *thread, struct segment_bases bases); /* both canonical */
void bases_save(struct thread *thread);                            /* it leaves this CPU */
void bases_load(const struct thread *thread);                      /* it comes to this CPU */
