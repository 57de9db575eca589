/* Pseudo terminals: pairs of a master (a file) and a slave (a terminal, /dev/pts/N). */
#pragma once
#include "file.h"

#define PTY_MAX 64
#define PTY_SLAVE_MAJOR 136u

int64_t pty_open_master(struct task *task, struct file *file); /* /dev/ptmx */
int64_t pty_open_slave(struct task *task, struct file *file, uint32_t index);
bool pty_is_open(uint32_t index);
/* devpts: /dev/pts. References. */
int64_t devpts_create(struct super **out_super, struct dentry **out_root);
