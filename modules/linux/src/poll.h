/*
 * Waiting for readiness. A file's poll operation names the wait queues that will tell of changes, then
 * returns what is ready now as POLL* bits. poll, select and epoll differ in what `add` does.
 */
#pragma once
#include <stdint.h>
#include "fs_abi.h"
#include "wait.h"

struct file;

struct poll_table {
	void (*add)(struct poll_table *table, struct wait_queue *queue, uint32_t events);
};

/* Registers for news of any of the events (0: all); does nothing without a table. */
static inline void poll_add(struct poll_table *table, struct wait_queue *queue, uint32_t events)
{
	if (table)
		table->add(table, queue, events);
}

/* What is ready on a file now; a file without a poll operation always is. */
uint32_t file_poll(struct file *file, struct poll_table *table);
