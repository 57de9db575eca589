/*
 * Views of the object tree: what rules are, what they grant by whole names, and that a layer takes away and never gives.
 */
#include "object_view.h"
#include <base/test.h>
#include <object-tree/json.h>
#include <object-tree/object_serve.h>
#include <stdlib.h>

#define READ OBJECT_MAY_READ
#define CHANGE OBJECT_MAY_CHANGE
#define ALL OBJECT_MAY_ALL

static status_t try(struct object_view *outer, const char *json, struct object_view **out)
{
	uint8_t rules[512];
	size_t len = 0;

	CHECK_EQ(json_parse(json, rules, sizeof(rules), &len), OK);
	return object_view_create(outer, rules, len, out);
}

/* The new view has taken over the caller's part in outer. */
static struct object_view *layer(struct object_view *outer, const char *json)
{
	struct object_view *view = NULL;

	CHECK_EQ(try(outer, json, &view), OK);
	object_view_put(outer);
	return view;
}

TEST(nothing_is_taken_from_who_has_no_view)
{
	CHECK_EQ(object_view_rights(NULL, "/sys/power"), ALL);
	CHECK_EQ(object_view_rights(NULL, "/sys/../power"), ALL);
	CHECK(object_view_shows(NULL, "/"));
}

TEST(rules_are_maps_from_plain_paths_to_rights)
{
	static const char *const wrong[] = {
		"[]",
		"1",
		"{\"sys\":1}",
		"{\"\":1}",
		"{\"/sys/\":1}",
		"{\"//\":1}",
		"{\"/a//b\":1}",
		"{\"/a/../b\":1}",
		"{\"/.\":1}",
		"{\"/sys\":8}",
		"{\"/sys\":-1}",
		"{\"/sys\":\"read\"}",
		"{\"/\\u0000\":1}",
	};
	struct object_view *view;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK_EQ(try(NULL, wrong[i], &view), E_INVAL);
	CHECK_EQ(object_view_create(NULL, "", 0, &view), E_INVAL);
	CHECK_EQ(object_view_create(NULL, "\xbf\xff", 2, &view), E_INVAL);
}

TEST(the_longest_rule_decides_by_whole_names)
{
	struct object_view *view = layer(NULL, "{\"/sys\":1,\"/sys/power\":7,\"/sys/log\":0}");

	CHECK_EQ(object_view_rights(view, "/sys"), READ);
	CHECK_EQ(object_view_rights(view, "sys"), READ);
	CHECK_EQ(object_view_rights(view, "//sys//memory/"), READ);
	CHECK_EQ(object_view_rights(view, "/sys/power"), ALL);
	CHECK_EQ(object_view_rights(view, "/sys/power/x"), ALL);
	CHECK_EQ(object_view_rights(view, "/sys/powers"), READ);
	CHECK_EQ(object_view_rights(view, "/sys/log"), 0);
	CHECK_EQ(object_view_rights(view, "/system"), 0);
	CHECK_EQ(object_view_rights(view, "/sy"), 0);
	CHECK_EQ(object_view_rights(view, "/"), 0);
	CHECK_EQ(object_view_rights(view, ""), 0);
	CHECK_EQ(object_view_rights(view, "/sys/power/../log"), 0);
	CHECK_EQ(object_view_rights(view, "/sys/./power"), 0);
	object_view_put(view);
}

TEST(names_that_lead_to_something_are_shown)
{
	struct object_view *view = layer(NULL, "{\"/sys/power\":1,\"/user/manager\":0}");

	CHECK(object_view_shows(view, ""));
	CHECK(object_view_shows(view, "/sys"));
	CHECK(object_view_shows(view, "/sys/power"));
	CHECK(object_view_shows(view, "/sys/power/deep"));
	CHECK(!object_view_shows(view, "/sys/log"));
	CHECK(!object_view_shows(view, "/user"));
	CHECK(!object_view_shows(view, "/user/manager"));
	CHECK(!object_view_shows(view, "/sys/power/.."));
	object_view_put(view);
	view = layer(NULL, "{}");
	CHECK(!object_view_shows(view, "/"));
	object_view_put(view);
}

TEST(a_layer_only_takes_away)
{
	struct object_view *view = layer(NULL, "{\"/sys\":3}");

	view = layer(view, "{\"/\":7}");
	CHECK_EQ(object_view_rights(view, "/sys/power"), READ | CHANGE);
	CHECK_EQ(object_view_rights(view, "/user"), 0);
	view = layer(view, "{\"/sys/power\":5}");
	CHECK_EQ(object_view_rights(view, "/sys/power"), READ);
	CHECK_EQ(object_view_rights(view, "/sys/log"), 0);
	CHECK(!object_view_shows(view, "/sys/log"));
	CHECK(object_view_shows(view, "/sys"));
	object_view_put(view);
}

static void random_rules(char *json, size_t size)
{
	static const char *const paths[] = {"/", "/a", "/a/b", "/a/b/c", "/ab", "/b"};
	size_t len = (size_t)snprintf(json, size, "{");

	for (size_t i = 0; i < 6; i++) {
		if (rand() % 2)
			len += (size_t)snprintf(json + len, size - len, "%s\"%s\":%d",
			                        len > 1 ? "," : "", paths[i], rand() % 8);
	}
	snprintf(json + len, size - len, "}");
}

/* Whatever the layers are, no path gains by one more. */
TEST(no_layer_gives)
{
	static const char *const paths[] = {"/", "/a", "/a/b", "/a/b/c", "/a/b/c/d", "/ab", "/c"};
	char json[256];

	srand(7);
	for (int round = 0; round < 2000; round++) {
		struct object_view *outer, *inner;

		random_rules(json, sizeof(json));
		outer = layer(NULL, json);
		random_rules(json, sizeof(json));
		CHECK_EQ(try(outer, json, &inner), OK);
		for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
			uint32_t before = object_view_rights(outer, paths[i]);

			CHECK_EQ(object_view_rights(inner, paths[i]) & ~before, 0);
			CHECK(object_view_shows(outer, paths[i]) ||
			      !object_view_shows(inner, paths[i]));
		}
		object_view_put(outer);
		object_view_put(inner);
	}
}

TEST(layers_are_bounded_and_told)
{
	uint8_t written[512];
	char json[512];
	size_t len;
	struct cbor_writer w;
	struct object_view *view = NULL, *more;

	cbor_writer_init(&w, written, sizeof(written));
	object_view_write(NULL, &w);
	CHECK_EQ(json_from_cbor(written, w.len, false, json, sizeof(json), &len), OK);
	CHECK_STR_EQ(json, "[]");
	for (unsigned i = 0; i < OBJECT_VIEW_DEPTH_MAX; i++)
		view = layer(view, i % 2 ? "{\"/\":3}" : "{\"/a\":1}");
	CHECK_EQ(try(view, "{}", &more), E_LIMIT);
	cbor_writer_init(&w, written, sizeof(written));
	object_view_write(view, &w);
	CHECK_EQ(json_from_cbor(written, w.len, false, json, sizeof(json), &len), OK);
	CHECK_EQ(strncmp(json, "[{\"/\":3},{\"/a\":1},", 18), 0);
	object_view_put(view);
}

TEST_MAIN();
