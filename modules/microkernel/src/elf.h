/*
 * Loading init, the one program that the kernel starts itself: a static position-independent ELF64 file.
 */
#pragma once
#include <microkernel/abi.h>
#include "process.h"

/* Copies the file's segments to base in the process; *out_end is where the image ends, *out_entry where it starts. */
status_t elf_load(struct process *process, const void *file, uint64_t bytes, uint64_t base,
                  uint64_t *out_end, uint64_t *out_entry);
/* Copies into another process's pages (they are made); for the image, the start page. */
status_t process_poke(struct process *process, uint64_t address, const void *from, uint64_t bytes);
