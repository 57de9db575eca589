/*
 * JSON: both ways for every kind of value, what RFC 8259 does not allow, and seeded noise: whatever is
 * accepted gives a deterministic value that survives the way to JSON and back.
 */
#include <base/random.h>
#include <base/test.h>
#include <object-tree/json.h>

/* JSON to CBOR and back must give `expected`. */
static void becomes(const char *json, const char *expected)
{
	uint8_t value[512];
	char text[1024];
	size_t len = 0, text_len = 0;

	CHECK_EQ(json_parse(json, value, sizeof(value), &len), OK);
	CHECK_EQ(json_from_cbor(value, len, false, text, sizeof(text), &text_len), OK);
	CHECK_STR_EQ(text, expected);
	CHECK_EQ(text_len, strlen(expected));
}

static status_t refusal(const char *json)
{
	uint8_t value[256];
	size_t len;

	return json_parse(json, value, sizeof(value), &len);
}

TEST(plain_values)
{
	becomes("0", "0");
	becomes(" -1 ", "-1");
	becomes("-0", "0");
	becomes("18446744073709551615", "18446744073709551615");
	becomes("-9223372036854775809", "-9223372036854775809");
	becomes("true", "true");
	becomes("false", "false");
	becomes("null", "null");
	becomes("\"\"", "\"\"");
	becomes("[]", "[]");
	becomes("{}", "{}");
	becomes("[1, [2, []], {\"a\" : null}]\n", "[1,[2,[]],{\"a\":null}]");
}

TEST(keys_come_out_in_cbor_order)
{
	becomes("{\"bb\":1,\"a\":2,\"c\":{\"z\":0,\"y\":1}}",
	        "{\"a\":2,\"c\":{\"y\":1,\"z\":0},\"bb\":1}");
}

TEST(strings_and_escapes)
{
	becomes("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\"");
	becomes("\"\\u0041\\u00fc\\u6c34\\ud800\\udd51\"",
	        "\"A\xc3\xbc\xe6\xb0\xb4\xf0\x90\x85\x91\"");
	becomes("\"\\u0000\\u001b[31m\\u007f\"", "\"\\u0000\\u001b[31m\\u007f\"");
}

TEST(what_json_cannot_say)
{
	becomes("{\"$bytes\":\"\"}", "{\"$bytes\":\"\"}");
	becomes("{ \"$bytes\" : \"00FFa0\" }", "{\"$bytes\":\"00ffa0\"}");
	becomes("{\"$bytes\":\"000102030405060708090a0b0c0d0e0f101112131415161718\"}",
	        "{\"$bytes\":\"000102030405060708090a0b0c0d0e0f101112131415161718\"}");
	becomes("[{\"$float\":\"3c00\"},{\"$float\":\"3ff199999999999a\"}]",
	        "[{\"$float\":\"3c00\"},{\"$float\":\"3ff199999999999a\"}]");
	becomes("{\"$tag\":[1,{\"a\":[2]}]}", "{\"$tag\":[1,{\"a\":[2]}]}");
	becomes("{\"$simple\":255}", "{\"$simple\":255}");
	becomes("{\"$simple\":21}", "true");
	becomes("{\"$$bytes\":\"00\",\"$$\":1}", "{\"$$\":1,\"$$bytes\":\"00\"}");
}

TEST(indented)
{
	uint8_t value[64];
	char text[128];
	size_t len, text_len;

	CHECK_EQ(json_parse("{\"a\":[1,2],\"b\":{}}", value, sizeof(value), &len), OK);
	CHECK_EQ(json_from_cbor(value, len, true, text, sizeof(text), &text_len), OK);
	CHECK_STR_EQ(text, "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {}\n}");
}

/* All of these are E_PROTO. */
static const char *const bad[] = {
	"",
	" ",
	"nul",
	"tru",
	"True",
	"[",
	"]",
	"[1",
	"[1,",
	"[1,]",
	"[,1]",
	"[1 2]",
	"{",
	"}",
	"{a:1}",
	"{\"a\"}",
	"{\"a\":}",
	"{\"a\":1,}",
	"{\"a\" 1}",
	"{1:2}",
	"\"",
	"\"a",
	"\"\\",
	"\"\\x\"",
	"\"\\u12\"",
	"\"\\ud800\"",
	"\"\\ud800x\"",
	"\"\\udc00\"",
	"\"\\ud800\\u0041\"",
	"\"\n\"",
	"\"\xff\"",
	"\"\xed\xa0\x80\"",
	"01",
	"-",
	"+1",
	"--1",
	"1 2",
	"1,",
	"'a'",
	"/**/1",
	"{\"$bytes\":\"0\"}",
	"{\"$bytes\":\"0g\"}",
	"{\"$bytes\":00}",
	"{\"$bytes\":\"00\",\"a\":1}",
	"{\"$float\":\"00\"}",
	"{\"$simple\":256}",
	"{\"$tag\":[1]}",
	"{\"$tag\":[-1,2]}",
	"{\"$odd\":1}",
	"{\"a\":1,\"$bytes\":\"00\"}",
};

TEST(what_is_not_json_is_refused)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (refusal(bad[i]) != E_PROTO)
			printf("  accepted: %s\n", bad[i]);
		CHECK_EQ(refusal(bad[i]), E_PROTO);
	}
	CHECK_EQ(refusal("1.5"), E_UNSUPPORTED);
	CHECK_EQ(refusal("1e3"), E_UNSUPPORTED);
	CHECK_EQ(refusal("18446744073709551616"), E_RANGE);
	CHECK_EQ(refusal("{\"a\":1,\"a\":2}"), E_INVAL);
	CHECK_EQ(refusal("{\"$simple\":24}"), E_INVAL);
}

TEST(depth_and_room_are_limited)
{
	char deep[CBOR_DEPTH_MAX + 2];
	uint8_t value[8];
	char text[4];
	size_t len;

	memset(deep, '[', sizeof(deep));
	deep[CBOR_DEPTH_MAX + 1] = 0;
	CHECK_EQ(refusal(deep), E_LIMIT);
	CHECK_EQ(json_parse("\"12345678\"", value, sizeof(value), &len), E_RANGE);
	CHECK_EQ(json_parse("\"1234567\"", value, sizeof(value), &len), OK);
	CHECK_EQ(json_from_cbor(value, len, false, text, sizeof(text), &len), E_RANGE);
	CHECK_EQ(json_from_cbor("\xf4", 1, false, text, sizeof(text), &len), E_RANGE);
	CHECK_EQ(json_from_cbor("\xf4\xf4", 2, false, text, sizeof(text), &len), E_PROTO);
	CHECK_EQ(json_from_cbor("\xa1\x01\x02", 3, false, text, sizeof(text), &len), E_UNSUPPORTED);
}

/* What was accepted must survive the way to JSON and back. */
static void check_return(const uint8_t *value, size_t len)
{
	char text[2048];
	uint8_t again[512];
	size_t text_len, again_len;
	status_t status = json_from_cbor(value, len, false, text, sizeof(text), &text_len);

	if (status == E_UNSUPPORTED)
		return; /* a map key that is no text */
	CHECK_EQ(status, OK);
	CHECK_EQ(json_parse(text, again, sizeof(again), &again_len), OK);
	CHECK(again_len == len && memcmp(again, value, len) == 0);
}

TEST(noise_is_refused_or_survives)
{
	static const char seed_text[] =
		"{\"a\":[1,-2,{\"$bytes\":\"00ff\"}],\"b\":\"\\u00fc\\n\",\"$$c\":{\"$tag\":[1,null]},\"d\":{\"$float\":\"3c00\"}}";
	static const char letters[] = "{}[]\",:\\$ute0123456789abf-. \n";
	struct random random;
	uint8_t value[256];
	char text[sizeof(seed_text)];
	unsigned accepted = 0;
	size_t len;

	random_seed(&random, test_seed());
	for (unsigned round = test_rounds(100000); round > 0; round--) {
		memcpy(text, seed_text, sizeof(text));
		for (uint64_t n = random_below(&random, 5); n > 0; n--)
			text[random_below(&random, sizeof(text) - 1)] =
				letters[random_below(&random, sizeof(letters) - 1)];
		char *exact = malloc(sizeof(text) - 1);
		struct cbor_writer w;
		memcpy(exact, text, sizeof(text) - 1);
		cbor_writer_init(&w, value, sizeof(value));
		(void)json_to_cbor(exact, sizeof(text) - 1, &w);
		free(exact);
		if (json_parse(text, value, sizeof(value), &len) != OK)
			continue;
		accepted++;
		check_return(value, len);
	}
	CHECK(accepted > 100);
}

TEST(random_values_survive)
{
	struct random random;
	uint8_t value[12];
	unsigned accepted = 0;

	random_seed(&random, test_seed());
	for (unsigned round = test_rounds(200000); round > 0; round--) {
		size_t len = 1 + random_below(&random, sizeof(value));
		for (size_t i = 0; i < len; i++)
			value[i] = (uint8_t)random_next(&random);
		if (cbor_check(value, len) != OK)
			continue;
		accepted++;
		check_return(value, len);
	}
	CHECK(accepted > 100);
}

TEST_MAIN();
