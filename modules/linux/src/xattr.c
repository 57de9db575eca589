/*
 * Extended attributes: no file system here has any, and says so after the checks that come first.
 */
#include "file.h"
#include "path_arg.h"
#include "syscall.h"

static int64_t refuse_path(struct task *task, uint64_t u_path, uint32_t lookup, int64_t answer)
{
	struct path path;
	int64_t result = path_from_guest(task, AT_FDCWD, u_path, lookup, &path);
	if (result != 0)
		return result;
	path_put(&path);
	return answer;
}

static int64_t refuse_fd(struct task *task, int32_t fd, int64_t answer)
{
	if (!files_is_open(task->files, fd))
		return -EBADF;
	return answer;
}

SYSCALL5(setxattr, uint64_t, u_path, uint64_t, u_name, uint64_t, u_value, uint64_t, size, uint64_t,
         flags)
{
	return refuse_path(task, u_path, LOOKUP_FOLLOW, -EOPNOTSUPP);
}

SYSCALL5(lsetxattr, uint64_t, u_path, uint64_t, u_name, uint64_t, u_value, uint64_t, size, uint64_t,
         flags)
{
	return refuse_path(task, u_path, 0, -EOPNOTSUPP);
}

SYSCALL5(fsetxattr, int32_t, fd, uint64_t, u_name, uint64_t, u_value, uint64_t, size, uint64_t,
         flags)
{
	return refuse_fd(task, fd, -EOPNOTSUPP);
}

SYSCALL4(getxattr, uint64_t, u_path, uint64_t, u_name, uint64_t, u_value, uint64_t, size)
{
	return refuse_path(task, u_path, LOOKUP_FOLLOW, -EOPNOTSUPP);
}

SYSCALL4(lgetxattr, uint64_t, u_path, uint64_t, u_name, uint64_t, u_value, uint64_t, size)
{
	return refuse_path(task, u_path, 0, -EOPNOTSUPP);
}

SYSCALL4(fgetxattr, int32_t, fd, uint64_t, u_name, uint64_t, u_value, uint64_t, size)
{
	return refuse_fd(task, fd, -EOPNOTSUPP);
}

SYSCALL3(listxattr, uint64_t, u_path, uint64_t, u_list, uint64_t, size)
{
	return refuse_path(task, u_path, LOOKUP_FOLLOW, 0);
}

SYSCALL3(llistxattr, uint64_t, u_path, uint64_t, u_list, uint64_t, size)
{
	return refuse_path(task, u_path, 0, 0);
}

SYSCALL3(flistxattr, int32_t, fd, uint64_t, u_list, uint64_t, size)
{
	return refuse_fd(task, fd, 0);
}

SYSCALL2(removexattr, uint64_t, u_path, uint64_t, u_name)
{
	return refuse_path(task, u_path, LOOKUP_FOLLOW, -EOPNOTSUPP);
}

SYSCALL2(lremovexattr, uint64_t, u_path, uint64_t, u_name)
{
	return refuse_path(task, u_path, 0, -EOPNOTSUPP);
}

SYSCALL2(fremovexattr, int32_t, fd, uint64_t, u_name)
{
	return refuse_fd(task, fd, -EOPNOTSUPP);
}
