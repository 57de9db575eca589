/*
 * The tree service over a fake kernel: unions, views and container roots, cycles, rights, watches, restarts.
 */
#include "object_fixture.h"
#include <base/test.h>

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

TEST(a_restarted_tree_knows_no_old_directories)
{
	handle_t view, again;

	start();
	CHECK_EQ(object_subtree(root, "/a", OBJECT_MAKE, &view), OK);
	namespace_destroy(&trees[0].ns);
	fake_set_clock(5000);
	CHECK_EQ(tree_service_init(&trees[0], root, &tree_ops), OK);
	CHECK_EQ(object_subtree(root, "/b", OBJECT_MAKE, &again), OK);
	CHECK_STR_EQ(list(view, "/"), "E_GONE");
	CHECK_STR_EQ(list(again, "/"), "");
	ipc_close(view);
	ipc_close(again);
	end();
}

TEST_MAIN();
