/*
 * Reading untrusted ELF64 static-PIE images: checks everything a loader relies on. No system calls.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <microkernel/abi.h>

#define ELF_SEGMENTS_MAX 12
#define ELF_IMAGE_MAX 0x40000000ull /* 1 GiB of address space */
#define ELF_HEAD_BYTES 4096         /* headers must lie in the first page */

struct elf_segment {
	uint64_t offset; /* in the file */
	uint64_t file_bytes;
	uint64_t address;      /* relative to the base */
	uint64_t memory_bytes; /* at least file_bytes */
	uint32_t flags;        /* MAP_READ, MAP_WRITE, MAP_EXECUTE; never the last two together */
};

struct elf_layout {
	uint64_t entry; /* relative to the base; inside an executable segment */
	uint64_t bytes; /* from base to the end of the last segment, in whole pages */
	unsigned segment_count;
	struct elf_segment segments[ELF_SEGMENTS_MAX]; /* rising, no two share a page */
};

/*
 * head is the first head_bytes (at most ELF_HEAD_BYTES are looked at) of an image of image_bytes.
 * E_CORRUPT or E_UNSUPPORTED when it is not a program we load.
 */
status_t elf_parse(const void *head, size_t head_bytes, uint64_t image_bytes,
                   struct elf_layout *out);
