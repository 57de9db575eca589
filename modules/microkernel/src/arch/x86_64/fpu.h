/*
 * FPU state: which thread's is in the registers of this CPU, and when it moves.
 */
#pragma once
#include <stdint.h>

struct thread;

void fpu_init(void);                       /* each CPU; XCR0 and the size of an area */
void fpu_thread_switch(struct thread *to); /* loads its state, or bars it from the registers */
void fpu_thread_destroy(struct thread *thread);
