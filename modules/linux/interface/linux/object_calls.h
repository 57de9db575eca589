/*
 * The object tree by system call, for Linux programs of a container that has a namespace (else EPERM). Numbers lie
 * far above Linux's. Values are CBOR in the deterministic encoding; each call gives the length of what it wrote, or
 * a negated errno: ERANGE when it does not fit, EOPNOTSUPP when no object at the path offers the operation.
 *
 *   obj_call(path, method, args, args_len, result, result_max)   args_len 0: no arguments
 *   obj_list(path, entries, max)               for each name: kind byte (OBJECT_KIND_*), length byte, the name
 *   obj_describe(path, description, max)       as the operation `describe` of object.ipc
 *   obj_get(path, property, value, max)
 *   obj_watch(path, event, flags)              a descriptor: readable after the event, a read gives how often it came as
 *                                              a u64; event NULL: the names bound in the directory change. flags:
 *                                              O_CLOEXEC, O_NONBLOCK
 */
#pragma once

#define OBJECT_CALL_FIRST 0x1000
#define NR_obj_call 0x1000
#define NR_obj_list 0x1001
#define NR_obj_describe 0x1002
#define NR_obj_get 0x1003
#define NR_obj_watch 0x1004

#define OBJECT_CALL_VALUE_MAX 32768u /* of anything these calls give */
