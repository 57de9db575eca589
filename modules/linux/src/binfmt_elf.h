/*
 * Reading untrusted ELF64 programs and interpreters: from the head of a file to a plan of mappings. No
 * system calls; tested on the host.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_HEAD_BYTES_GUEST 4096 /* headers must lie in the first page */
#define BINFMT_SEGMENTS_MAX 16
#define BINFMT_PATH_MAX 256

struct binfmt_segment {
	uint64_t offset;  /* in the file; congruent to address modulo the page size */
	uint64_t address; /* as linked */
	uint64_t file_bytes;
	uint64_t memory_bytes; /* at least file_bytes, not 0 */
	uint32_t protection;   /* PROT_* */
};

struct binfmt_plan {
	bool is_relocatable;     /* ET_DYN: may lie anywhere */
	uint64_t entry;          /* as linked */
	uint64_t header_address; /* of the program headers in memory, as linked; 0: not loaded */
	uint16_t header_count;
	uint64_t low, high; /* page-aligned bounds of all segments */
	uint64_t alignment; /* largest p_align, at least a page */
	unsigned segment_count;
	struct binfmt_segment segments[BINFMT_SEGMENTS_MAX]; /* rising */
	char interpreter[BINFMT_PATH_MAX];                   /* "": none */
	bool has_executable_stack;
};

/* 0 or a negated errno: -ENOEXEC when it is not a program for this machine, -EINVAL when it is a broken one. */
int64_t binfmt_elf_parse(const void *head, size_t head_bytes, struct binfmt_plan *out_plan);
