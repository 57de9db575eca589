/*
 * System calls: one include for the generated stubs (sys_NAME), status codes, rights and object types.
 * The four ipc_* calls and enter are in ipc.h and enter.h.
 */
#pragma once
#include <stdbool.h>
#include <microkernel/abi.h>
#include <microkernel/errors.h>
#include <microkernel/objects.h>
#include <microkernel/rights.h>
#include <microkernel/syscalls.h>

static inline bool handle_is_none(handle_t handle)
{
	return handle.value == 0;
}
