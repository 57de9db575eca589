/* Pipes and FIFOs. */
#pragma once
#include "file.h"

/* fcntl F_GETPIPE_SZ and F_SETPIPE_SZ: -EBADF when the file is no pipe. */
int64_t pipe_size(struct file *file);
int64_t pipe_set_size(struct file *file, uint32_t bytes);
/* Opening an inode that is a FIFO; sets the file's operations. May sleep for the other side. */
int64_t fifo_open(struct task *task, struct file *file);
