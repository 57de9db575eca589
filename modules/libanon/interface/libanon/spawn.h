/*
 * Starting a program: a process from a static-PIE ELF image in a memory object, with named handles and
 * arguments. Read-only and executable segments are mapped straight from the image when it lies there page
 * aligned, else copied; data is always copied. Errors stick: check spawn_start alone.
 *
 *	struct spawn spawn;
 *	spawn_begin(&spawn, domain, "store", image, seed);
 *	spawn_give(&spawn, "log", log, RIGHT_CALL, badge);
 *	spawn_arg(&spawn, "--verbose");
 *	status = spawn_start(&spawn, 10, 0, &process);
 */
#pragma once
#include <libanon/syscall.h>

struct spawn_image {
	handle_t memory; /* READ, and EXECUTE and MAP so that its pages can be shared */
	uint64_t offset;
	uint64_t bytes;
};

struct spawn {
	handle_t process;
	handle_t domain;
	status_t status; /* the first error */
	uint32_t args_used;
	uint64_t entry;
	uint64_t next_address;   /* where stack and pages go */
	struct start_page *page; /* being built */
};

#define SPAWN_STATE 1u /* the first thread gets a state page: monitors */
#define SPAWN_FPU 2u   /* the first thread uses SSE or x87 */

/* argv[0] is name. seed randomises the address of the program; it must differ between processes. */
void spawn_begin(struct spawn *spawn, handle_t domain, const char *name, struct spawn_image image,
                 uint64_t seed);
/* Derives a child of `handle` into the process; badge 0 inherits. HANDLE_NONE is refused. */
void spawn_give(struct spawn *spawn, const char *name, handle_t handle, uint32_t rights,
                uint64_t badge);
void spawn_arg(struct spawn *spawn, const char *text);
/*
 * Adds "process" and "thread" (the child's own), "domain" unless given before, and lets it run. On any error since
 * spawn_begin the process is killed and the error returned.
 */
status_t spawn_start(struct spawn *spawn, uint32_t priority, uint32_t flags, handle_t *out_process)
	__attribute__((warn_unused_result));
/* Instead of spawn_start. */
void spawn_abandon(struct spawn *spawn);
