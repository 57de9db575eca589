/*
 * status_t to errno: the edge between this system's status codes and Linux's error numbers. Every
 * service's refusal that a guest may see passes through here, so a wrong errno is mended in one place.
 */
#include "errno.h"
#include <base/bits.h>
#include <microkernel/errors.h>

static const uint8_t errno_of[] = {
	[-E_INVAL] = EINVAL,
	[-E_NOMEM] = ENOMEM,
	[-E_HANDLE] = EIO,
	[-E_TYPE] = EIO,
	[-E_ACCESS] = EACCES,
	[-E_FAULT] = EFAULT,
	[-E_GONE] = EIO,
	[-E_TIMEOUT] = ETIMEDOUT,
	[-E_AGAIN] = EAGAIN,
	[-E_LIMIT] = ENOMEM,
	[-E_BUSY] = EBUSY,
	[-E_EXIST] = EEXIST,
	[-E_NOENT] = ENOENT,
	[-E_NOTDIR] = ENOTDIR,
	[-E_ISDIR] = EISDIR,
	[-E_NOTEMPTY] = ENOTEMPTY,
	[-E_NAMETOOLONG] = ENAMETOOLONG,
	[-E_NOSPC] = ENOSPC,
	[-E_IO] = EIO,
	[-E_CORRUPT] = EIO,
	[-E_FOREIGN] = EIO,
	[-E_BLANK] = EIO,
	[-E_VERSION] = EIO,
	[-E_FBIG] = EFBIG,
	[-E_LOOP] = ELOOP,
	[-E_MLINK] = EMLINK,
	[-E_RANGE] = ERANGE,
	[-E_ROFS] = EROFS,
	[-E_STALE] = ESTALE,
	[-E_UNSUPPORTED] = EOPNOTSUPP,
	[-E_PROTO] = EPROTO,
	[-E_INTR] = EINTR,
	[-E_XDEV] = EXDEV,
	[-E_PERM] = EPERM,
	[-E_CANCELED] = ECANCELED,
	[-E_DEADLOCK] = EDEADLK,
};

int64_t errno_from_status(status_t status)
{
	if (status >= 0)
		return 0;
	if ((size_t)-status >= ARRAY_SIZE(errno_of) || errno_of[-status] == 0)
		return -EIO;
	return -errno_of[-status];
}
