/*
 * The file server: what its parts share. One thread answers everything, so nothing here is locked.
 *
 * A badge says what a caller's handle stands for: bits 60-62 are its kind, the rest is the kind's own.
 */
#pragma once
#include <distributed-fs/store.h>
#include <libanon/server.h>

#define BADGE_SERVICE 0ull /* the server itself, /srv/files */
#define BADGE_ROOT 1ull    /* the store's root directory, bound at / */
#define BADGE_KIND_SHIFT 60
#define BADGE_KIND(badge) ((badge) >> BADGE_KIND_SHIFT & 7)
#define BADGE_PLACE 1ull   /* a file or directory as an object (place.c) */
#define BADGE_SESSION 2ull /* a file session (session.c) */
#define BADGE_CACHE 3ull   /* page requests of a file's cache (cache.c) */
#define BADGE_VALUE_MASK ((1ull << BADGE_KIND_SHIFT) - 1)

/* Bits of the server's one event. Bit 0 is init's: a service that we call was started again. */
#define EVENT_RESTARTED 1ull
#define EVENT_DISK 2ull
#define EVENT_TIMER 4ull
#define EVENT_CLOCK 8ull

#define RIGHTS_OBJECT (RIGHT_CALL | RIGHT_DERIVE | RIGHT_TRANSFER)

struct file_server {
	struct server server;
	handle_t event;
	struct store *store;
	bool is_memory;    /* the store is in memory only */
	bool is_read_only; /* the disk is, or a change could not be made durable */
	char reason[200];  /* why the store is where it is */
};
extern struct file_server fs;

/* A handle to the endpoint for a badge of this kind and value. */
status_t files_handle(uint64_t kind, uint64_t value, uint32_t rights, handle_t *out);
