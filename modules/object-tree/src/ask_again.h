/*
 * Asking a server again. One that ends while it answers is started again behind the same endpoint, and callers learn
 * E_GONE. What changes nothing (lookup, list, describe, get) is then simply asked for once more; a method is not, since
 * it may have taken effect.
 */
#pragma once
#include <microkernel/errors.h>

#define ASK_TRIES 4u

/* status = ask, until the answer is another than E_GONE. */
#define ASK_AGAIN(status, ask) \
	do { \
		unsigned tries_left_ = ASK_TRIES; \
		do \
			(status) = (ask); \
		while ((status) == E_GONE && --tries_left_ > 0); \
	} while (0)
