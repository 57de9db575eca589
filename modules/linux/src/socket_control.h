/* Control messages of sendmsg and recvmsg: descriptors (SCM_RIGHTS) and credentials. */
#pragma once
#include "socket.h"

/* Reads what a sender gave: rights with references, or null; credentials that he may claim. */
int64_t control_get(struct task *task, uint64_t u_control, uint64_t bytes,
                    struct socket_message *message);
/* Writes what came: descriptors are installed; MSG_CTRUNC when there is no room. *out_used bytes. */
int64_t control_put(struct task *task, struct socket *socket, struct socket_message *message,
                    uint64_t u_control, uint64_t bytes, uint64_t *out_used);
