/*
 * A guest thread's FPU state. It stays in the CPU's registers while its monitor thread runs, which computes
 * nothing there; so the monitor stores and loads it in place: for fork, exec and signal frames.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct task;

/* What FXSAVE stores, and an XSAVE area begins with. */
struct fpu_legacy {
	uint16_t control, status;
	uint8_t tags, reserved;
	uint16_t opcode;
	uint64_t ip, dp;
	uint32_t mxcsr, mxcsr_mask;
	uint8_t registers[480];
} __attribute__((aligned(64)));

/* Length of the XSAVE area of this machine (512: FXSAVE only) and the features in it. */
uint64_t fpu_bytes(void);
uint64_t fpu_features(void);

/* A copy of the calling thread's state, to be freed with heap_free, or null; and from such a copy. */
void *fpu_copy(void);
void fpu_load_copy(const void *copy);
void fpu_save_legacy(struct fpu_legacy *out);
void fpu_reset(void);

/* To and from guest memory. To: 64-byte aligned and fpu_bytes() long, with all behind the first 64 bytes of the XSAVE
 * header kept as it is. From: `bytes` is fpu_bytes() or 512. */
int64_t fpu_save_guest(struct task *task, uint64_t u_to);
int64_t fpu_load_guest(struct task *task, uint64_t u_from, uint64_t bytes);
