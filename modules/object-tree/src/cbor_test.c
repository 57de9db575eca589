/*
 * CBOR: examples of RFC 8949 appendix A both ways, what the deterministic encoding refuses, sorting, and
 * seeded mutations: a mutated value is refused or is itself deterministic, and nothing is read outside it.
 */
#include <base/random.h>
#include <base/test.h>
#include <object-tree/cbor.h>

/* "83 01 02" to bytes. */
static size_t from_hex(const char *hex, uint8_t *to)
{
	size_t len = 0;
	unsigned byte;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		to[len++] = (uint8_t)byte;
	return len;
}

static void same(const struct cbor_writer *w, const char *hex)
{
	uint8_t expected[256];
	size_t len = from_hex(hex, expected);

	CHECK_EQ(w->status, OK);
	CHECK_EQ(w->len, len);
	CHECK_MEM_EQ(w->at, expected, len);
	CHECK_EQ(cbor_check(w->at, w->len), OK);
}

#define WRITES(hex, ...) \
	do { \
		struct cbor_writer w; \
		uint8_t buf[256]; \
		cbor_writer_init(&w, buf, sizeof(buf)); \
		__VA_ARGS__; \
		same(&w, hex); \
	} while (0)

TEST(numbers_of_appendix_a)
{
	WRITES("00", cbor_put_int(&w, 0));
	WRITES("17", cbor_put_int(&w, 23));
	WRITES("1818", cbor_put_int(&w, 24));
	WRITES("1864", cbor_put_int(&w, 100));
	WRITES("1903e8", cbor_put_int(&w, 1000));
	WRITES("1a000f4240", cbor_put_int(&w, 1000000));
	WRITES("1b000000e8d4a51000", cbor_put_int(&w, 1000000000000));
	WRITES("1bffffffffffffffff", cbor_put_uint(&w, UINT64_MAX));
	WRITES("3bffffffffffffffff", cbor_put_negative(&w, UINT64_MAX));
	WRITES("20", cbor_put_int(&w, -1));
	WRITES("3863", cbor_put_int(&w, -100));
	WRITES("3903e7", cbor_put_int(&w, -1000));
	WRITES("3b7fffffffffffffff", cbor_put_int(&w, INT64_MIN));
}

TEST(strings_and_simple_values_of_appendix_a)
{
	WRITES("f4", cbor_put_bool(&w, false));
	WRITES("f5", cbor_put_bool(&w, true));
	WRITES("f6", cbor_put_null(&w));
	WRITES("f7", cbor_put_simple(&w, 23));
	WRITES("f0", cbor_put_simple(&w, 16));
	WRITES("f8ff", cbor_put_simple(&w, 255));
	WRITES("40", cbor_put_bytes(&w, NULL, 0));
	WRITES("4401020304", cbor_put_bytes(&w, "\1\2\3\4", 4));
	WRITES("60", cbor_put_text(&w, ""));
	WRITES("6449455446", cbor_put_text(&w, "IETF"));
	WRITES("62225c", cbor_put_text(&w, "\"\\"));
	WRITES("62c3bc", cbor_put_text(&w, "\xc3\xbc"));
	WRITES("63e6b0b4", cbor_put_text(&w, "\xe6\xb0\xb4"));
	WRITES("64f0908591", cbor_put_text(&w, "\xf0\x90\x85\x91"));
	WRITES("c11a514b67b0", cbor_put_tag(&w, 1), cbor_put_uint(&w, 1363896240));
	WRITES("f93c00", cbor_put_float(&w, 0x3c00, 2));
	WRITES("fb3ff199999999999a", cbor_put_float(&w, 0x3ff199999999999a, 8));
}

TEST(arrays_and_maps_of_appendix_a)
{
	WRITES("80", cbor_put_array(&w, 0));
	WRITES("83010203", {
		struct cbor_mark mark = cbor_open_array(&w);
		for (int i = 1; i <= 3; i++)
			cbor_put_int(&w, i);
		cbor_close(&w, mark);
	});
	WRITES("98190102030405060708090a0b0c0d0e0f101112131415161718181819", {
		struct cbor_mark mark = cbor_open_array(&w);
		for (int i = 1; i <= 25; i++)
			cbor_put_int(&w, i);
		cbor_close(&w, mark);
	});
	WRITES("a26161016162820203", {
		struct cbor_mark mark = cbor_open_map(&w); /* b first: close brings them in order */
		cbor_put_text(&w, "b");
		cbor_put_array(&w, 2);
		cbor_put_int(&w, 2);
		cbor_put_int(&w, 3);
		cbor_put_text(&w, "a");
		cbor_put_int(&w, 1);
		cbor_close(&w, mark);
	});
}

TEST(keys_are_sorted_by_their_encoding)
{
	/* RFC 8949 4.2.1: 10, 100, -1, "z", "aa", [100], [-1], false */
	WRITES("a80a0018640020"
	       "00617a00626161008118640081"
	       "2000f400",
	       {
		       struct cbor_mark mark = cbor_open_map(&w);
		       cbor_put_bool(&w, false), cbor_put_int(&w, 0);
		       cbor_put_text(&w, "aa"), cbor_put_int(&w, 0);
		       cbor_put_array(&w, 1), cbor_put_int(&w, -1), cbor_put_int(&w, 0);
		       cbor_put_int(&w, -1), cbor_put_int(&w, 0);
		       cbor_put_text(&w, "z"), cbor_put_int(&w, 0);
		       cbor_put_array(&w, 1), cbor_put_int(&w, 100), cbor_put_int(&w, 0);
		       cbor_put_int(&w, 10), cbor_put_int(&w, 0);
		       cbor_put_int(&w, 100), cbor_put_int(&w, 0);
		       cbor_close(&w, mark);
	       });
}

static status_t check_hex(const char *hex)
{
	uint8_t *exact, bytes[256];
	size_t len = from_hex(hex, bytes);

	exact = malloc(len + !len); /* the sanitizer sees a read beyond */
	memcpy(exact, bytes, len);
	status_t status = cbor_check(exact, len);
	free(exact);
	return status;
}

TEST(what_is_not_deterministic_is_refused)
{
	static const char *const bad[] = {
		"",       /* nothing */
		"0000",   /* two values */
		"1817",   /* 23 in two bytes */
		"1900ff", /* 255 in three */
		"1a0000ffff",
		"1b00000000ffffffff",
		"5803010203", /* length in long form */
		"9803010203",
		"b801616101",
		"1c",
		"1d",
		"1e",
		"3f", /* reserved */
		"5f42010243030405ff",
		"7f657374726561646d696e67ff",
		"9fff",
		"bf6161019fff",
		"ff",
		"f81f",
		"f818",
		"f8", /* simple values in the wrong form */
		"41",
		"6261",
		"18",
		"19ff",
		"1bffffffffffffff",
		"fb3ff1", /* cut short */
		"8301",
		"a161",
		"a1",
		"c1",
		"81",
		"a2616201616101", /* b before a */
		"a2616101616102", /* a twice */
		"61ff",
		"62c328",
		"63e0809f",
		"64f4908080",
		"63eda080",
		"62c080", /* not UTF-8 */
		"9bffffffffffffffff00",
		"bb800000000000000000",
		"5bffffffffffffffff",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(check_hex(bad[i]) == E_PROTO);
}

TEST(depth_is_limited)
{
	char hex[2 * CBOR_DEPTH_MAX + 5] = "";

	for (int i = 0; i < CBOR_DEPTH_MAX; i++)
		strcat(hex, "81");
	strcat(hex, "00");
	CHECK_EQ(check_hex(hex), OK);
	memmove(hex + 2, hex, strlen(hex) + 1);
	memcpy(hex, "81", 2);
	CHECK_EQ(check_hex(hex), E_LIMIT);
}

TEST(a_full_buffer_and_wrong_values_stick)
{
	struct cbor_writer w;
	uint8_t buf[4];

	cbor_writer_init(&w, buf, sizeof(buf));
	cbor_put_text(&w, "abc");
	CHECK_EQ(w.status, OK);
	cbor_put_int(&w, 1);
	CHECK_EQ(w.status, E_RANGE);
	CHECK_EQ(w.len, 4);
	cbor_writer_init(&w, buf, sizeof(buf));
	cbor_put_text(&w, "\xff");
	CHECK_EQ(w.status, E_INVAL);
	cbor_writer_init(&w, buf, sizeof(buf));
	struct cbor_mark mark = cbor_open_map(&w);
	cbor_put_int(&w, 1), cbor_put_int(&w, 1), cbor_put_int(&w, 1), cbor_put_int(&w, 2);
	cbor_close(&w, mark);
	CHECK_EQ(w.status, E_INVAL); /* a key twice */
}

TEST(a_window_shows_part_of_a_value)
{
	struct cbor_writer w;
	uint8_t piece[4];

	cbor_window_init(&w, piece, sizeof(piece), 2);
	cbor_put_text(&w, "abcdefgh");
	CHECK_EQ(w.len, 9);
	CHECK_MEM_EQ(piece, "bcde", 4);
}

TEST(typed_reads_do_not_move_on_a_mismatch)
{
	static const uint8_t value[] = {0x83, 0x20, 0xf5, 0x61, 'x'};
	struct cbor_reader r;
	uint64_t items;
	int64_t number;
	bool flag;
	const char *text;
	size_t len;

	cbor_reader_init(&r, value, sizeof(value));
	CHECK_EQ(cbor_get_map(&r, &items), E_TYPE);
	CHECK_EQ(cbor_get_array(&r, &items), OK);
	CHECK_EQ(items, 3);
	CHECK_EQ(cbor_get_uint(&r, &items), E_TYPE);
	CHECK_EQ(cbor_get_int(&r, &number), OK);
	CHECK_EQ(number, -1);
	CHECK_EQ(cbor_get_bool(&r, &flag), OK);
	CHECK(flag);
	CHECK_EQ(cbor_get_text(&r, &text, &len), OK);
	CHECK(len == 1 && text[0] == 'x');
	CHECK_EQ(cbor_get_text(&r, &text, &len), E_NOENT);
}

TEST(find_looks_up_text_keys)
{
	uint8_t value[64];
	size_t len = from_hex("a301026161820102616203", value);
	struct cbor_reader r;
	uint64_t number;

	CHECK_EQ(cbor_find(value, len, "b", &r), OK);
	CHECK_EQ(cbor_get_uint(&r, &number), OK);
	CHECK_EQ(number, 3);
	CHECK_EQ(cbor_find(value, len, "c", &r), E_NOENT);
	CHECK_EQ(cbor_find("\x01", 1, "c", &r), E_TYPE);
}

TEST(mutations_are_refused_or_deterministic)
{
	uint8_t good[64], *bad;
	size_t len = from_hex("a40102616183f5f6c1196161626262a16178f93c0063e6b0b44401020304", good);
	struct random random;
	unsigned accepted = 0;

	random_seed(&random, test_seed());
	CHECK_EQ(cbor_check(good, len), OK);
	for (unsigned round = test_rounds(100000); round > 0; round--) {
		size_t cut = random_below(&random, 4) ? len : random_below(&random, len) + 1;
		bad = malloc(cut);
		memcpy(bad, good, cut);
		for (uint64_t n = random_below(&random, 4); n > 0; n--)
			bad[random_below(&random, cut)] = (uint8_t)random_next(&random);
		struct cbor_reader r;
		struct cbor_item item;
		cbor_reader_init(&r, bad, cut);
		while (cbor_next(&r, &item) == OK)
			;
		(void)cbor_find(bad, cut, "a", &r);
		accepted += cbor_check(bad, cut) == OK;
		free(bad);
	}
	CHECK(accepted > 0);
}

TEST_MAIN();
