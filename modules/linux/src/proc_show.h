/* What the files of /proc show that are nobody's own (proc_system.c). */
#pragma once
#include "procfs.h"

typedef int64_t proc_show_fn(struct task *reader, const struct synth_target *target,
                             struct text *text);
proc_show_fn proc_show_cmdline, proc_show_cpuinfo, proc_show_devices, proc_show_filesystems,
	proc_show_loadavg, proc_show_meminfo, proc_show_partitions, proc_show_stat, proc_show_swaps,
	proc_show_uptime, proc_show_version, proc_show_mounts, proc_show_mountinfo;
