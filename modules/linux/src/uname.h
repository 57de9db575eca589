/*
 * Names of the system, and what memory a container sees; procfs shows the same.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UNAME_RELEASE "6.1.0-anonymos"
#define UNAME_VERSION "#1 anonymOS"

void uname_host(char *buffer, size_t bytes);
void uname_set_host(const char *name);
void sysinfo_memory(uint64_t *out_total_pages, uint64_t *out_free_pages);
/* Less than total / part is free. What asks for more is refused then, so that what runs can go on. */
bool memory_is_short(uint64_t part);
#define MEMORY_KEPT_FROM_PROGRAMS 32
#define MEMORY_KEPT_FROM_FILES 8
