/*
 * Tests of the manifest's parser and rules: what is accepted, each refusal with its line, random
 * damage. The good text has every directive; damage is random but repeatable (TEST_SEED).
 */
#include "init/manifest.h"

#include <base/test.h>
#include <microkernel/abi.h>

static struct manifest m;
static struct manifest_error error;

static bool parse(const char *text)
{
	return manifest_parse(&m, text, strlen(text), &error);
}

static bool accept(const char *text)
{
	return parse(text) && manifest_check(&m, &error);
}

#define BUDGET "\tbudget pages 64 handles 16 threads 2\n"

static const char good[] = "service init\n level 4\n cap endpoint tree\n"
			   "service log\n" BUDGET " level 0\n cap serve\n bind /sys/log\n"
			   "service tree # the root\n" BUDGET
			   "level 1\ncap serve\ncap log\ndirectory\n"
			   "service devices\n" BUDGET " level 2\n cap serve\n"
			   "service com1\n program serial\n args COM1 fast\n" BUDGET
			   " level 2\n priority 20\n restart once backoff 250\n cap serve\n"
			   " cap ports 0x3f8 8\n cap irq 4 low as line\n cap log\n"
			   " bind /dev/serial0 badge 7\n when exec=com2\n"
			   "service disk\n" BUDGET
			   "level 3\n cap pci 1af4:1042 1 as device\n cap vault\n"
			   "service linux\n" BUDGET "level 3\n shared_root\n"
			   "service shell\n" BUDGET
			   "level 9\n cap endpoint tree CALL as root badge 3\n";

TEST(all_directives)
{
	const struct manifest_service *s;

	CHECK(accept(good));
	CHECK_EQ(m.count, 8);
	s = &m.services[4];
	CHECK_STR_EQ(s->program, "serial");
	CHECK_STR_EQ(s->args, "COM1 fast");
	CHECK_EQ(s->restart, RESTART_ONCE);
	CHECK_EQ(s->backoff_ms, 250);
	CHECK_EQ(s->cap_count, 4);
	CHECK_EQ(s->caps[1].first, 0x3f8);
	CHECK_STR_EQ(s->caps[2].name, "line");
	CHECK_EQ(s->caps[2].count, INTERRUPT_ACTIVE_LOW);
	CHECK_STR_EQ(s->caps[3].target, "log");
	CHECK_EQ(s->binds[0].badge, 7);
	CHECK(manifest_wanted(s, "a exec=com2"));
	CHECK(!manifest_wanted(s, "a"));
	CHECK_EQ(m.services[5].caps[0].badge, PCI_BADGE(1, 0x1af4, 0x1042));
	CHECK(m.services[6].shares_root && !m.services[7].shares_root);
	CHECK_STR_EQ(m.services[7].caps[0].name, "root");
}

static void refused(const char *text, uint32_t line, const char *what)
{
	CHECK(!accept(text));
	CHECK_EQ(error.line, line);
	if (!strstr(error.text, what))
		printf("  says: %s\n", error.text);
	CHECK(strstr(error.text, what) != NULL);
}

TEST(refusals_name_line_and_reason)
{
	refused("level 3\n", 1, "no service is open");
	refused("service a\n\nlevle 3\n", 3, "no such directive: levle");
	refused("service a\n cap magic\n", 2, "magic");
	refused("service a\n cap ports 0xffff 2\n", 2, "beyond port");
	refused("service a\n cap pci 1af4-1042\n", 2, "1af4:1042");
	refused("service a\n level 99\n", 2, "99");
	refused("service a extra\n", 1, "extra");
	refused("service a\n cap irq\n", 2, "missing");
	refused("service a\n cap log uncached\n", 2, "uncached");
	refused("service a\n", 1, "budget");
	refused("service a\n" BUDGET " bind /x\n", 1, "without");
	refused("service a\n" BUDGET "cap serve\nbind /\n", 4, "union");
	refused("shared_root\n", 1, "no service is open");
	refused("service linux\n shared_root yes\n", 2, "not understood here: yes");
	refused("service a\n" BUDGET "shared_root\n", 1, "for program linux, not a");
	refused("service linux\n" BUDGET "shared_root\nprogram other\n", 1, "not other");
	CHECK(accept("service a\n" BUDGET "shared_root\nprogram linux\n"));
	refused("service a\n" BUDGET "service a\n" BUDGET, 3, "second");
	refused("service a\n" BUDGET "cap serve\ncap serve\n", 1, "two capabilities");
}

TEST(calls_go_down)
{
	refused("service a\n" BUDGET "level 2\ncap serve\ncap endpoint b\nservice b\n" BUDGET
	        "level 2\ncap serve\n",
	        1, "down the levels");
	refused("service a\n" BUDGET "level 2\ncap endpoint b\nservice b\n" BUDGET "level 1\n", 1,
	        "no service answers");
	refused("service t\n" BUDGET "level 1\ncap serve\ndirectory\nservice a\n" BUDGET
	        "level 2\ncap endpoint t\nservice b\n" BUDGET "level 5\ncap serve\nbind /b\n",
	        6, "through the directory");
	CHECK(accept("service t\n" BUDGET "level 1\ncap serve\ndirectory\nservice a\n" BUDGET
	             "level 2\ncap hold t\nservice b\n" BUDGET "level 5\ncap serve\nbind /b\n"));
}

TEST(damage_never_breaks_the_parser)
{
	char text[sizeof(good)];
	uint32_t seed = (uint32_t)test_seed();

	for (unsigned round = 0; round < test_rounds(3000); round++) {
		memcpy(text, good, sizeof(good));
		for (int i = 0; i < 4; i++) {
			seed = seed * 1664525 + 1013904223;
			text[(seed >> 8) % (sizeof(good) - 1)] = (char)(seed >> 24);
		}
		if (manifest_parse(&m, text, sizeof(good) - 1, &error))
			(void)manifest_check(&m, &error);
	}
}

TEST_MAIN();
