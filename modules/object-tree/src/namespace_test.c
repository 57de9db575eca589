/*
 * The namespace: unions, views, cycles, cursors, watches, limits; and long runs of random operations in
 * which every allocation may fail and every handle and block must be accounted for at the end.
 */
#include "namespace.h"
#include "name_path.h"
#include <base/random.h>
#include <base/test.h>

static struct namespace ns;
static int blocks, handles;
static uint64_t signalled; /* bits of all signals */
static unsigned failing;   /* one allocation in so many fails; 0 none */
static status_t signal_result;
static struct random random_state;

static void *test_alloc(void *context, size_t bytes)
{
	CHECK(context == &ns);
	if (failing != 0 && random_below(&random_state, failing) == 0)
		return NULL;
	blocks++;
	return malloc(bytes);
}

static void test_free(void *context, void *block)
{
	CHECK(context == &ns);
	blocks--;
	free(block);
}

static void test_release(void *context, handle_t handle)
{
	CHECK(context == &ns && handle.value != 0);
	handles--;
}

static status_t test_signal(void *context, handle_t event, uint64_t bits)
{
	CHECK(context == &ns && event.value != 0);
	signalled |= bits;
	return signal_result;
}

static const struct namespace_ops ops = {test_alloc, test_free, test_release, test_signal};

static void start(void)
{
	blocks = handles = 0;
	failing = 0;
	signalled = 0;
	signal_result = OK;
	CHECK_EQ(namespace_init(&ns, &ops, &ns, 1), OK);
}

static void end(void)
{
	failing = 0;
	namespace_destroy(&ns);
	CHECK_EQ(blocks, 0);
	CHECK_EQ(handles, 0);
}

/* Objects are told apart by their number, which is handle and id. */
static status_t bind_at(struct name_node *at, const char *path, uint32_t object,
                        struct name_node *view, uint32_t flags)
{
	struct name_target target = {.object = {object}, .id = object, .view = view};
	status_t status = namespace_bind(&ns, at, path, &target, flags);

	handles += status == OK;
	return status;
}

static status_t bind(const char *path, uint32_t object, uint32_t flags)
{
	return bind_at(ns.root, path, object, NULL, flags);
}

/* "1:4 d:5" for object 1 with 4 bytes used, then the directory itself. */
static const char *lookup_at(struct name_node *at, const char *path)
{
	static char text[128];
	struct name_candidates found;
	status_t status = namespace_lookup(&ns, at, path, &found);

	text[0] = 0;
	if (status != OK)
		return status_name(status);
	for (uint32_t i = 0; i < found.count; i++) {
		char one[40];
		if (found.at[i].binding == NULL)
			snprintf(one, sizeof(one), "d:%u ", found.at[i].used);
		else
			snprintf(one, sizeof(one), "%u:%u ",
			         found.at[i].binding->target.object.value, found.at[i].used);
		strcat(text, one);
	}
	text[strlen(text) - 1] = 0;
	return text;
}

static const char *lookup(const char *path)
{
	return lookup_at(ns.root, path);
}

TEST(exact_and_deeper_paths)
{
	start();
	CHECK_EQ(bind("/dev/console", 1, 0), OK);
	CHECK_STR_EQ(lookup("/dev/console"), "1:12");
	CHECK_STR_EQ(lookup("dev//console/"), "1:13");
	CHECK_STR_EQ(lookup("/dev/console/a/b"), "1:13");
	CHECK_STR_EQ(lookup("/dev"), "d:4");
	CHECK_STR_EQ(lookup(""), "d:0");
	CHECK_STR_EQ(lookup("/"), "d:1");
	CHECK_STR_EQ(lookup("/dev/other"), "E_NOENT");
	CHECK_STR_EQ(lookup("/other"), "E_NOENT");
	end();
}

TEST(services_lie_over_the_store)
{
	start();
	CHECK_EQ(bind("/", 1, 0), OK); /* the store */
	CHECK_EQ(bind("/dev/console", 2, 0), OK);
	CHECK_STR_EQ(lookup("/home/alice"), "1:1");
	CHECK_STR_EQ(lookup("/"), "d:1 1:1");
	CHECK_STR_EQ(lookup("/dev"), "d:4 1:1"); /* names here first, then the store's own /dev */
	CHECK_STR_EQ(lookup("/dev/null"), "1:1");
	CHECK_STR_EQ(lookup("/dev/console"), "2:12");
	CHECK_STR_EQ(lookup("/dev/console/x"), "2:13"); /* plain: the store is hidden */
	end();
}

TEST(unions_before_and_after)
{
	start();
	CHECK_EQ(bind("/", 1, 0), OK);
	CHECK_EQ(bind("/bin", 2, BIND_AFTER), OK); /* the boot image, under the store's own */
	CHECK_STR_EQ(lookup("/bin/ls"), "1:1 2:5");
	CHECK_STR_EQ(lookup("/bin"), "1:1 2:4");
	CHECK_EQ(bind("/bin", 3, BIND_BEFORE), OK);
	CHECK_STR_EQ(lookup("/bin/ls"), "3:5 1:1 2:5");
	CHECK_EQ(bind("/bin", 4, BIND_BEFORE), OK);
	CHECK_STR_EQ(lookup("/bin/ls"), "4:5 3:5 1:1"); /* three at most */
	CHECK_EQ(bind("/bin", 5, 0), E_EXIST);
	CHECK_EQ(bind("/bin", 3, BIND_AFTER), E_EXIST);
	CHECK_EQ(bind("/bin", 5, BIND_REPLACE), OK);
	CHECK_STR_EQ(lookup("/bin/ls"), "5:5");
	CHECK_EQ(bind("/bin", 6, BIND_AFTER), OK);
	CHECK_STR_EQ(lookup("/bin/ls"), "5:5 6:5");
	CHECK_EQ(bind("/bin", 7, BIND_BEFORE | BIND_AFTER), E_INVAL);
	end();
}

TEST(deeper_unions_come_first)
{
	start();
	CHECK_EQ(bind("/a", 1, BIND_BEFORE), OK);
	CHECK_EQ(bind("/a/b", 2, BIND_BEFORE), OK);
	CHECK_EQ(bind("/a/b/c", 3, BIND_AFTER), OK);
	CHECK_STR_EQ(lookup("/a/b/c/d"), "2:5 1:3 3:7");
	CHECK_STR_EQ(lookup("/a/b/x"), "2:5 1:3");
	end();
}

TEST(unbinding_prunes)
{
	start();
	CHECK_EQ(bind("/a/b/c", 1, 0), OK);
	CHECK_EQ(bind("/a/x", 2, 0), OK);
	CHECK_EQ(namespace_unbind(&ns, ns.root, "/a/b"), E_NOENT);
	CHECK_EQ(namespace_unbind(&ns, ns.root, "/a/b/c"), OK);
	CHECK_STR_EQ(lookup("/a/b"), "E_NOENT");
	CHECK_STR_EQ(lookup("/a"), "d:2");
	CHECK_EQ(namespace_unbind(&ns, ns.root, "/a/x"), OK);
	CHECK_EQ(ns.nodes.count, 1);
	CHECK_EQ(handles, 0);
	end();
}

TEST(a_view_does_not_reach_above_itself)
{
	struct name_node *home;

	start();
	CHECK_EQ(bind("/", 1, 0), OK);
	CHECK_EQ(namespace_directory(&ns, ns.root, "/ns/7", true, &home), OK);
	CHECK_STR_EQ(lookup_at(home, "etc/passwd"), "E_NOENT");
	CHECK_STR_EQ(lookup_at(home, "/"), "d:1");
	CHECK_STR_EQ(lookup_at(home, "../7"), "E_INVAL");
	CHECK_EQ(bind_at(home, "", 2, NULL, 0), OK);
	CHECK_STR_EQ(lookup_at(home, "etc/passwd"), "2:0");
	CHECK_STR_EQ(lookup("/ns/7/etc"), "2:6");
	end();
}

TEST(a_directory_is_made_only_on_request_and_never_of_an_object)
{
	struct name_node *node;

	start();
	CHECK_EQ(bind("/a/b", 1, 0), OK);
	CHECK_EQ(namespace_directory(&ns, ns.root, "/x", false, &node), E_NOENT);
	CHECK_EQ(namespace_directory(&ns, ns.root, "/a/b", true, &node), E_NOTDIR);
	CHECK_EQ(namespace_directory(&ns, ns.root, "/a", false, &node), OK);
	CHECK_EQ(namespace_unbind(&ns, ns.root, "/a/b"), OK);
	CHECK_STR_EQ(lookup("/a"), "d:2"); /* stays while someone may hold it */
	end();
}

TEST(cycles_are_refused)
{
	struct name_node *a, *b;

	start();
	CHECK_EQ(namespace_directory(&ns, ns.root, "/a", true, &a), OK);
	CHECK_EQ(namespace_directory(&ns, ns.root, "/b", true, &b), OK);
	CHECK_EQ(bind_at(ns.root, "/a/x", 9, a, 0), E_LOOP);
	CHECK_EQ(bind_at(ns.root, "/a/x/y", 9, ns.root, 0), E_LOOP);
	CHECK_EQ(bind_at(ns.root, "/a", 9, a, BIND_BEFORE), E_LOOP);
	CHECK_EQ(bind_at(ns.root, "/a/b", 9, b, 0), OK);
	CHECK_EQ(bind_at(ns.root, "/b/a", 9, a, 0), E_LOOP);
	CHECK_EQ(bind_at(ns.root, "/b/c/d", 9, a, 0), E_LOOP);
	CHECK_EQ(bind_at(ns.root, "/c", 9, a, 0), OK);
	CHECK_STR_EQ(lookup("/b/c"), "E_NOENT"); /* nothing is left of refused ones */
	end();
}

TEST(paths_are_judged)
{
	char path[NAMESPACE_NAME_MAX + 3], deep[4 * NAMESPACE_DEPTH_MAX] = "";

	start();
	memset(path, 'n', sizeof(path));
	path[NAMESPACE_NAME_MAX + 1] = 0;
	CHECK_EQ(bind(path, 1, 0), E_NAMETOOLONG);
	path[NAMESPACE_NAME_MAX] = 0;
	CHECK_EQ(bind(path, 1, 0), OK);
	for (unsigned i = 0; i < NAMESPACE_DEPTH_MAX; i++)
		strcat(deep, "d/");
	CHECK_EQ(bind(deep, 1, 0), E_NAMETOOLONG);
	CHECK_STR_EQ(lookup(deep), "E_NAMETOOLONG");
	deep[2 * (NAMESPACE_DEPTH_MAX - 1)] = 0;
	CHECK_EQ(bind(deep, 1, 0), OK);
	CHECK_STR_EQ(lookup(deep), "1:62");
	CHECK_EQ(bind("a/./b", 1, 0), E_INVAL);
	CHECK_EQ(bind("a/..", 1, 0), E_INVAL);
	CHECK_EQ(bind("...", 1, 0), OK);
	end();
}

TEST(a_cursor_survives_changes)
{
	uint8_t entries[16];
	uint32_t len;
	uint64_t next;

	start();
	CHECK_EQ(bind("/aa", 1, 0), OK);
	CHECK_EQ(bind("/bbb/c", 2, 0), OK);
	CHECK_EQ(bind("/cccccc", 3, 0), OK);
	CHECK_EQ(bind("/d", 4, 0), OK);
	CHECK_EQ(namespace_list(ns.root, 0, entries, sizeof(entries), &len, &next), OK);
	CHECK_EQ(len, 9);
	CHECK_MEM_EQ(entries, "\0\2aa\2\3bbb", 9);
	CHECK_EQ(namespace_unbind(&ns, ns.root, "/aa"), OK);
	CHECK_EQ(namespace_list(ns.root, next, entries, sizeof(entries), &len, &next), OK);
	CHECK_EQ(len, 11);
	CHECK_MEM_EQ(entries, "\0\6cccccc\0\1d", 11);
	CHECK_EQ(next, 0);
	end();
}

TEST(watchers_learn_of_changes)
{
	struct name_node *dev;

	start();
	CHECK_EQ(namespace_directory(&ns, ns.root, "/dev", true, &dev), OK);
	CHECK_EQ(namespace_watch(&ns, dev, (handle_t){50}, 4), OK);
	handles++;
	CHECK_EQ(bind("/srv/x", 1, 0), OK);
	CHECK_EQ(signalled, 0);
	CHECK_EQ(bind("/dev/x", 1, 0), OK);
	CHECK_EQ(signalled, 4);
	signalled = 0;
	CHECK_EQ(namespace_unbind(&ns, ns.root, "/dev/x"), OK);
	CHECK_EQ(signalled, 4);
	signal_result = E_GONE;
	CHECK_EQ(bind("/dev", 2, 0), OK); /* and one that is gone is forgotten */
	CHECK_EQ(handles, 2);             /* the two bindings */
	end();
}

TEST(limits_hold)
{
	struct name_node *dev;
	char path[32];
	status_t status = OK;

	start();
	for (uint32_t i = 0; i < NAMESPACE_MEMBERS_MAX; i++)
		CHECK_EQ(bind("/u", 1 + i, BIND_AFTER), OK);
	CHECK_EQ(bind("/u", 99, BIND_AFTER), E_LIMIT);
	CHECK_EQ(bind("/u", 99, BIND_REPLACE), OK);
	CHECK_EQ(namespace_directory(&ns, ns.root, "/dev", true, &dev), OK);
	for (uint32_t i = 0; i < NAMESPACE_WATCHES_MAX; i++, handles++)
		CHECK_EQ(namespace_watch(&ns, dev, (handle_t){1}, 1), OK);
	CHECK_EQ(namespace_watch(&ns, dev, (handle_t){1}, 1), E_LIMIT);
	for (unsigned i = 0; status == OK && i < 2 * NAMESPACE_NODES_MAX; i++) {
		snprintf(path, sizeof(path), "/many/%u", i);
		status = bind(path, 1, 0);
	}
	CHECK_EQ(status, E_LIMIT);
	CHECK_EQ(ns.nodes.count, NAMESPACE_NODES_MAX);
	end();
}

static void random_path(char *path)
{
	path[0] = 0;
	for (uint64_t depth = random_below(&random_state, 5); depth > 0; depth--) {
		char name[3] = {'/', (char)('a' + random_below(&random_state, 3)), 0};
		strcat(path, name);
	}
}

static void random_operation(struct name_node **view)
{
	static const uint32_t flags[] = {0, BIND_BEFORE, BIND_AFTER, BIND_REPLACE};
	struct name_node *node, *at = random_below(&random_state, 2) ? *view : ns.root;
	struct name_candidates found;
	char path[16];
	uint32_t object = 1 + (uint32_t)random_below(&random_state, 5);

	random_path(path);
	switch (random_below(&random_state, 8)) {
	case 0:
		if (namespace_directory(&ns, at, path, true, &node) == OK)
			*view = node;
		break;
	case 1: handles += namespace_watch(&ns, *view, (handle_t){7}, 1) == OK; break;
	case 2: (void)bind_at(at, path, 100, *view, flags[random_below(&random_state, 4)]); break;
	case 3:
	case 4: (void)namespace_unbind(&ns, at, path); break;
	case 5: (void)namespace_lookup(&ns, at, path, &found); break;
	default:
		(void)bind_at(at, path, object, NULL, flags[random_below(&random_state, 4)]);
		break;
	}
}

/* Every node is under its parent, none is there without a reason, and no walk through views comes back. */
static void check_all(void)
{
	struct tree_node *pos;
	struct list *member;

	tree_for_each (pos, &ns.nodes) {
		struct name_node *node = tree_entry(pos, struct name_node, by_number);
		CHECK(node->parent == NULL ||
		      name_node_number(node->parent) < name_node_number(node));
		CHECK(node->is_pinned || !list_is_empty(&node->children) ||
		      !list_is_empty(&node->bindings));
		list_for_each (member, &node->bindings) {
			struct name_binding *binding = list_entry(member, struct name_binding,
			                                          link);
			CHECK(binding->target.view == NULL ||
			      namespace_node(&ns, name_node_number(binding->target.view)) ==
			              binding->target.view);
		}
	}
}

TEST(random_operations_keep_the_books)
{
	random_seed(&random_state, test_seed());
	for (unsigned round = test_rounds(60); round > 0; round--) {
		start();
		struct name_node *view = ns.root;
		failing = random_below(&random_state, 2) ? 8 : 0;
		for (unsigned i = 0; i < 400; i++) {
			signal_result = random_below(&random_state, 20) ? OK : E_GONE;
			random_operation(&view);
			check_all();
		}
		end();
	}
}

TEST_MAIN();
