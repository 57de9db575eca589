/*
 * The in-kernel test runner. Each test must leave as many free pages and live objects as it found; what is
 * queued for freeing is freed first.
 */
#include "ktest.h"
#include "arch/arch.h"
#include "kalloc.h"
#include "kobject.h"
#include "page.h"
#include "printk.h"

static unsigned failures;

void ktest_check(bool is_true, const char *text, const char *file, int line)
{
	if (is_true)
		return;
	failures++;
	printk("%s:%d: %s is false\n", file, line, text);
}

static uint64_t free_pages(void)
{
	return page_free_count() + kalloc_pages();
}

static bool run_one(const struct ktest *test)
{
	uint64_t pages = free_pages();
	uint64_t objects = kobject_count();

	failures = 0;
	test->run();
	kobject_reap_all();
	ktest_check(kobject_count() == objects, "objects are as before", test->name, 0);
	ktest_check(free_pages() == pages, "free pages are as before", test->name, 0);
	if (failures)
		printk("FAIL %s\n", test->name);
	return failures == 0;
}

void ktest_main(void)
{
	unsigned passed = 0;

	for (unsigned i = 0; i < ktest_count; i++)
		passed += run_one(&ktests[i]);
	printk("%u passed, %u failed\n", passed, ktest_count - passed);
	arch_halt_forever(passed == ktest_count ? 0 : 1);
}
