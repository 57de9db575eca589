NAME := microkernel
USES := base
KERNEL := \
	src/main.c src/init.c src/elf.c src/archive.c \
	src/lock.c src/kernel_lock.c src/cpu.c src/kobject.c src/derivation.c src/handle.c src/domain.c src/page.c src/kalloc.c \
	src/process.c src/thread.c src/sched.c src/share.c src/deadline.c \
	src/aspace.c src/aspace_clone.c src/aspace_remap.c src/aspace_check.c src/mapping.c src/fault.c src/space.c src/memory.c src/sweep.c src/pager.c src/pagemap.c \
	src/endpoint.c src/ipc.c src/ipc_fast.c src/reply.c src/priority.c src/event.c src/event_fast.c src/timer.c src/word.c src/interrupt.c src/ioport.c \
	src/syscall.c src/syscall_handle.c src/syscall_process.c src/syscall_thread.c src/syscall_memory.c \
	src/syscall_space.c src/syscall_event.c src/syscall_device.c \
	src/exception.c src/panic.c src/printk.c src/symbols.c \
	src/arch/x86_64/acpi_tables.c src/arch/x86_64/apic.c src/arch/x86_64/bases.c \
	src/arch/x86_64/boot.S src/arch/x86_64/boot.c src/arch/x86_64/boot_facts.c \
	src/arch/x86_64/boot_multiboot2.c src/arch/x86_64/boot_pvh.c src/arch/x86_64/boot_ranges.c \
	src/arch/x86_64/clock.c src/arch/x86_64/context.c src/arch/x86_64/descriptors.c \
	src/arch/x86_64/entry.S src/arch/x86_64/features.c src/arch/x86_64/fpu.c \
	src/arch/x86_64/guest.c src/arch/x86_64/init.c src/arch/x86_64/ioapic.c src/arch/x86_64/irq.c \
	src/arch/x86_64/kaslr.c \
	src/arch/x86_64/kernel_map.c src/arch/x86_64/machine.c src/arch/x86_64/memory.c \
	src/arch/x86_64/offsets.c src/arch/x86_64/pagetable.c src/arch/x86_64/pagetable_free.c \
	src/arch/x86_64/pagetable_range.c src/arch/x86_64/pagetable_share.c src/arch/x86_64/pagetable_check.c \
	src/arch/x86_64/pcid.c src/arch/x86_64/ports.c src/arch/x86_64/reference.c src/arch/x86_64/serial.c src/arch/x86_64/speculation.c \
	src/arch/x86_64/start_cpu.S src/arch/x86_64/start_cpus.c \
	src/arch/x86_64/tlb.c src/arch/x86_64/tlb_flush.c src/arch/x86_64/trap.c src/arch/x86_64/trap_entry.S src/arch/x86_64/usercopy.S
KERNEL_NOTEST := src/ktest_none.c
KTEST := src/ktest.c src/ktest_list.c src/ktest_fixture.c src/handle_ktest.c src/memory_ktest.c \
	src/aspace_ktest.c src/aspace_clone_ktest.c src/domain_ktest.c src/domain_nest_ktest.c src/share_ktest.c src/event_ktest.c src/thread_ktest.c src/shortage_ktest.c src/gone_ktest.c src/boot_image_ktest.c src/pager_ktest.c src/steps_ktest.c src/sweep_ktest.c src/waits_ktest.c src/remap_ktest.c src/ipc_ktest.c src/priority_ktest.c \
	src/arch/x86_64/pagetable_ktest.c src/arch/x86_64/kernel_map_ktest.c src/arch/x86_64/guest_ktest.c \
	src/arch/x86_64/protection_ktest.c src/arch/x86_64/kaslr_ktest.c src/arch/x86_64/apic_ktest.c \
	src/arch/x86_64/clock_ktest.c
# Sanitizer kernels have these besides; the first are compiled without instrumentation.
KERNEL_SANITIZER := src/arch/x86_64/sanitize.c src/sanitize_undefined.c
KTEST_SANITIZER := src/sanitize_ktest.c

UNIT_TESTS := acpi_tables_test boot_test time_scale_test tlb_test handle_test pagemap_test archive_test
acpi_tables_test_TEST_SRC := src/arch/x86_64/acpi_tables_test.c src/arch/x86_64/acpi_tables.c
boot_test_TEST_SRC := src/arch/x86_64/boot_test.c src/arch/x86_64/boot_facts.c \
	src/arch/x86_64/boot_pvh.c src/arch/x86_64/boot_multiboot2.c src/arch/x86_64/boot_ranges.c
time_scale_test_TEST_SRC := src/arch/x86_64/time_scale_test.c
tlb_test_TEST_SRC := src/arch/x86_64/tlb_test.c src/test/tlb_world.c src/test/tlb_model.c src/test/frames.c src/test/messages.c \
	src/arch/x86_64/tlb.c src/arch/x86_64/tlb_flush.c src/arch/x86_64/pcid.c src/arch/x86_64/pagetable.c \
	src/arch/x86_64/pagetable_free.c src/arch/x86_64/pagetable_range.c src/arch/x86_64/pagetable_share.c
tlb_test_TEST_LIBS := base
handle_test_TEST_SRC   := src/handle_test.c src/test/fakes.c src/test/messages.c src/lock.c src/handle.c src/derivation.c src/kobject.c src/domain.c
handle_test_TEST_LIBS  := base
archive_test_TEST_SRC  := src/archive_test.c src/archive.c
archive_test_TEST_LIBS := base
pagemap_test_TEST_SRC  := src/pagemap_test.c src/test/fakes.c src/test/messages.c src/lock.c src/pagemap.c src/kobject.c src/derivation.c src/handle.c src/domain.c
pagemap_test_TEST_LIBS := base

# The kernel's cores on the host, for src/explore/run.py (docs/verification.md).
EXPLORED_KERNEL := src/kobject.c src/derivation.c src/handle.c src/domain.c src/lock.c src/kernel_lock.c src/cpu.c \
	src/process.c src/thread.c src/sched.c src/share.c src/deadline.c src/endpoint.c src/reply.c src/priority.c src/event.c src/ipc.c src/ipc_fast.c \
	src/word.c src/explore/entry.c
EXPLORER := src/explore/explore.c src/explore/machine.c src/explore/hooks.c src/test/messages.c

EXPLORERS := explore_caps explore_ipc explore_pages explore_race explore_waits
explore_caps_EXPLORED  := $(EXPLORED_KERNEL)
explore_caps_HOST_SRC  := $(EXPLORER) src/explore/caps_world.c
explore_caps_HOST_LIBS := base
explore_ipc_EXPLORED  := $(EXPLORED_KERNEL)
explore_ipc_HOST_SRC  := $(EXPLORER) src/explore/ipc_world.c src/explore/ipc_spec.c src/explore/sched_spec.c src/explore/scene.c
explore_ipc_HOST_LIBS := base
explore_waits_EXPLORED  := $(EXPLORED_KERNEL)
explore_waits_HOST_SRC  := $(EXPLORER) src/explore/wait_world.c src/explore/ipc_spec.c src/explore/sched_spec.c src/explore/scene.c
explore_waits_HOST_LIBS := base
explore_race_EXPLORED  := $(EXPLORED_KERNEL)
explore_race_HOST_SRC  := $(EXPLORER) src/explore/race_world.c src/explore/coroutine.c src/explore/ipc_spec.c \
	src/explore/sched_spec.c src/explore/scene.c
explore_race_HOST_LIBS := base
explore_pages_EXPLORED  := src/page.c src/fault.c src/lock.c src/arch/x86_64/pagetable.c src/arch/x86_64/pagetable_free.c \
	src/arch/x86_64/pagetable_range.c src/arch/x86_64/pagetable_share.c src/explore/page_world.c
explore_pages_HOST_SRC  := src/explore/explore.c src/explore/hooks.c src/explore/page_main.c src/explore/page_stubs.c \
	src/test/messages.c
explore_pages_HOST_LIBS := base
