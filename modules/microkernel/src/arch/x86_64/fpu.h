/*
 * FPU state: which thread's is in the registers of this CPU, and when it moves.
 */
#pragma once
#include "cpu.h"

void fpu_init(void);     /* the boot CPU: which components, how large an area */
void fpu_init_cpu(void); /* the others */
void fpu_thread_destroy(struct thread *thread);
void fpu_thread_save(struct thread *from); /* to its area, since it may go on on another CPU */
void fpu_thread_load(struct thread *to);   /* its state, or bars it from the registers */

/* Most switches are between threads without an area, and there is nothing to do. */
static inline void fpu_thread_switch(struct thread *from, struct thread *to)
{
	if (from && from->arch.fpu && cpu_count > 1)
		fpu_thread_save(from);
	if (to && (to->arch.fpu || !this_cpu()->is_fpu_barred))
		fpu_thread_load(to);
}
