/*
 * Host test: paths of objects as they are typed, values as tables, and what a refusal says.
 */
#include <base/test.h>
#include <linux/object_text.h>
#include <object-tree/json.h>

static const char *path_of(const char *folder, const char *argument)
{
	static char path[OBJECT_PATH_BYTES];

	return object_path(folder, argument, path, sizeof(path)) == OK ? path : "too long";
}

/* A value written as JSON, shown. */
static const char *shown(const char *json, size_t size)
{
	static char text[4096];
	uint8_t value[2048];
	size_t len, text_len;

	CHECK(json_parse(json, value, sizeof(value), &len) == OK);
	if (object_text(value, len, text, size, &text_len) != OK)
		return "does not fit";
	return text;
}

TEST(paths)
{
	CHECK_STR_EQ(path_of("/x", "/sys/power"), "/sys/power");
	CHECK_STR_EQ(path_of("/x", "/obj/sys/power"), "/sys/power");
	CHECK_STR_EQ(path_of("/obj/sys", "power"), "/sys/power");
	CHECK_STR_EQ(path_of("/obj", "."), "/");
	CHECK_STR_EQ(path_of("/", "../..//./a/../b/"), "/b");
	CHECK_STR_EQ(path_of("/", "/object/x"), "/object/x");
	char longer[OBJECT_PATH_BYTES + 2];

	for (size_t i = 0; i < sizeof(longer); i++)
		longer[i] = i + 1 < sizeof(longer) ? 'a' : 0;
	CHECK_STR_EQ(path_of("/", longer), "too long");
}

TEST(tables)
{
	CHECK_STR_EQ(shown("{\"a\":1}", 4096), "{\"a\":1}");
	CHECK_STR_EQ(shown("[1,{\"a\":1}]", 4096), "[1,{\"a\":1}]");
	CHECK_STR_EQ(shown("[]", 4096), "[]");
	CHECK_STR_EQ(shown("[{\"id\":1,\"name\":\"alice\"},{\"id\":20,\"name\":\"b\"}]", 4096),
	             "id  name\n1   alice\n20  b");
	CHECK_STR_EQ(shown("[{\"a\":\"x\",\"b\":[1,2]},{\"b\":null}]", 4096),
	             "a  b\nx  [1,2]\n   null");
	CHECK_STR_EQ(shown("[{\"a\":1},{\"a\":2,\"b\":3}]", 4096), "a  b\n1\n2  3");
	CHECK_STR_EQ(shown("[{\"a\":\"two\\nlines\"}]", 4096), "a\n\"two\\nlines\"");
	CHECK_STR_EQ(shown("{\"list\":[{\"a\":1}]}", 4096), "a\n1");
	CHECK_STR_EQ(shown("{\"list\":[{\"a\":1},{\"a\":2}],\"x\":\"y\"}", 4096),
	             "x: y\nlist:\na\n1\n2");
	CHECK_STR_EQ(shown("{\"list\":[],\"x\":\"y\"}", 4096), "{\"x\":\"y\",\"list\":[]}");
	CHECK_STR_EQ(shown("{\"l\":[{\"a\":1}],\"m\":[{\"b\":1}]}", 10), "does not fit");
	CHECK_STR_EQ(shown("[{\"a\":1}]", 3), "does not fit");
	CHECK_STR_EQ(shown("[{\"a\":1}]", 4), "a\n1");
}

TEST(refusals)
{
	static const char description[] =
		"{\"methods\":{\"add\":{\"args\":\"name: text\"},\"stop\":{\"args\":null}}}";
	uint8_t value[512];
	char text[64];
	size_t len;

	CHECK(json_parse(description, value, sizeof(value), &len) == OK);
	CHECK(object_refusal(value, len, "ad", text, sizeof(text)) == OBJECT_NO_METHOD);
	CHECK(object_refusal(value, len, "stop", text, sizeof(text)) == OBJECT_NO_ARGUMENTS);
	CHECK(object_refusal(value, len, "add", text, sizeof(text)) == OBJECT_ARGUMENTS);
	CHECK_STR_EQ(text, "name: text");
	CHECK(object_refusal(value, len, "add", text, 4) == OBJECT_REFUSAL_OTHER);
}

static const char *fields(const char *json, const char *names)
{
	static char text[512];
	uint8_t value[512];
	size_t len = 0;

	CHECK_EQ(json_parse(json, value, sizeof(value), &len), OK);
	status_t status = object_fields(value, len, names, text, sizeof(text), &len);
	return status == OK ? text : status_name(status);
}

TEST(fields_are_for_pipelines)
{
	CHECK_STR_EQ(fields("[{\"a\":1,\"b\":\"x y\"},{\"b\":\"\"},{\"a\":[1],\"c\":0}]", "b,a"),
	             "x y\t1\n\t\n\t[1]");
	CHECK_STR_EQ(fields("{\"next\":0,\"rows\":[{\"a\":1},{\"a\":2}]}", "a"), "1\n2");
	CHECK_STR_EQ(fields("{\"a\":\"tab\\there\",\"b\":true}", "a,b"), "\"tab\\there\"\ttrue");
	CHECK_STR_EQ(fields("[]", "a"), "");
	CHECK_STR_EQ(fields("7", "a"), "E_INVAL");
	CHECK_STR_EQ(fields("[1]", "a"), "E_INVAL");
	CHECK_STR_EQ(fields("{}", "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q"), "E_INVAL");
}

TEST_MAIN();
