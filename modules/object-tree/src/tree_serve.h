/*
 * The tree service's requests: object.ipc on the namespace. A directory handle's badge is its node's number
 * times two, plus one when it is read-only: badge 0 is the whole tree, badge 1 the whole tree to look at.
 *
 * The endpoint outlives the service, and so do the handles derived from it. Numbers therefore start at the
 * time since boot: a restarted service never takes an old directory's badge for one of its own (E_GONE).
 */
#pragma once
#include "namespace.h"
#include <libanon/ipc.h>

#define TREE_RIGHTS_PASSED (RIGHT_CALL | RIGHT_DERIVE | RIGHT_TRANSFER)

struct tree_service {
	struct namespace ns;
	handle_t endpoint; /* directories are derived from it */
	uint64_t endpoint_id;
};

status_t tree_service_init(struct tree_service *service, handle_t endpoint,
                           const struct namespace_ops *ops);
/* Answer one request, as a generated dispatch does. */
status_t tree_service_dispatch(struct tree_service *service, struct ipc_message *message,
                               void *page);
