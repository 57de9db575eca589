/* Advisory locks on files: fcntl's records and flock. */
#pragma once
#include "file.h"

int64_t locks_fcntl(struct task *task, struct file *file, uint32_t command, uint64_t u_flock);
