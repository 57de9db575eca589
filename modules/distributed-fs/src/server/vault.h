/*
 * What outlives this instance of the server: handles in the vault that init gives us (docs/manifest.md), each under a
 * key. Without a vault there is nothing to find and what is put there goes with us.
 */
#pragma once
#include <libanon/syscall.h>

/* Keys: a kind in the bits of a badge's kind, and the kind's own value. */
#define VAULT_KIND_SHIFT 60
#define VAULT_KIND(key) ((key) >> VAULT_KIND_SHIFT & 7)
#define VAULT_VALUE(key) ((key) & ((1ull << VAULT_KIND_SHIFT) - 1))
#define VAULT_KEY(kind, value) ((uint64_t)(kind) << VAULT_KIND_SHIFT | (value))
#define VAULT_NOTES 1u       /* kept.c */
#define VAULT_GENERATIONS 2u /* generations.c */
#define VAULT_CACHE 3u       /* cache.c; the value is the inode */
#define VAULT_DISK 4u        /* memory_disk.c */

void vault_begin(void);
/* Who pays for memory that is to outlive us: the vault's domain, or none (ours). */
handle_t vault_domain(void);
/* Leaves a child of the handle there; *out_number is for vault_remove. */
status_t vault_put(handle_t handle, uint64_t key, uint64_t *out_number);
void vault_remove(uint64_t number);
/* A handle of our own to what is there under this key; HANDLE_NONE. */
handle_t vault_find(uint64_t key);
/* Calls `each` for all that is there; the handle is its to keep or to close. */
void vault_each(void (*each)(handle_t handle, uint64_t key, uint64_t number));
/* Memory under this key, found or made (zero), mapped. */
status_t vault_memory(uint64_t key, uint64_t bytes, handle_t *out, void **out_at);
