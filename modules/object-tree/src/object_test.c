/*
 * The client library and described objects over a fake kernel: paths across two trees, unions, calls with
 * arguments good and bad, descriptions in pieces, dead and hostile servers.
 */
#include "object_fixture.h"
#include <base/random.h>
#include <base/test.h>
#include <object-tree/json.h>

TEST(paths_lead_across_servers)
{
	start();
	furnish();
	CHECK_STR_EQ(call("/dev/calc", "add", "{\"a\":2,\"b\":-5}"), "-3");
	CHECK_STR_EQ(call("/home/alice/calc", "add", "{\"a\":2}"), "102");
	CHECK_STR_EQ(call("/dev/old", "nothing", "{}"), "null");
	CHECK_STR_EQ(call("/dev/new", "nothing", "{}"), "E_NOENT");
	CHECK_STR_EQ(call("/dev/calc/deeper", "nothing", "{}"), "E_NOTDIR");
	CHECK_STR_EQ(call("/dev/../dev/calc", "nothing", "{}"), "E_INVAL");
	end();
}

TEST(lists_merge_unions_without_doubles)
{
	start();
	furnish();
	CHECK_STR_EQ(list(root, "/"), "dev/ srv/ home/ ");
	CHECK_STR_EQ(list(root, "/dev"), "calc old ");
	CHECK_STR_EQ(list(root, "/home/alice"), "calc ");
	CHECK_STR_EQ(list(root, "/dev/calc"), "E_NOTDIR");
	CHECK_STR_EQ(list(root, "/nowhere"), "E_NOENT");
	end();
}

TEST(arguments_are_checked_before_a_method_runs)
{
	static const char *const bad[] = {
		"{}",
		"{\"name\":1}",
		"{\"name\":\"x\",\"extra\":1}",
		"{\"name\":\"x\",\"loud\":0}",
		"[]",
		"null",
		"{\"name\":\"x\",\"tags\":\"y\"}",
		"{\"name\":\"x\",\"tags\":[1]}",
		"{\"name\":null}",
	};

	start();
	furnish();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_STR_EQ(call("/srv/calc", "greet", bad[i]), "E_INVAL");
	CHECK_STR_EQ(call("/srv/calc", "nothing", "{\"a\":1}"), "E_INVAL");
	CHECK_EQ(calls, 0);
	CHECK_STR_EQ(call("/srv/calc", "greet", "{\"name\":\"x\",\"loud\":true,\"tags\":[\"y\"]}"),
	             "{\"HELLO\":\"x\"}");
	CHECK_STR_EQ(call("/srv/calc", "greet", "{\"name\":\"sixteen letters.\"}"), "E_RANGE");
	CHECK_STR_EQ(call("/srv/calc", "absent", "{}"), "E_UNSUPPORTED");
	granted = OBJECT_MAY_READ;
	CHECK_STR_EQ(call("/srv/calc", "nothing", "{}"), "E_ACCESS");
	end();
}

static status_t call_limited(const char *method, uint32_t rights, uint32_t room_bytes)
{
	static uint8_t room[4096];
	uint8_t value[64];
	struct obj_limit limit = {rights, room, room_bytes};
	struct obj_arguments arguments = {.args = "\xa1\x61\x61\x01", .args_len = 4};
	struct obj_result result = {.at = value, .max = sizeof(value)};

	if (strcmp(method, "add") != 0)
		arguments = (struct obj_arguments){0};
	return obj_call_limited(root, "/srv/calc", method, &limit, &arguments, &result);
}

TEST(a_limited_caller_reaches_what_its_rights_reach)
{
	start();
	furnish();
	CHECK_EQ(call_limited("add", 0, 4096), OK);
	CHECK_EQ(call_limited("greet", 0, 4096), E_ACCESS);
	CHECK_EQ(call_limited("greet", OBJECT_MAY_CHANGE, 4096), E_ACCESS);
	CHECK_EQ(calls, 1);
	CHECK_EQ(call_limited("greet", OBJECT_MAY_READ, 4096), E_INVAL); /* it was asked */
	CHECK_EQ(call_limited("nothing", OBJECT_MAY_MANAGE, 4096), OK);
	CHECK_EQ(call_limited("unheard", OBJECT_MAY_ALL, 4096), E_UNSUPPORTED);
	CHECK_EQ(call_limited("add", OBJECT_MAY_ALL, 64), E_UNSUPPORTED);
	end();
}

TEST(malformed_values_are_refused)
{
	uint8_t value[16];
	uint32_t len;

	start();
	CHECK_EQ(object_call(calc, "add", "\xa1\x61\x61\x18\x01", 5, HANDLE_NONE, value,
	                     sizeof(value), &len, &kept),
	         E_INVAL); /* 1 in two bytes */
	CHECK_EQ(object_call(calc, "add", "\xa1\x61\x61\x01\x00", 5, HANDLE_NONE, value,
	                     sizeof(value), &len, &kept),
	         E_INVAL);
	CHECK_EQ(calls, 0);
	end();
}

TEST(capabilities_travel_with_calls)
{
	uint8_t value[16];
	struct obj_arguments arguments = {.cap = calc};
	struct obj_result result = {.at = value, .max = sizeof(value)};
	struct handle_info info;

	start();
	furnish();
	arguments.cap = calc;
	CHECK_EQ(obj_call(root, "/srv/calc", "swap", &arguments, &result), OK);
	CHECK_EQ(result.cap.value, 0);
	CHECK_EQ(obj_call(root, "/srv/calc", "swap", &arguments, &result), OK);
	CHECK_EQ(sys_handle_info(result.cap, &info), OK);
	CHECK_EQ(info.type, OBJECT_ENDPOINT);
	ipc_close(result.cap);
	CHECK_EQ(obj_call(root, "/srv/calc", "fail", &arguments, &result), E_BUSY);
	end();
}

TEST(objects_describe_themselves)
{
	uint8_t value[1024];
	char text[1024];
	uint32_t len, kind;
	char type[64];

	start();
	CHECK_EQ(object_kind(calc, &kind, type, sizeof(type)), OK);
	CHECK(kind == OBJECT_KIND_PLAIN && strcmp(type, "calculator") == 0);
	CHECK_EQ(obj_describe_handle(calc, value, sizeof(value), &len), OK);
	CHECK_EQ(cbor_check(value, len), OK); /* sorted, too */
	CHECK_EQ(json_from_cbor(value, len, false, text, sizeof(text), NULL), OK);
	CHECK(strstr(text,
	             "\"methods\":{\"add\":{\"doc\":\"Add two numbers.\",\"args\":\"a: int, b?: int\",\"right\":0,"
	             "\"result\":\"int\"},\"fail\":") != NULL);
	CHECK(strstr(text,
	             "\"properties\":{\"answer\":{\"doc\":\"To everything.\",\"type\":\"uint\"}}") !=
	      NULL);
	CHECK_EQ(obj_describe_handle(calc, value, 100, &len), E_RANGE);
	end();
}

TEST(a_long_description_comes_in_pieces)
{
	uint8_t whole[1024], piece[OBJECT_DESCRIBE_PIECE_MAX];
	uint32_t len, total, piece_len;
	struct object_instance instance = {.type = &calculator};

	start();
	CHECK_EQ(obj_describe_handle(calc, whole, sizeof(whole), &len), OK);
	for (uint32_t at = 0; at < len; at += 7) {
		struct ipc_out out = {.at = piece, .max = 7};
		CHECK_EQ(described_describe(&instance, 0, at, &total, &out), OK);
		CHECK_EQ(out.len, len - at < 7 ? len - at : 7);
		CHECK_MEM_EQ(whole + at, piece, out.len);
	}
	CHECK_EQ(object_describe(calc, len + 1, &total, piece, sizeof(piece), &piece_len), E_RANGE);
	end();
}

TEST(properties_and_events)
{
	uint8_t value[16];
	uint32_t len;
	handle_t news;

	start();
	furnish();
	CHECK_EQ(obj_get(root, "/srv/calc", "answer", value, sizeof(value), &len), OK);
	CHECK(len == 2 && value[0] == 0x18 && value[1] == 42);
	CHECK_EQ(obj_get(root, "/srv/calc", "question", value, sizeof(value), &len), E_NOENT);
	CHECK_EQ(obj_get(root, "/srv", "writable", value, sizeof(value), &len), OK);
	CHECK_EQ(value[0], 0xf5);
	news = fake_event();
	CHECK_EQ(object_subscribe(calc, "changed", news, 1),
	         E_NOENT); /* nobody takes subscriptions */
	ipc_close(news);
	end();
}

TEST(a_dead_member_does_not_hide_the_others)
{
	handle_t other;

	start();
	furnish();
	other = fake_endpoint(serve_calculator, NULL);
	CHECK_EQ(bind(root, "/srv/calc", other, OBJECT_BIND_BEFORE), OK);
	fake_kill(other);
	CHECK_STR_EQ(call("/srv/calc", "add", "{\"a\":1}"), "101");
	fake_kill(store);
	CHECK_STR_EQ(call("/home/alice/calc", "add", "{\"a\":1}"), "E_GONE");
	CHECK_STR_EQ(list(root, "/"), "dev/ srv/ ");
	ipc_close(other);
	end();
}

/* Its callers learn E_GONE once, then its next instance answers. Methods are not called twice. */
TEST(a_server_that_was_started_again_is_asked_again)
{
	char description[4096];
	uint32_t len;

	start();
	furnish();
	fake_stumble(store, 1);
	CHECK_STR_EQ(list(root, "/home/alice"), "calc ");
	fake_stumble(calc, 1);
	CHECK_EQ(obj_describe_handle(calc, description, sizeof(description), &len), OK);
	fake_stumble(store, 1);
	CHECK_STR_EQ(call("/home/alice/calc", "add", "{\"a\":1}"), "101");
	fake_stumble(store, 4); /* as often as a place is asked: the walk begins anew */
	CHECK_STR_EQ(call("/home/alice/calc", "add", "{\"a\":1}"), "101");
	fake_stumble(calc, 1);
	CHECK_STR_EQ(call("/srv/calc", "add", "{\"a\":1}"), "E_GONE");
	end();
}

/* Whichever of a walk's requests meets the new instance: nothing is missing, though directories have other badges. */
TEST(a_tree_that_was_started_again_is_walked_again)
{
	uint8_t value[512];
	uint32_t len;

	start();
	furnish();
	for (unsigned asks = 1; asks <= 4; asks++) {
		asks_until_restart = asks;
		CHECK_STR_EQ(list(root, "/dev"), "calc old ");
		asks_until_restart = asks;
		CHECK_EQ(obj_get(root, "/srv", "writable", value, sizeof(value), &len), OK);
		asks_until_restart = asks;
		CHECK_EQ(obj_describe(root, "/srv", value, sizeof(value), &len), OK);
	}
	asks_until_restart = 2;
	CHECK_STR_EQ(call("/srv", "names", "{}"), "E_GONE");
	CHECK_STR_EQ(call("/srv", "names", "{}"), "[\"calc\"]");
	end();
}

/* --- a hostile server --- */

static struct random lies;

/* Answers every request with whatever comes to its mind, endpoints of the test among it. */
static status_t serve_lies(void *context, struct ipc_message *message, void *page)
{
	const handle_t gifts[] = {*(handle_t *)context, calc, root};
	uint32_t handles = (uint32_t)random_below(&lies, 4);
	uint32_t bytes = random_below(&lies, 2) ? 0 : (uint32_t)random_below(&lies, 64);

	ipc_close_handles(message);
	for (unsigned i = 0; i < 8; i++)
		message->words[i] = random_below(&lies, 8);
	message->words[0] = random_below(&lies, 4) ? (1u << handles) - 1 : random_below(&lies, 16);
	for (unsigned i = 0; i < bytes; i++)
		((uint8_t *)page)[i] = (uint8_t)random_below(&lies, i < 4 ? 8 : 256);
	for (unsigned i = 0; i < handles; i++) {
		handle_t gift;
		CHECK_EQ(sys_handle_derive(gifts[random_below(&lies, 3)], TREE_RIGHTS_PASSED, 0,
		                           &gift),
		         OK);
		ipc_put_handle(message, i, gift);
	}
	message->tag = ipc_tag(random_below(&lies, 8) ? 0 : (uint32_t)random_next(&lies), bytes,
	                       handles, 15);
	return OK;
}

TEST(a_lying_server_harms_nothing)
{
	static handle_t liar;
	uint8_t value[256];
	uint32_t len;
	handle_t object;
	unsigned found = 0;

	random_seed(&lies, test_seed());
	start();
	furnish();
	liar = fake_endpoint(serve_lies, &liar);
	CHECK_EQ(bind(root, "/liar", liar, 0), OK);
	CHECK_EQ(bind(root, "/srv", liar, OBJECT_BIND_BEFORE), OK);
	int before = fake_live_handles();
	for (unsigned round = test_rounds(3000); round > 0; round--) {
		if (obj_resolve(root, "/liar/a/bc/d/ef", &object) == OK) {
			found++;
			ipc_close(object);
		}
		(void)call("/liar/x", "add", "{\"a\":1}");
		(void)list(root, "/liar/y");
		(void)list(root, "/srv");
		(void)obj_describe_handle(liar, value, sizeof(value), &len);
		CHECK_EQ(fake_live_handles(), before);
	}
	CHECK(found > 10);
	CHECK_STR_EQ(call("/dev/calc", "add", "{\"a\":1}"), "101");
	ipc_close(liar);
	end();
}

TEST_MAIN();
