/*
 * memfd_create: a file in memory without a name. There are no seals: asking for them is refused, and every memfd
 * is, as on Linux without MFD_ALLOW_SEALING, sealed against sealing.
 */
#include "file.h"
#include "guest.h"
#include "syscall.h"
#include "tmpfs.h"
#include <base/string.h>

#define MFD_CLOEXEC 1u
#define MFD_HUGETLB 4u
#define PREFIX "memfd:"
#define PREFIX_BYTES (sizeof(PREFIX) - 1)
#define NAME_BYTES (NAME_MAX - PREFIX_BYTES + 1) /* of the caller's name, with its NUL */

static int64_t open_new(struct task *task, const char *name, struct file **out)
{
	const struct new_inode new = {
		.mode = S_IFREG | 0777, .uid = task->cred.fsuid, .gid = task->cred.fsgid};
	struct dentry *dentry = tmpfs_make_nameless(name, &new);
	if (!dentry)
		return -ENOMEM;
	struct path path = {NULL, dentry};
	int64_t result = file_create(&path, O_RDWR | O_LARGEFILE, dentry->inode->file_ops, out);
	dentry_put(dentry);
	return result;
}

SYSCALL2(memfd_create, uint64_t, u_name, uint32_t, flags)
{
	char name[NAME_MAX + 1] = PREFIX;
	struct file *file;
	if (flags & ~(MFD_CLOEXEC | MFD_HUGETLB))
		return -EINVAL;
	if (flags & MFD_HUGETLB)
		return -ENOSYS; /* no huge pages are set aside */
	int64_t len = strncpy_from_guest(task, name + PREFIX_BYTES, u_name, NAME_BYTES);
	if (len < 0)
		return len == -ENAMETOOLONG ? -EINVAL : len;
	int64_t result = open_new(task, name, &file);
	return result == 0 ? files_add_new(task, file, flags & MFD_CLOEXEC ? O_CLOEXEC : 0)
	                   : result;
}
