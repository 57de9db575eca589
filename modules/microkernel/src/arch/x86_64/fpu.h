/*
 * FPU state: which thread's is in the registers of this CPU, and when it moves.
 */
#pragma once
#include <stdint.h>

struct thread;

void fpu_init(void);                        /* the boot CPU: which components, how large an area */
void fpu_init_cpu(void);                    /* the others */
void fpu_thread_switch(struct thread *to);  /* loads its state, or bars it from the registers */
void fpu_thread_leave(struct thread *from); /* it leaves this CPU and may go on on another */
void fpu_thread_destroy(struct thread *thread);
