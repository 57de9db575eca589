/*
 * One fault of each kind that the sanitizers of KIND=sanitize see. In other test kernels this file is not there.
 */
#include <base/string.h>
#include "kalloc.h"
#include "ktest_fixture.h"
#include "page.h"
#include "sanitize.h"

static volatile char variable[13];
static volatile unsigned one = 1; /* what the compiler cannot compute with */

/* Whether this access is seen: by one check or, an index beyond its array, by two. */
#define SEEN(access) \
	({ \
		(void)sanitize_expect(true); \
		access; \
		sanitize_expect(false) > 0; \
	})

KTEST(an_access_behind_a_block_is_seen)
{
	struct fixture f = fixture_create(100);
	volatile char *block = kalloc(f.domain, 61);

	KCHECK(!SEEN(block[60] = 1));
	KCHECK(SEEN(block[61] = 1));
	KCHECK(SEEN((void)block[64]));
	KCHECK(SEEN((void)*(volatile uint64_t *)(block + 56)));
	KCHECK(SEEN(memset((char *)block, 0, 62)));
	kfree(f.domain, (void *)block);
	fixture_destroy(&f);
}

KTEST(a_freed_block_is_not_touched)
{
	struct fixture f = fixture_create(100);
	volatile char *block = kalloc(f.domain, 100);

	kfree(f.domain, (void *)block);
	KCHECK(SEEN(block[5] = 1));
	block = kalloc(f.domain, 100);
	KCHECK(!SEEN(block[5] = 1));
	kfree(f.domain, (void *)block);
	fixture_destroy(&f);
}

KTEST(a_free_page_is_not_touched)
{
	struct fixture f = fixture_create(100);
	paddr_t page = page_alloc(f.domain);
	volatile char *byte = direct(page);

	KCHECK(!SEEN(byte[4095] = 1));
	page_unref(page);
	KCHECK(SEEN((void)byte[4095]));
	fixture_destroy(&f);
}

KTEST(an_access_behind_a_variable_is_seen)
{
	volatile char *volatile start = variable; /* the compiler forgets of which length */

	KCHECK(!SEEN(start[12] = 1));
	KCHECK(SEEN(start[13] = 1));
}

KTEST(undefined_behaviour_is_seen)
{
	volatile int number = INT32_MAX;
	volatile bool truth = true;
	volatile char local[13] = ""; /* not watched: only its bounds are known */

	KCHECK(SEEN(number = number + (int)one));
	KCHECK(SEEN(number = (int)one << (31 + one)));
	KCHECK(!SEEN((void)local[11 + one]));
	KCHECK(SEEN((void)local[12 + one]));
	*(volatile char *)&truth = 3;
	KCHECK(SEEN(number = truth));
	KCHECK(!SEEN(number = 1));
}
