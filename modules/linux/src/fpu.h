/*
 * A guest thread's FPU state, which only the kernel holds. The monitor moves it as bytes: for fork, exec
 * and signal frames.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct task;

/* Length of the XSAVE area of this machine (512: FXSAVE only) and the features in it. */
uint64_t fpu_bytes(void);
uint64_t fpu_features(void);

/* The calling thread's state into task->fpu, which is allocated when there is none. Bytes, or a negated errno. */
int64_t fpu_save(struct task *task);
/* task->fpu into the calling thread. */
int64_t fpu_load(struct task *task);
/* From guest memory; bytes is fpu_bytes() or 512. */
int64_t fpu_load_guest(struct task *task, uint64_t u_from, uint64_t bytes);
int64_t fpu_reset(void);
