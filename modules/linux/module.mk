NAME       := linux
USES       := base libanon microkernel object-tree user-services distributed-fs
INTERFACES := 

# The core: tasks, signals, memory, time, start.
LINUX_CORE := src/main.c src/container.c src/job.c src/stop.c src/entry.c src/syscall.c src/fault.c \
	src/errno.c src/guest.c src/wait.c src/task.c src/fork.c src/exit.c src/wait4.c src/pgrp.c \
	src/exec.c src/exec_args.c src/exec_load.c src/exec_stack.c src/binfmt_elf.c src/binfmt_script.c \
	src/signal.c src/signal_queue.c src/signal_calls.c src/signal_frame.c src/signal_place.c src/signalfd.c \
	src/kill.c src/fpu.c src/mm.c src/mmap.c src/futex.c src/time.c src/timers.c src/timer_math.c src/alarm.c \
	src/ids.c src/cred.c src/prctl.c src/rlimit.c src/sched.c src/affinity.c src/uname.c src/cpu.c src/random_bytes.c \
	src/reboot.c src/wall_clock.c src/clock_page.c src/vdso.c src/rseq.c src/syslog.c src/unshare.c

# Files: descriptors, the file tree, file systems, terminals, pipes.
LINUX_FILES := src/archivefs.c src/attr.c src/console.c src/dcache.c src/dcache_names.c src/device.c src/dirent.c src/epoll.c \
	src/etcfs.c src/eventfd.c src/fcntl.c src/file.c src/filemap.c src/files.c src/fs_struct.c src/inode.c src/kmsg.c src/memfd.c \
	src/iter.c src/locks.c src/n_tty.c src/n_tty_out.c src/namei.c src/names.c src/namespace.c src/obj_call.c src/obj_limit.c \
	src/obj_watch.c src/object_access.c src/object_view.c src/objfs.c src/open.c src/pages.c src/pages_os.c src/pipe.c src/poll.c src/poll_wait.c \
	src/proc.c src/proc_anonymos.c src/proc_net.c src/proc_links.c src/proc_pid.c src/proc_sys.c src/proc_system.c src/pty.c \
	src/read_write.c src/readdir.c src/ring.c src/select.c src/snapshot.c src/socket.c src/socket_control.c src/stat.c src/store_client.c src/store_inode.c src/store_names.c src/storefs.c \
	src/stream.c src/sync.c src/synthfs.c src/sysfs.c src/text.c src/timerfd.c src/tmpfs.c src/tty.c src/tty_ioctl.c \
	src/tty_jobctrl.c src/unix.c src/unix_flight.c src/unix_names.c src/unix_queue.c src/vfs.c src/xattr.c

PROGRAMS    := linux
linux_SRC   := $(LINUX_CORE) $(LINUX_FILES)
linux_LIBS  := object-tree libanon base
linux_FLAGS := NOFPU LTO
linux_EMBEDS := linux-vdso

# What every Linux program finds mapped beside itself (vdso.c).
SHARED_OBJECTS           := linux-vdso
linux-vdso_SHARED_SRC    := src/vdso/clock.c
linux-vdso_SHARED_SCRIPT := src/vdso/vdso.ld

# A Linux program that checks the monitor from inside; on the host it checks itself against a real Linux.
LINUX_PROGRAMS       := linuxtest
linuxtest_LINUX_SRC  := test/main.c test/check.c test/process.c test/exec.c test/signal.c test/restart.c test/futex.c \
	test/thread.c test/memory.c test/fork_memory.c test/time.c test/ids.c test/fault.c test/object.c test/object_limit.c test/vdso.c \
	test/rseq.c test/syslog.c test/timerfd.c test/signalfd.c test/affinity.c

# The same for files, names, descriptors, pipes, terminals.
LINUX_PROGRAMS     += filetest
filetest_LINUX_SRC := test/file_main.c test/check.c test/file.c test/names.c test/directory.c test/fd.c test/lock.c \
	test/pipe.c test/poll.c test/tty.c test/proc.c test/rights.c test/socket.c test/travel.c test/unshare.c test/memfd.c

# Works while services are killed.
LINUX_PROGRAMS   += survive
survive_LINUX_SRC := test/survive.c

# Takes until it is refused.
LINUX_PROGRAMS += hog
hog_LINUX_SRC  := test/hog.c

# Looks for its monitor's memory.
LINUX_PROGRAMS     += breakout
breakout_LINUX_SRC := test/breakout.c test/takeover.c test/check.c

# Random system calls.
LINUX_PROGRAMS       += linuxfuzz
linuxfuzz_LINUX_SRC  := test/fuzz/main.c test/fuzz/system.c test/fuzz/worker.c test/fuzz/sandbox.c test/fuzz/children.c test/fuzz/calls.c test/fuzz/values.c \
	test/fuzz/structs.c
linuxfuzz_LINUX_LIBS := base

# The object tree from a shell, and what a shell shares with that.
LIB                  := obj/object_text.c
LINUX_PROGRAMS       += obj
obj_LINUX_SRC        := obj/main.c obj/operations.c obj/watch.c
obj_LINUX_LIBS       := linux object-tree base
# Figures of all domains; folders and objects as a tree.
LINUX_PROGRAMS       += domtop tree
domtop_LINUX_SRC     := obj/domtop.c
domtop_LINUX_LIBS    := linux object-tree base
tree_LINUX_SRC       := obj/tree.c

UNIT_TESTS           += object_text_test
object_text_test_TEST_SRC  := obj/object_text_test.c
object_text_test_TEST_LIBS := linux object-tree base

UNIT_TESTS += object_view_test
object_view_test_TEST_SRC  := src/object_view_test.c src/object_view.c src/host_heap.c
object_view_test_TEST_LIBS := object-tree base

UNIT_TESTS += binfmt_test exec_stack_test signal_queue_test syscall_table_test
binfmt_test_TEST_SRC         := src/binfmt_test.c src/binfmt_elf.c src/binfmt_script.c
binfmt_test_TEST_LIBS        := base
exec_stack_test_TEST_SRC     := src/exec_stack_test.c src/exec_stack.c src/exec_args.c src/host_heap.c
exec_stack_test_TEST_LIBS    := base
signal_queue_test_TEST_SRC   := src/signal_queue_test.c src/signal_queue.c src/signal_place.c src/timer_math.c \
	src/host_heap.c
signal_queue_test_TEST_LIBS  := base
syscall_table_test_TEST_SRC  := src/syscall_table_test.c

# Host tests of the file half.
UNIT_TESTS += n_tty_test vfs_test mount_test dcache_names_test
n_tty_test_TEST_SRC  := src/n_tty_test.c src/n_tty.c src/n_tty_out.c src/ring.c src/text.c src/dirent.c \
	src/host_heap.c
n_tty_test_TEST_LIBS := base
VFS_TEST_PARTS := src/host_files.c src/host_heap.c src/attr.c src/dcache.c src/dcache_names.c src/dirent.c \
	src/fcntl.c src/file.c src/filemap.c src/files.c src/fs_struct.c src/inode.c src/iter.c src/locks.c \
	src/namei.c src/names.c src/namespace.c src/open.c src/pages.c src/pipe.c src/read_write.c \
	src/readdir.c src/ring.c src/stat.c src/sync.c src/tmpfs.c src/xattr.c
vfs_test_TEST_SRC    := src/vfs_test.c $(VFS_TEST_PARTS)
vfs_test_TEST_LIBS   := base
mount_test_TEST_SRC  := src/mount_test.c $(VFS_TEST_PARTS)
mount_test_TEST_LIBS := base
dcache_names_test_TEST_SRC  := src/dcache_names_test.c $(VFS_TEST_PARTS)
dcache_names_test_TEST_LIBS := base
