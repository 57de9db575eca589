/*
 * The archive reader on good, cut and damaged archives. Each archive is read from a buffer of exactly its
 * size, so that the address sanitizer sees any step beyond.
 */
#include <base/random.h>
#include <base/test.h>
#include <libanon/archive.h>
#include <microkernel/errors.h>

struct builder {
	char bytes[4096];
	size_t size;
};

static void pad(struct builder *b)
{
	while (b->size % 4)
		b->bytes[b->size++] = 0;
}

static void add(struct builder *b, const char *name, unsigned mode, const char *data)
{
	size_t len = strlen(data);

	b->size += (size_t)sprintf(b->bytes + b->size,
	                           "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08zX%08X", 1,
	                           mode, 0, 0, 1, 0, (unsigned)len, 0, 0, 0, 0, strlen(name) + 1,
	                           0);
	memcpy(b->bytes + b->size, name, strlen(name) + 1);
	b->size += strlen(name) + 1;
	pad(b);
	memcpy(b->bytes + b->size, data, len);
	b->size += len;
	pad(b);
}

static void build(struct builder *b)
{
	memset(b, 0, sizeof(*b));
	add(b, "bin", 0040755, "");
	add(b, "./bin/one", 0100755, "first contents");
	add(b, "/init", 0100755, "the root task");
	add(b, "bin/two", 0120777, "one");
	add(b, "bin/two", 0100644, "hidden by the earlier one");
	add(b, "TRAILER!!!", 0, "");
}

TEST(lists_all)
{
	static const char *const names[] = {"bin", "bin/one", "init", "bin/two", "bin/two"};
	struct builder b;
	struct archive archive;
	struct archive_entry entry;
	uint64_t cursor = 0;

	build(&b);
	archive_init(&archive, b.bytes, b.size);
	for (int i = 0; i < 5; i++) {
		CHECK_EQ(archive_next(&archive, &cursor, &entry), OK);
		CHECK_STR_EQ(entry.name, names[i]);
	}
	CHECK_EQ(archive_next(&archive, &cursor, &entry), E_NOENT);
	CHECK_EQ(archive_next(&archive, &cursor, &entry), E_NOENT);
}

TEST(finds)
{
	struct builder b;
	struct archive archive;
	struct archive_entry entry;

	build(&b);
	archive_init(&archive, b.bytes, b.size);
	CHECK_EQ(archive_find(&archive, "/bin/one", &entry), OK);
	CHECK_EQ(entry.bytes, 14);
	CHECK_MEM_EQ(entry.data, "first contents", 14);
	CHECK(entry.data == archive.bytes + entry.offset);
	CHECK_EQ(archive_find(&archive, "bin/two", &entry), OK);
	CHECK_EQ(entry.mode & ARCHIVE_TYPE_MASK, ARCHIVE_LINK);
	CHECK_EQ(archive_find(&archive, "bin/tw", &entry), E_NOENT);
	CHECK_EQ(archive_find(&archive, "TRAILER!!!", &entry), E_NOENT);
}

/* Walks to the end, touching every byte that entries claim. */
static status_t walk(const struct archive *archive)
{
	struct archive_entry entry;
	uint64_t cursor = 0, last = 0;
	volatile unsigned sum = 0;
	status_t status;

	while ((status = archive_next(archive, &cursor, &entry)) == OK) {
		CHECK(cursor > last && cursor <= archive->size);
		last = cursor;
		sum += (unsigned)strlen(entry.name);
		for (uint64_t i = 0; i < entry.bytes; i++)
			sum += entry.data[i];
	}
	return status;
}

static status_t walk_copy(const char *bytes, size_t size)
{
	char *copy = malloc(size ? size : 1);
	struct archive archive;
	status_t status;

	memcpy(copy, bytes, size);
	archive_init(&archive, copy, size);
	status = walk(&archive);
	free(copy);
	return status;
}

TEST(every_cut_is_noticed)
{
	struct builder b;

	build(&b);
	CHECK_EQ(walk_copy(b.bytes, b.size), E_NOENT);
	for (size_t size = 0; size < b.size - 4; size++)
		CHECK_EQ(walk_copy(b.bytes, size), E_CORRUPT);
}

TEST(random_damage_is_survived)
{
	struct random random;
	struct builder b;

	random_seed(&random, test_seed());
	for (unsigned round = 0; round < test_rounds(20000); round++) {
		build(&b);
		for (unsigned i = 0; i < 1 + random_below(&random, 4); i++)
			b.bytes[random_below(&random, b.size)] =
				random_below(&random, 2)
					? "0123456789ABCDEFf"[random_below(&random, 17)]
					: (char)random_next(&random);
		(void)walk_copy(b.bytes, b.size);
	}
}

TEST(huge_fields)
{
	struct builder b;

	build(&b);
	memcpy(b.bytes + 54, "FFFFFFFF", 8);
	CHECK_EQ(walk_copy(b.bytes, b.size), E_CORRUPT);
	build(&b);
	memcpy(b.bytes + 94, "FFFFFFFF", 8);
	CHECK_EQ(walk_copy(b.bytes, b.size), E_CORRUPT);
	build(&b);
	memcpy(b.bytes + 94, "00000000", 8);
	CHECK_EQ(walk_copy(b.bytes, b.size), E_CORRUPT);
}

TEST_MAIN();
