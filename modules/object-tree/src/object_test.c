/*
 * The tree service, described objects and the client library together, over a fake kernel: paths across two
 * trees, unions, calls with arguments good and bad, descriptions in pieces, views, restarts, hostile servers.
 */
#include "fake_kernel.h"
#include "tree_serve.h"
#include <base/random.h>
#include <base/test.h>
#include <object-tree/json.h>
#include <object-tree/object_serve.h>

/* --- a described object --- */

static uint32_t calls;
static uint32_t granted = OBJECT_MAY_ALL;
static handle_t kept;

static status_t run_add(struct object_call *call)
{
	int64_t a = 0, b = 100;

	calls++;
	CHECK(object_arg_int(call, "a", &a) == OK && object_arg_int(call, "b", &b) == OK);
	cbor_put_int(&call->result, a + b);
	return OK;
}

static status_t run_greet(struct object_call *call)
{
	char name[16] = "nobody";
	bool is_loud = false;

	calls++;
	status_t status = object_arg_text(call, "name", name, sizeof(name));
	if (status != OK)
		return status;
	CHECK_EQ(object_arg_bool(call, "loud", &is_loud), OK);
	cbor_put_map(&call->result, 1);
	cbor_put_text(&call->result, is_loud ? "HELLO" : "hello");
	cbor_put_text(&call->result, name);
	return OK;
}

/* Swaps the capability that came for the one kept before. */
static status_t run_swap(struct object_call *call)
{
	calls++;
	call->result_cap = kept;
	kept = call->argument;
	return OK;
}

static status_t run_nothing(struct object_call *call)
{
	calls++;
	(void)call;
	return OK;
}

static status_t run_fail(struct object_call *call)
{
	calls++;
	CHECK_EQ(sys_handle_derive(call->argument, RIGHT_CALL | RIGHT_TRANSFER, 0,
	                           &call->result_cap),
	         OK);
	return E_BUSY;
}

static const struct object_method methods[] = {
	{"greet", "Say hello.", "name: text, loud?: bool, tags?: [text]", "map", OBJECT_MAY_READ,
         run_greet},
	{"add", "Add two numbers.", "a: int, b?: int", "int", 0, run_add},
	{"swap", "Exchange capabilities.", NULL, NULL, OBJECT_MAY_CHANGE, run_swap},
	{"nothing", "Do nothing.", "", NULL, OBJECT_MAY_MANAGE, run_nothing},
	{"fail", "Always fail.", NULL, NULL, 0, run_fail},
};

static void get_answer(void *self, struct cbor_writer *out)
{
	CHECK(self == &calls);
	cbor_put_uint(out, 42);
}

static const struct object_property properties[] = {
	{"answer", "To everything.", "uint", get_answer}};
static const struct object_event events[] = {{"changed", "Something changed.", 1}};
static const struct object_type calculator = {
	.name = "calculator",
	.doc = "A test object.",
	.methods = methods,
	.method_count = 5,
	.properties = properties,
	.property_count = 1,
	.events = events,
	.event_count = 1,
};

static status_t serve_calculator(void *context, struct ipc_message *message, void *page)
{
	struct object_instance instance = {.type = &calculator, .self = &calls, .granted = granted};

	(void)context;
	return object_serve(&instance, message, page);
}

/* --- two trees --- */

static struct tree_service trees[2];
static handle_t root, store, calc;
static int blocks;

static void *test_alloc(void *context, size_t bytes)
{
	(void)context;
	blocks++;
	return malloc(bytes);
}

static void test_free(void *context, void *block)
{
	(void)context;
	blocks--;
	free(block);
}

static void test_release(void *context, handle_t handle)
{
	(void)context;
	CHECK_EQ(sys_handle_close(handle), OK);
}

static status_t test_signal(void *context, handle_t event, uint64_t bits)
{
	(void)context;
	return sys_event_signal(event, bits);
}

static const struct namespace_ops ops = {test_alloc, test_free, test_release, test_signal};

static status_t serve_tree(void *context, struct ipc_message *message, void *page)
{
	return tree_service_dispatch(context, message, page);
}

static void start(void)
{
	fake_reset();
	calls = 0;
	granted = OBJECT_MAY_ALL;
	kept = HANDLE_NONE;
	blocks = 0;
	root = fake_endpoint(serve_tree, &trees[0]);
	store = fake_endpoint(serve_tree, &trees[1]);
	calc = fake_endpoint(serve_calculator, NULL);
	CHECK_EQ(tree_service_init(&trees[0], root, &ops), OK);
	CHECK_EQ(tree_service_init(&trees[1], store, &ops), OK);
}

static void end(void)
{
	for (int i = 0; i < 2; i++)
		namespace_destroy(&trees[i].ns);
	CHECK_EQ(fake_live_handles(), 3 + !handle_is_none(kept));
	CHECK_EQ(blocks, 0);
}

static status_t bind(handle_t at, const char *path, handle_t object, uint32_t flags)
{
	return object_bind(at, path, object, RIGHTS_ALL, flags);
}

/* The system's shape: a store below everything, services over it. */
static void furnish(void)
{
	CHECK_EQ(bind(store, "/home/alice/calc", calc, 0), OK);
	CHECK_EQ(bind(store, "/dev/old", calc, 0), OK);
	CHECK_EQ(bind(store, "/dev/calc", calc, 0), OK);
	CHECK_EQ(bind(root, "/", store, 0), OK);
	CHECK_EQ(bind(root, "/dev/calc", calc, 0), OK);
	CHECK_EQ(bind(root, "/srv/calc", calc, 0), OK);
}

static const char *call_from(handle_t at, const char *path, const char *method, const char *json)
{
	static char text[256];
	uint8_t args[128], value[128];
	size_t args_len = 0;
	struct obj_arguments arguments = {.args = args};
	struct obj_result result = {.at = value, .max = sizeof(value)};

	CHECK_EQ(json_parse(json, args, sizeof(args), &args_len), OK);
	arguments.args_len = (uint32_t)args_len;
	status_t status = obj_call(at, path, method, &arguments, &result);
	if (status != OK)
		return status_name(status);
	CHECK_EQ(json_from_cbor(value, result.len, false, text, sizeof(text), NULL), OK);
	return text;
}

static const char *call(const char *path, const char *method, const char *json)
{
	return call_from(root, path, method, json);
}

static const char *list(handle_t at, const char *path)
{
	static char text[256];
	uint8_t entries[512];
	struct obj_names names = {.at = entries, .max = sizeof(entries)};
	const char *name;
	uint32_t pos = 0, len;
	uint8_t kind;
	status_t status = obj_list(at, path, &names);

	if (status != OK)
		return status_name(status);
	text[0] = 0;
	while (obj_names_next(&names, &pos, &kind, &name, &len))
		sprintf(text + strlen(text), "%.*s%s ", (int)len, name,
		        kind == OBJECT_KIND_DIRECTORY ? "/" : "");
	return text;
}

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

TEST(a_union_bound_after_yields_to_the_store)
{
	handle_t image;

	start();
	furnish();
	CHECK_EQ(bind(store, "/image/bin/ls", calc, 0), OK);
	CHECK_EQ(bind(store, "/image/bin/cat", calc, 0), OK);
	CHECK_EQ(object_subtree(store, "/image/bin", OBJECT_READ_ONLY, &image), OK);
	CHECK_EQ(bind(root, "/bin", image, OBJECT_BIND_AFTER), OK);
	CHECK_EQ(bind(store, "/bin/ls", calc, 0), OK); /* what a user installs */
	CHECK_STR_EQ(list(root, "/bin"), "ls cat ");
	CHECK_STR_EQ(call("/bin/cat", "add", "{\"a\":1}"), "101");
	ipc_close(image);
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
	CHECK_EQ(obj_describe(calc, value, sizeof(value), &len), OK);
	CHECK_EQ(cbor_check(value, len), OK); /* sorted, too */
	CHECK_EQ(json_from_cbor(value, len, false, text, sizeof(text), NULL), OK);
	CHECK(strstr(text,
	             "\"methods\":{\"add\":{\"doc\":\"Add two numbers.\",\"args\":\"a: int, b?: int\",\"right\":0,"
	             "\"result\":\"int\"},\"fail\":") != NULL);
	CHECK(strstr(text,
	             "\"properties\":{\"answer\":{\"doc\":\"To everything.\",\"type\":\"uint\"}}") !=
	      NULL);
	CHECK_EQ(obj_describe(calc, value, 100, &len), E_RANGE);
	end();
}

TEST(a_long_description_comes_in_pieces)
{
	uint8_t whole[1024], piece[OBJECT_DESCRIBE_PIECE_MAX];
	uint32_t len, total, piece_len;
	struct object_instance instance = {.type = &calculator};

	start();
	CHECK_EQ(obj_describe(calc, whole, sizeof(whole), &len), OK);
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

TEST(directories_say_what_they_are)
{
	start();
	furnish();
	CHECK_STR_EQ(call("/dev", "names", "{}"), "[\"calc\"]");
	CHECK_STR_EQ(call("/", "names", "{}"), "[\"dev\",\"srv\"]");
	end();
}

TEST(a_read_only_view_changes_nothing)
{
	handle_t view, inner;

	start();
	furnish();
	CHECK_EQ(object_subtree(root, "/srv", OBJECT_READ_ONLY, &view), OK);
	CHECK_STR_EQ(call_from(view, "calc", "add", "{\"a\":1}"), "101");
	CHECK_STR_EQ(list(view, "/"), "calc ");
	CHECK_EQ(bind(view, "x", calc, 0), E_ACCESS);
	CHECK_EQ(object_unbind(view, "calc"), E_ACCESS);
	CHECK_EQ(object_subtree(view, "new", OBJECT_MAKE, &inner), E_ACCESS);
	CHECK_EQ(object_subtree(view, "", 0, &inner), OK); /* and does not become writable again */
	CHECK_EQ(object_unbind(inner, "calc"), E_ACCESS);
	ipc_close(inner);
	CHECK_EQ(obj_resolve(view, "/", &inner), OK);
	CHECK_EQ(object_unbind(inner, "calc"), E_ACCESS);
	ipc_close(inner);
	ipc_close(view);
	end();
}

TEST(a_container_root_reaches_only_what_is_bound_in_it)
{
	handle_t view, home;

	start();
	furnish();
	CHECK_EQ(object_subtree(root, "/ns/1", OBJECT_MAKE, &view), OK);
	CHECK_STR_EQ(call_from(view, "/home/alice/calc", "add", "{\"a\":1}"), "E_NOENT");
	CHECK_EQ(object_subtree(store, "/home/alice", 0, &home), OK);
	CHECK_EQ(bind(view, "/", home, 0), OK);
	CHECK_STR_EQ(call_from(view, "/calc", "add", "{\"a\":1}"), "101");
	CHECK_STR_EQ(call_from(view, "/home/alice/calc", "add", "{\"a\":1}"), "E_NOENT");
	ipc_close(home);
	ipc_close(view);
	end();
}

TEST(cycles_are_refused_in_a_tree_and_end_between_trees)
{
	handle_t a;

	start();
	CHECK_EQ(object_subtree(root, "/a", OBJECT_MAKE, &a), OK);
	CHECK_EQ(bind(root, "/a/x", a, 0), E_LOOP);
	CHECK_EQ(bind(root, "/a/x", root, 0), E_LOOP);
	CHECK_EQ(bind(root, "/b", a, 0), OK);
	CHECK_EQ(bind(a, "b", a, 0), E_LOOP);
	CHECK_EQ(bind(root, "/loop", store, 0), OK);
	CHECK_EQ(bind(store, "/", root, BIND_BEFORE),
	         OK); /* another server's: not visible to either */
	CHECK_STR_EQ(call("/loop/loop/loop/x", "add", "{}"), "E_NOENT");
	CHECK_STR_EQ(list(root, "/loop/loop/a"), "");
	ipc_close(a);
	end();
}

TEST(only_endpoints_that_can_be_called_are_bound)
{
	handle_t event, weak;

	start();
	event = fake_event();
	CHECK_EQ(bind(root, "/e", event, 0), E_TYPE);
	CHECK_EQ(sys_handle_derive(calc, RIGHT_DERIVE | RIGHT_TRANSFER, 0, &weak), OK);
	CHECK_EQ(bind(root, "/e", weak, 0), E_ACCESS);
	CHECK_EQ(object_bind(root, "/e", calc, RIGHT_TRANSFER, 0), E_ACCESS);
	CHECK_EQ(object_watch(root, calc, 1), E_TYPE);
	ipc_close(event);
	ipc_close(weak);
	end();
}

TEST(rights_of_a_binding_bound_what_is_looked_up)
{
	handle_t object, more;
	struct handle_info info;

	start();
	CHECK_EQ(object_bind(root, "/c", calc, RIGHT_CALL | RIGHT_TRANSFER, 0), OK);
	CHECK_EQ(obj_resolve(root, "/c", &object), OK);
	CHECK_EQ(sys_handle_info(object, &info), OK);
	CHECK_EQ(info.rights, RIGHT_CALL | RIGHT_TRANSFER);
	CHECK_EQ(sys_handle_derive(object, RIGHT_CALL, 0, &more), E_ACCESS);
	ipc_close(object);
	end();
}

TEST(watchers_are_signalled)
{
	handle_t news, view;

	start();
	furnish();
	news = fake_event();
	CHECK_EQ(object_subtree(root, "/srv", OBJECT_READ_ONLY, &view), OK);
	CHECK_EQ(object_watch(view, news, 8), OK);
	CHECK_EQ(fake_event_bits(news), 0);
	CHECK_EQ(bind(root, "/dev/other", calc, 0), OK);
	CHECK_EQ(fake_event_bits(news), 0);
	CHECK_EQ(bind(root, "/srv/new", calc, 0), OK);
	CHECK_EQ(fake_event_bits(news), 8);
	ipc_close(news);
	ipc_close(view);
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

TEST(a_restarted_tree_knows_no_old_directories)
{
	handle_t view, again;

	start();
	CHECK_EQ(object_subtree(root, "/a", OBJECT_MAKE, &view), OK);
	namespace_destroy(&trees[0].ns);
	fake_set_clock(5000);
	CHECK_EQ(tree_service_init(&trees[0], root, &ops), OK);
	CHECK_EQ(object_subtree(root, "/b", OBJECT_MAKE, &again), OK);
	CHECK_STR_EQ(list(view, "/"), "E_GONE");
	CHECK_STR_EQ(list(again, "/"), "");
	ipc_close(view);
	ipc_close(again);
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
		(void)obj_describe(liar, value, sizeof(value), &len);
		CHECK_EQ(fake_live_handles(), before);
	}
	CHECK(found > 10);
	CHECK_STR_EQ(call("/dev/calc", "add", "{\"a\":1}"), "101");
	ipc_close(liar);
	end();
}

TEST_MAIN();
