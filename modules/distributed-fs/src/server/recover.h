/*
 * Taking over from an instance of the server that died: recover.c.
 */
#pragma once
#include <libanon/syscall.h>

/* The store is open and the caches have begun; nobody was answered yet. */
void recover(void);
