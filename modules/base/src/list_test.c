/*
 * Lists: order, removal while walking, splicing.
 */
#include <base/list.h>
#include <base/test.h>

struct item {
	int number;
	struct list node;
};

static int number_of(struct list *node)
{
	return list_entry(node, struct item, node)->number;
}

TEST(empty_list)
{
	struct list head;

	list_init(&head);
	CHECK(list_is_empty(&head));
	CHECK(!list_first(&head) && !list_last(&head));
	CHECK(!list_is_linked(&head));
}

TEST(keeps_order)
{
	struct item items[4] = {{.number = 0}, {.number = 1}, {.number = 2}, {.number = 3}};
	struct list head = LIST_INIT(head), *pos;
	int expected = 0;

	list_push_back(&head, &items[2].node);
	list_push_front(&head, &items[0].node);
	list_push_back(&head, &items[3].node);
	list_insert_before(&items[1].node, &items[2].node);
	list_for_each (pos, &head)
		CHECK_EQ(number_of(pos), expected++);
	CHECK_EQ(expected, 4);
	CHECK_EQ(number_of(list_first(&head)), 0);
	CHECK_EQ(number_of(list_last(&head)), 3);
}

TEST(removes_while_walking)
{
	struct item items[6];
	struct list head = LIST_INIT(head), *pos, *next;
	int left = 0;

	for (int i = 0; i < 6; i++) {
		items[i].number = i;
		list_push_back(&head, &items[i].node);
	}
	list_for_each_safe (pos, next, &head) {
		if (number_of(pos) % 2)
			list_remove(pos);
	}
	list_for_each (pos, &head)
		left += number_of(pos);
	CHECK_EQ(left, 0 + 2 + 4);
	CHECK(!list_is_linked(&items[1].node));
	list_remove(&items[1].node); /* harmless */
	CHECK(list_is_linked(&items[2].node));
}

TEST(splices)
{
	struct item items[4] = {{.number = 1}, {.number = 2}, {.number = 3}, {.number = 4}};
	struct list a = LIST_INIT(a), b = LIST_INIT(b), *pos;
	int expected = 1;

	list_splice(&a, &b);
	CHECK(list_is_empty(&a));
	list_push_back(&a, &items[0].node);
	list_push_back(&a, &items[1].node);
	list_push_back(&b, &items[2].node);
	list_push_back(&b, &items[3].node);
	list_splice(&a, &b);
	CHECK(list_is_empty(&b));
	list_for_each (pos, &a)
		CHECK_EQ(number_of(pos), expected++);
	for (pos = a.prev; pos != &a; pos = pos->prev)
		CHECK_EQ(number_of(pos), --expected);
}

TEST_MAIN();
