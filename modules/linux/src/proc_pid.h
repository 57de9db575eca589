/* What the two halves of /proc/PID have of each other. */
#pragma once
#include "procfs.h"

/* 0 when reader may see the environment, memory map and files of the process; -EACCES, -ESRCH. */
int64_t proc_may_look(struct task *reader, const struct synth_target *target);

typedef int64_t proc_link_fn(struct task *reader, const struct synth_target *target, char *buffer,
                             size_t size);
typedef int64_t proc_path_fn(struct task *reader, const struct synth_target *target,
                             struct path *out);
proc_link_fn proc_link_exe, proc_link_cwd, proc_link_root;
proc_path_fn proc_exe_path, proc_cwd_path, proc_root_path;

int64_t proc_lookup_fd(const struct synth_target *target, const char *name,
                       const struct synth_entry **out_entry, struct synth_target *out_target);
int64_t proc_lookup_fdinfo(const struct synth_target *target, const char *name,
                           const struct synth_entry **out_entry, struct synth_target *out_target);
bool proc_next_fd(const struct synth_target *target, uint64_t *cursor, char name[32],
                  uint8_t *type);
