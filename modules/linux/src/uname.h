/*
 * Names of the system, and what memory a container sees; procfs shows the same.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define UNAME_RELEASE "6.1.0-anonymos"
#define UNAME_VERSION "#1 anonymOS"

void uname_host(char *buffer, size_t bytes);
void uname_set_host(const char *name);
void sysinfo_memory(uint64_t *out_total_pages, uint64_t *out_free_pages);
