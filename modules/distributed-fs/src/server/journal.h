/*
 * The journal: the changes since the last commit, in memory that outlives the server. What was acknowledged is in
 * a commit or here.
 *
 * It is written so that the server may be killed at any instruction: a change is made in the store, which nobody
 * sees before the commit, then written behind the end of the journal, then the end is moved, then it is acknowledged.
 */
#pragma once
#include "change.h"

#define JOURNAL_BYTES (1u << 20)

/* Takes memory that is zero, or a predecessor's journal. */
void journal_begin(void *memory, size_t bytes);
/* A predecessor has used it. */
bool journal_is_found(void);
/* Whether it holds changes of this store; if not, it is made empty and of this store. */
bool journal_adopt(const struct store *store);
/* How often in a row it was adopted without journal_settle. */
uint32_t journal_attempts(void);

/*
 * Whether a request with JOURNAL_REPEATED is one that a dead server had made without being able to say so; then
 * *out_inode is its change's.
 */
bool journal_was_made(uint64_t request, uint32_t kind, uint64_t *out_inode);
#define JOURNAL_REPEATED (1ull << 63)
/* Makes a change and notes it, unless it was made. */
STORE_CHECKED status_t journal_make(struct store *store, struct change *change,
                                    const struct change_names *names);

/* Pages of a file are about to be clean and only in the open transaction. Null: the journal is full and stays so. */
struct change *journal_begin_write(struct store *store, uint64_t inode, uint64_t offset,
                                   uint64_t bytes);
/* They are in the transaction, or dirty again. */
void journal_end_write(const struct store *store, struct change *write, bool is_written);

/*
 * After a restart: makes the changes that the last commit does not have. What cannot be made any more is told to
 * `failed`; an error is the store's, and all is still there for the next time.
 */
STORE_CHECKED status_t journal_replay(struct store *store,
                                      void (*failed)(const struct change *change, status_t status));
/* The next write at or after *at that no commit has; null at the end. */
struct change *journal_next_write(uint64_t *at);
/* All that it holds is committed. */
void journal_settle(void);
