/*
 * Taking over from an instance of the server that died: recover.c.
 */
#pragma once
#include <libanon/syscall.h>

/*
 * The store is open and the caches have begun; nobody was answered yet. On an error all is still there: the next
 * instance may have more luck.
 */
status_t recover(void);
