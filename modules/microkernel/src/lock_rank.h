/*
 * The order of the locks that are taken under the shared kernel lock. A CPU that holds one may take only locks of a higher
 * rank; debug kernels panic otherwise. A new rank needs a line in docs/locks.md.
 */
#pragma once

enum lock_rank {
	LOCK_RANK_ENDPOINT = 1, /* an endpoint's queue of receivers */
	LOCK_RANK_COUNT
};
