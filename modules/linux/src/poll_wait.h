/* Sleeping on several files at once: what poll and select have in common. */
#pragma once
#include "poll.h"

struct poll_block;
struct poll_wait {
	struct poll_table table; /* first */
	struct task *task;
	struct file *file; /* the one being asked; entries keep a reference to it */
	struct poll_block *blocks;
	bool has_failed; /* no memory for an entry */
};

void poll_wait_begin(struct poll_wait *wait, struct task *task);
void poll_wait_end(struct poll_wait *wait);
/* Ready bits of the file among `events` (always with POLLERR and POLLHUP); registers when asked to. */
uint32_t poll_wait_ask(struct poll_wait *wait, struct file *file, uint32_t events,
                       bool is_registering);
