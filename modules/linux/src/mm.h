/*
 * A guest address space: the kernel's space object and what Linux keeps beside it (brk, where things
 * lie, which files are mapped). The kernel's own mapping table is the list of mappings; a mapping's
 * cookie says what it is.
 *
 * Locks: [I] fixed at creation  [m] mm->lock  [a] atomic
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <microkernel/abi.h>
#include "lock.h"

struct task;
struct file;

#define PROT_READ 1u
#define PROT_WRITE 2u
#define PROT_EXEC 4u
#define MM_MMAP_TOP 0x00007fffb0000000ul /* mappings without an address go below this, top down */
#define MM_STACK_TOP 0x00007fffffffc000ul
/* What the monitor adds, above the stack and thus in page tables that are there anyway (vdso.c). */
#define MM_VVAR 0x00007fffffffd000ul
#define MM_VDSO 0x00007fffffffe000ul

/* A file that is, or was, mapped here. Mappings carry its number in their cookie. */
struct mapped_file {
	struct mapped_file *next;
	struct file *file;
	uint64_t number;
};

/* Cookies: the low byte says what, the rest is a mapped_file's number. */
enum mapping_kind {
	MAPPING_ANONYMOUS = 0,
	MAPPING_FILE = 1,
	MAPPING_STACK = 2,
	MAPPING_HEAP = 3,
	MAPPING_VDSO = 4,
	MAPPING_VVAR = 5,
};
#define MAPPING_COOKIE(kind, number) ((uint64_t)(kind) | (uint64_t)(number) << 8)

struct mm {
	uint32_t references;                                  /* [a] */
	handle_t space;                                       /* [I] */
	struct mutex lock;                                    /* RANK_MM */
	uint64_t brk_start, brk;                              /* [m] */
	struct mapped_file *files;                            /* [m] */
	uint64_t next_file;                                   /* [m] */
	uint64_t code_start, code_end, data_start, data_end;  /* [I] after exec */
	uint64_t stack_start, arguments_start, arguments_end; /* [I] after exec */
	uint64_t environment_start, environment_end;          /* [I] after exec */
	uint64_t auxv[48];     /* [I] after exec: pairs, ends with AT_NULL; /proc/PID/auxv */
	uint64_t mapped_bytes; /* [m] for RLIMIT_AS, approximate */
};

/* Before the first space: all are made with SPACE_SHARED_ROOT, so that nothing keeps guests from the monitor's memory. */
void mm_share_root(void);
int64_t mm_create(struct mm **out_mm);
int64_t mm_clone(struct mm *from, struct mm **out_mm); /* fork */
void mm_get(struct mm *mm);
void mm_put(struct mm *mm);

/* For /proc/PID/maps: the first mapping at or above address; false at the end. */
struct mm_mapping {
	uint64_t start, end, offset;
	uint32_t protection; /* PROT_* */
	bool is_shared;
	enum mapping_kind kind;
	uint64_t resident_pages;
	struct file *file; /* a reference (file_put), or null */
};
bool mm_mapping_at(struct mm *mm, uint64_t address, struct mm_mapping *out_mapping);
struct mm_usage {
	uint64_t total_pages, resident_pages, shared_pages, text_pages, data_pages, stack_pages;
};
void mm_usage(struct mm *mm, struct mm_usage *out_usage);
