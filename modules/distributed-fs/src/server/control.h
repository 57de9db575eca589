/*
 * The file server's own object, /srv/files.
 */
#pragma once
#include <libanon/syscall.h>

struct ipc_message;

status_t control_dispatch(struct ipc_message *m, void *page);
