NAME       := linux
USES       := base libanon microkernel object-tree user-services distributed-fs
INTERFACES := interface/linux/container.ipc

# The core: tasks, signals, memory, time, start.
LINUX_CORE := src/main.c src/container.c src/job.c src/stop.c src/entry.c src/syscall.c src/fault.c \
	src/errno.c src/guest.c src/wait.c src/task.c src/fork.c src/exit.c src/wait4.c src/pgrp.c \
	src/exec.c src/exec_args.c src/exec_load.c src/exec_stack.c src/binfmt_elf.c src/binfmt_script.c \
	src/signal.c src/signal_queue.c src/signal_calls.c src/signal_frame.c src/signal_place.c \
	src/kill.c src/fpu.c src/mm.c src/mmap.c src/futex.c src/time.c src/timers.c src/timer_math.c \
	src/ids.c src/cred.c src/prctl.c src/rlimit.c src/sched.c src/uname.c src/cpu.c src/random_bytes.c

PROGRAMS    := linux
linux_SRC   := $(LINUX_CORE) $(LINUX_FILES)
linux_LIBS  := object-tree libanon base
linux_FLAGS := NOFPU

# A Linux program that checks the monitor from inside; on the host it checks itself against a real Linux.
LINUX_PROGRAMS       := linuxtest
linuxtest_LINUX_SRC  := test/main.c test/process.c test/exec.c test/signal.c test/restart.c test/futex.c \
	test/thread.c test/memory.c test/time.c test/ids.c test/fault.c
