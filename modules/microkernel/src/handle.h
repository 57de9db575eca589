/*
 * Handle tables: per process, the capabilities it holds. A handle's number is an index with a generation, so a
 * stale number is refused instead of naming a newcomer.
 */
#pragma once
#include <microkernel/abi.h>
#include <microkernel/rights.h>
#include "derivation.h"

struct kobject;
struct process;

enum handle_state { HANDLE_FREE, HANDLE_USED, HANDLE_RESERVED };

/* One slot of a table; 64 to a page. */
struct handle_entry {
	struct derivation node; /* number, state and rights live there */
	struct kobject *object; /* free slots: the next free one */
	uint64_t badge;
	struct process *process; /* [I] whose table this is */
};

#define HANDLE_CHUNK 64u
#define HANDLE_CHUNKS 512u
#define HANDLES_MAX (HANDLE_CHUNK * HANDLE_CHUNKS)
#define HANDLE_INDEX_BITS 16 /* the rest is the generation */

struct handle_table {
	struct handle_entry *
		*chunks; /* a page of pointers to pages of entries, HANDLE_CHUNKS always */
	struct handle_entry
		*free; /* oldest first, so that a number comes again as late as possible */
	struct handle_entry *free_last;
	uint64_t chunk_count;
	uint32_t used; /* used and reserved slots */
};

status_t handle_table_init(struct process *process);
bool handle_table_shrink(struct process *process, unsigned *budget); /* closes all, in steps */

/* The same, checked for type (0: any) and rights; E_HANDLE, E_TYPE, E_ACCESS, E_GONE. */
status_t handle_get(struct process *process, handle_t handle, uint8_t type, uint32_t rights,
                    struct handle_entry **out);

/* A free slot, charged to the process's domain; null at a limit. */
struct handle_entry *handle_reserve(struct process *process);
void handle_unreserve(struct handle_entry *entry);
static inline handle_t handle_number(const struct handle_entry *entry)
{
	return (handle_t){entry->node.number};
}
/* The first used handle with an index of *at or higher; STATUS_MORE: go on from *at. E_NOENT. */
status_t handle_next(struct process *process, uint64_t *at, unsigned *budget,
                     struct handle_entry **out);

/* Makes a reserved slot a handle to object, below parent (null: a root). Takes a reference to object. */
status_t handle_fill(struct handle_entry *entry, struct kobject *object, struct derivation *parent,
                     uint32_t rights, uint64_t badge);
/* Moves a used entry into a reserved one. */
void handle_move(struct handle_entry *from, struct handle_entry *to);
void handle_close(struct handle_entry *entry);
/* What of bits a handle to an event may signal: those of its badge, when it has one. */
static inline uint64_t handle_signal_bits(const struct handle_entry *event, uint64_t bits)
{
	return event->badge ? bits & event->badge : bits;
}
void handle_undo(struct derivation *node);

/* A new handle, with its type's initial rights cut to these, to an object just created, whose creator's reference it
 * takes over; on refusal the object is dropped. */
status_t handle_publish(struct process *process, struct kobject *object, uint32_t rights,
                        handle_t *out);
/* The derive operation: rights are cut to the parent's; a badge may be chosen only where allowed. */
status_t handle_derive_into(struct process *process, struct handle_entry *from, uint32_t rights,
                            uint64_t badge, handle_t *out);
