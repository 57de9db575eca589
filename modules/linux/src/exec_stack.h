/*
 * The first page or so of a new program's stack: argc, argv, envp, auxv, and the strings they point at. Built
 * in monitor memory for a given top address, then copied. No system calls; tested on the host.
 */
#pragma once
#include "exec_args.h"

#define AT_NULL 0
#define AT_PHDR 3
#define AT_PHENT 4
#define AT_PHNUM 5
#define AT_PAGESZ 6
#define AT_BASE 7
#define AT_FLAGS 8
#define AT_ENTRY 9
#define AT_UID 11
#define AT_EUID 12
#define AT_GID 13
#define AT_EGID 14
#define AT_PLATFORM 15
#define AT_HWCAP 16
#define AT_CLKTCK 17
#define AT_SECURE 23
#define AT_RANDOM 25
#define AT_HWCAP2 26
#define AT_RSEQ_FEATURE_SIZE 27
#define AT_RSEQ_ALIGN 28
#define AT_EXECFN 31
#define AT_SYSINFO_EHDR 33
#define AT_MINSIGSTKSZ 51
#define AUXV_MAX 24 /* pairs, with AT_NULL */

struct exec_stack {
	/* in */
	const struct exec_args *args;
	const char *filename; /* AT_EXECFN */
	uint8_t random[16];   /* AT_RANDOM */
	uint64_t top;         /* end of the stack, page aligned */
	uint64_t auxv[AUXV_MAX]
		     [2]; /* without AT_NULL; AT_RANDOM, AT_EXECFN, AT_PLATFORM are added */
	unsigned auxv_count;
	/* out */
	uint64_t sp; /* 16-byte aligned; where argc is */
	uint64_t arguments_start, arguments_end, environment_start, environment_end;
	uint8_t *image; /* what belongs at [sp, top); heap_free it */
	size_t image_bytes;
};

/* 0, -ENOMEM, or -E2BIG when it would be longer than limit. */
int64_t exec_stack_build(struct exec_stack *stack, size_t limit);
