NAME := distributed-fs
USES := base microkernel libanon object-tree
INTERFACES := interface/distributed-fs/file.ipc interface/distributed-fs/block.ipc
LIB  := src/attr.c src/block.c src/btnode.c src/btree.c src/btree_shrink.c src/btree_split.c \
	src/check.c src/check_contents.c src/check_inodes.c src/check_walk.c src/client/files_client.c \
	src/commit.c src/dirent.c src/exchange.c src/file_read.c src/file_write.c src/hash.c src/hole.c \
	src/inode.c src/layout.c src/message.c src/names.c src/node_cache.c src/open_ref.c src/orphan.c \
	src/rename.c src/space.c src/store.c src/super.c src/truncate.c src/tx.c src/unlink.c

PROGRAMS := files storetest
files_SRC := src/server/files_main.c src/server/backend.c src/server/cache.c src/server/change.c src/server/clock.c \
	src/server/control.c src/server/disk.c src/server/extras.c src/server/generations.c src/server/journal.c src/server/kept.c src/server/memory_disk.c \
	src/server/place.c src/server/recover.c src/server/session.c src/server/session_data.c \
	src/server/session_names.c src/server/vault.c src/server/vnode.c src/server/writeback.c
files_LIBS  := distributed-fs object-tree libanon base
files_FLAGS := NOFPU
storetest_SRC  := src/storetest/storetest_main.c src/storetest/storetest_boots.c \
	src/storetest/storetest_data.c src/storetest/storetest_generations.c src/storetest/storetest_hash.c src/storetest/storetest_held.c src/storetest/storetest_limits.c src/storetest/storetest_names.c
storetest_LIBS := distributed-fs object-tree libanon base

HOST_PROGRAMS := anonstore
anonstore_HOST_SRC  := src/host/anonstore.c src/host/get.c src/host/guest.c src/host/image.c \
	src/host/list.c src/host/put.c
anonstore_HOST_LIBS := distributed-fs base

STORE_DISK  := src/test/disk.c
STORE_MODEL := $(STORE_DISK) src/test/model.c src/test/digest.c src/test/actor.c
STORE_SAMPLE := $(STORE_DISK) src/test/sample.c src/test/forge.c

UNIT_TESTS := btree_test hash_test store_test model_test space_test power_test damage_test fuzz_test journal_test kept_test
model_test_TEST_SRC  := src/model_test.c $(STORE_MODEL)
model_test_TEST_LIBS := distributed-fs base
power_test_TEST_SRC  := src/power_test.c $(STORE_MODEL)
power_test_TEST_LIBS := distributed-fs base
hash_test_TEST_SRC  := src/hash_test.c
hash_test_TEST_LIBS := distributed-fs base
store_test_TEST_SRC  := src/store_test.c $(STORE_DISK)
store_test_TEST_LIBS := distributed-fs base
space_test_TEST_SRC  := src/space_test.c $(STORE_DISK)
space_test_TEST_LIBS := distributed-fs base
damage_test_TEST_SRC  := src/damage_test.c $(STORE_SAMPLE)
damage_test_TEST_LIBS := distributed-fs base
fuzz_test_TEST_SRC  := src/fuzz_test.c $(STORE_SAMPLE)
fuzz_test_TEST_LIBS := distributed-fs base
btree_test_TEST_SRC  := src/btree_test.c $(STORE_DISK)
btree_test_TEST_LIBS := distributed-fs base
journal_test_TEST_SRC  := src/server/journal_test.c src/server/journal.c src/server/change.c $(STORE_MODEL)
journal_test_TEST_LIBS := distributed-fs base
kept_test_TEST_SRC  := src/server/kept_test.c src/server/kept.c
kept_test_TEST_LIBS := base
