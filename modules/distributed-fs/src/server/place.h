/*
 * Files and directories of the store as objects of the tree (object.ipc).
 */
#pragma once
#include <libanon/syscall.h>

struct ipc_message;

status_t place_dispatch_root(struct ipc_message *m, void *page);
status_t place_dispatch(uint64_t value, struct ipc_message *m, void *page);
