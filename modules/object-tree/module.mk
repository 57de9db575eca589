NAME       := object-tree
USES       := base libanon microkernel
LIB        := src/cbor_write.c src/cbor_read.c src/json_read.c src/json_write.c src/schema.c src/object_serve.c \
	src/object_walk.c src/object_use.c
INTERFACES := interface/object-tree/object.ipc

PROGRAMS     := tree objtest
tree_SRC     := src/tree_main.c src/tree_serve.c src/namespace.c src/name_lookup.c src/name_path.c
tree_LIBS    := object-tree libanon base
objtest_SRC  := src/objtest_main.c
objtest_LIBS := object-tree libanon base

OBJECT_TEST_PARTS := src/object_fixture.c src/fake_kernel.c src/tree_serve.c src/namespace.c src/name_lookup.c \
	src/name_path.c $(LIB)
UNIT_TESTS := cbor_test json_test namespace_test object_test tree_serve_test
cbor_test_TEST_SRC       := src/cbor_test.c src/cbor_write.c src/cbor_read.c
cbor_test_TEST_LIBS      := base
json_test_TEST_SRC       := src/json_test.c src/json_read.c src/json_write.c src/cbor_write.c src/cbor_read.c
json_test_TEST_LIBS      := base
namespace_test_TEST_SRC  := src/namespace_test.c src/namespace.c src/name_lookup.c src/name_path.c
namespace_test_TEST_LIBS := base
object_test_TEST_SRC     := src/object_test.c $(OBJECT_TEST_PARTS)
object_test_TEST_LIBS    := base
tree_serve_test_TEST_SRC  := src/tree_serve_test.c $(OBJECT_TEST_PARTS)
tree_serve_test_TEST_LIBS := base
