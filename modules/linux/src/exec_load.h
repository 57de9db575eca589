/*
 * Mapping a planned program into an address space (exec_load.c).
 */
#pragma once
#include "binfmt_elf.h"
#include "mm.h"

struct exec_image {
	uint64_t bias;  /* added to addresses as linked */
	uint64_t entry; /* where it starts */
	uint64_t end;   /* page-aligned end of its last segment */
};

/* Maps every segment of file; a relocatable one at `preferred`, or where the kernel likes when 0. */
int64_t exec_load(struct mm *mm, struct file *file, const struct binfmt_plan *plan,
                  uint64_t preferred, struct exec_image *out_image);
/* Reads and parses the head of a file. */
int64_t exec_read_plan(struct file *file, struct binfmt_plan *out_plan);
