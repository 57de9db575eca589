/*
 * Making mappings in a guest's space: what mmap, brk and exec have in common (mm.c).
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "mm.h"

struct mm_request {
	uint64_t address;    /* a hint, or exact with is_fixed */
	uint64_t bytes;      /* rounded up to pages */
	uint32_t protection; /* PROT_* */
	bool is_fixed;       /* replaces what is there */
	bool is_no_replace;  /* with is_fixed: -EEXIST instead */
	bool is_shared;
	bool grows_down;
	enum mapping_kind kind; /* of anonymous memory */
	struct file *file;      /* null: anonymous */
	uint64_t offset;        /* into the file */
};

/* The address or a negated errno; -ENODEV: the file has no memory object. */
int64_t mm_map(struct mm *mm, const struct mm_request *request);
int64_t mm_unmap(struct mm *mm, uint64_t address, uint64_t bytes);
uint32_t mm_map_flags(uint32_t protection); /* PROT_* as MAP_* */
uint32_t mm_protection_of(uint32_t map_flags);
/* Whether every page of the range is mapped. */
bool mm_is_mapped(struct mm *mm, uint64_t address, uint64_t bytes);
/* The file behind a cookie with a reference, or null. */
struct file *mm_file_of(struct mm *mm, uint64_t cookie);
