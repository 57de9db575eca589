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
 *
 * What a task may do with objects only shrinks, and its children inherit it:
 *
 *   obj_limit(rules, len)                      gives up all but these: a map from paths to rights (the sum of OBJECT_RIGHT_*); the longest
 *                                              path that an object's begins with decides, none: nothing. Paths begin with a slash and have no
 *                                              others but between names. Up to 16 times, then E2BIG
 *   obj_limits(value, max)                     these maps as an array, the newest first; empty: nothing was given up
 *   obj_rights(path)                           the sum of rights there; ENOENT when the path leads to nothing that is granted
 *
 * An object that is not granted is not there (ENOENT); a method that needs a right which is not, EACCES. Names, descriptions,
 * properties and events need OBJECT_RIGHT_READ, a method what its description says. It holds for files below /obj as well.
 *
 *   ns_own()                                   mounts of one's own, for who is no administrator, too: mount with MS_BIND (and MS_RDONLY) and
 *                                              umount2 of such mounts are then allowed; set-id bits have no effect any more
 */
#pragma once

#define OBJECT_CALL_FIRST 0x1000
#define NR_obj_call 0x1000
#define NR_obj_list 0x1001
#define NR_obj_describe 0x1002
#define NR_obj_get 0x1003
#define NR_obj_watch 0x1004
#define NR_obj_limit 0x1005
#define NR_obj_limits 0x1006
#define NR_obj_rights 0x1007
#define NR_ns_own 0x1008

#define OBJECT_RIGHT_READ 1u
#define OBJECT_RIGHT_CHANGE 2u
#define OBJECT_RIGHT_MANAGE 4u
#define OBJECT_RIGHT_ALL 7u
#define OBJECT_LIMITS_MAX 65536u /* of what obj_limits gives */

#define OBJECT_CALL_VALUE_MAX 32768u /* of anything these calls give */
