/*
 * Two trees and a calculator for tests (object_fixture.h).
 */
#include "object_fixture.h"
#include <base/test.h>
#include <object-tree/json.h>

/* --- a described object --- */

uint32_t calls;
uint32_t granted = OBJECT_MAY_ALL;
handle_t kept;

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
const struct object_type calculator = {
	.name = "calculator",
	.doc = "A test object.",
	.methods = methods,
	.method_count = 5,
	.properties = properties,
	.property_count = 1,
	.events = events,
	.event_count = 1,
};

status_t serve_calculator(void *context, struct ipc_message *message, void *page)
{
	struct object_instance instance = {.type = &calculator, .self = &calls, .granted = granted};

	(void)context;
	return object_serve(&instance, message, page);
}

/* --- two trees --- */

struct tree_service trees[2];
handle_t root, store, calc;
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

const struct namespace_ops tree_ops = {test_alloc, test_free, test_release, test_signal};

static void furnish_root(void)
{
	CHECK_EQ(bind(root, "/", store, 0), OK);
	CHECK_EQ(bind(root, "/dev/calc", calc, 0), OK);
	CHECK_EQ(bind(root, "/srv/calc", calc, 0), OK);
}

unsigned asks_until_restart;

static void restart_root(void)
{
	static uint64_t clock;

	namespace_destroy(&trees[0].ns);
	fake_set_clock(clock += 5000);
	CHECK_EQ(tree_service_init(&trees[0], root, &tree_ops), OK);
	furnish_root();
}

static status_t serve_tree(void *context, struct ipc_message *message, void *page)
{
	if (context == &trees[0] && asks_until_restart > 0 && --asks_until_restart == 0)
		restart_root();
	return tree_service_dispatch(context, message, page);
}

void start(void)
{
	fake_reset();
	calls = 0;
	granted = OBJECT_MAY_ALL;
	kept = HANDLE_NONE;
	blocks = 0;
	root = fake_endpoint(serve_tree, &trees[0]);
	store = fake_endpoint(serve_tree, &trees[1]);
	calc = fake_endpoint(serve_calculator, NULL);
	CHECK_EQ(tree_service_init(&trees[0], root, &tree_ops), OK);
	CHECK_EQ(tree_service_init(&trees[1], store, &tree_ops), OK);
}

void end(void)
{
	for (int i = 0; i < 2; i++)
		namespace_destroy(&trees[i].ns);
	CHECK_EQ(fake_live_handles(), 3 + !handle_is_none(kept));
	CHECK_EQ(blocks, 0);
}

status_t bind(handle_t at, const char *path, handle_t object, uint32_t flags)
{
	return object_bind(at, path, object, RIGHTS_ALL, flags);
}

void furnish(void)
{
	CHECK_EQ(bind(store, "/home/alice/calc", calc, 0), OK);
	CHECK_EQ(bind(store, "/dev/old", calc, 0), OK);
	CHECK_EQ(bind(store, "/dev/calc", calc, 0), OK);
	furnish_root();
}

const char *call_from(handle_t at, const char *path, const char *method, const char *json)
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
	status = json_from_cbor(value, result.len, false, text, sizeof(text), NULL);
	ipc_close(result.cap);
	CHECK(status == OK || status == E_UNSUPPORTED); /* a map key that is no text */
	return status == OK ? text : status_name(status);
}

const char *call(const char *path, const char *method, const char *json)
{
	return call_from(root, path, method, json);
}

const char *list(handle_t at, const char *path)
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
