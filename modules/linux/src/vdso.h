/*
 * Gives a program its vdso (vdso.c).
 */
#pragma once
#include <stdint.h>

struct mm;

/* Before the first guest runs. */
void vdso_start(void);
/* Maps it in a new program's space; the address of its ELF header, or 0: this program goes without. */
uint64_t vdso_map(struct mm *mm);
