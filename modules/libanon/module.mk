NAME := libanon
USES := base microkernel
LIB  := src/entry.S src/start.c src/ipc_stub.S src/ipc.c src/thread.c src/thread_leave.S src/mutex.c \
	src/heap.c src/heap_pages.c src/heap_source.c src/memory.c src/elf.c src/spawn.c src/spawn_image.c src/log.c \
	src/archive.c src/server.c src/time.c
PROGRAMS   := hello spin crash selftest nativebench entertest kernelfuzz
hello_SRC  := src/hello_main.c
hello_LIBS := libanon base
spin_SRC   := src/spin_main.c
spin_LIBS  := libanon base
crash_SRC  := src/crash_main.c
crash_LIBS := libanon base
selftest_SRC  := src/selftest_main.c
selftest_LIBS := libanon base
nativebench_SRC  := src/nativebench_main.c
nativebench_LIBS := libanon base
entertest_SRC  := src/entertest_main.c src/entertest_guest.S
entertest_LIBS := libanon base
entertest_FLAGS := NOFPU
kernelfuzz_SRC  := src/kernelfuzz_main.c src/kernelfuzz_child.c src/kernelfuzz_calls.c
kernelfuzz_LIBS := libanon base
UNIT_TESTS := heap_test archive_test elf_test
heap_test_TEST_SRC    := src/heap_test.c src/heap.c src/heap_pages.c
heap_test_TEST_LIBS   := base
archive_test_TEST_SRC  := src/archive_test.c src/archive.c
archive_test_TEST_LIBS := base
elf_test_TEST_SRC      := src/elf_test.c src/elf.c
elf_test_TEST_LIBS     := base
