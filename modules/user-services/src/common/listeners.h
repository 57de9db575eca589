/*
 * Who wants to hear of a stream's news: events lent by clients, with one bit each that is shifted by the
 * kind of news. A client that has died is noticed when its event is gone; a full table is swept first.
 */
#pragma once
#include <libanon/syscall.h>

#define LISTENERS_MAX 16
#define NEWS_INPUT 0 /* something to read, or the end */
#define NEWS_ROOM 1  /* room to write again */
#define NEWS_SIZE 2  /* the size changed (console) */

struct listeners {
	uint32_t count;
	struct {
		handle_t event;
		uint64_t bits;
	} of[LISTENERS_MAX];
};

/* Takes the event over and signals it once, so that news before this call is not missed. */
status_t listeners_add(struct listeners *l, handle_t event, uint64_t bits);
void listeners_signal(struct listeners *l, uint32_t kind);
