/*
 * The lock order. A CPU that holds a lock may take only locks of a higher rank; debug kernels panic
 * otherwise. A new rank needs a line in docs/locks.md.
 */
#pragma once

enum lock_rank {
	LOCK_RANK_DOMAIN = 1, /* the tree of domains and their lists */
	LOCK_RANK_PROCESS,    /* a process's lists of threads and watchers */
	LOCK_RANK_HANDLES,    /* a handle table */
	LOCK_RANK_DERIVATION, /* an object's derivation tree */
	LOCK_RANK_SPACE,      /* an address space's mappings and page tables */
	LOCK_RANK_MEMORY,     /* a memory object's pages and reverse map */
	LOCK_RANK_WORD,       /* a bucket of waiters for words */
	LOCK_RANK_ENDPOINT,
	LOCK_RANK_REPLY,
	LOCK_RANK_INTERRUPT,
	LOCK_RANK_TIMER, /* the queue of deadlines */
	LOCK_RANK_EVENT,
	LOCK_RANK_RUN_QUEUE,
	LOCK_RANK_HEAP,  /* kernel object allocator */
	LOCK_RANK_PAGES, /* page frames */
	LOCK_RANK_COUNT
};
