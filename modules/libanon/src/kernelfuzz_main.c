/*
 * kernelfuzz SEED COUNT [SOAK]: random system calls from several threads of two processes in a small domain. The
 * supervisor starts children, ends some at random moments, now and then ends the domain with all that is in it, and replaces what
 * has gone, until COUNT calls are made. Then nothing may be left: pages and objects are counted as at the start. Prints
 * "N passed, N failed" and exits with the number of failures. The same seed makes the same calls as far as the
 * machine's timing is the same (exactly so under icount).
 */
#include <stdarg.h>
#include <base/bits.h>
#include <base/format.h>
#include <base/parse.h>
#include <base/string.h>
#include <libanon/log.h>
#include <libanon/memory.h>
#include <libanon/start.h>
#include <libanon/time.h>
#include "kernelfuzz.h"

#define CHILDREN 2u
#define CHILD_THREADS 4u
#define ROUND_NS NS_PER_MS
#define ROUND_CALLS_MAX 100000u /* nobody makes so many meanwhile */
#define STUCK_ROUNDS 8u
#define SETTLE_ROUNDS 200u
#define SAME_ROUNDS 20u
#define SOAK_FACTOR 10u

struct child {
	handle_t process;
	handle_t threads[CHILD_THREADS];
};

static struct random chance;
static struct fuzz_shared *shared;
static uint64_t calls; /* made so far */
static handle_t shared_memory, domain, image;
static struct child children[CHILDREN];
static unsigned started, domains;

static void close(handle_t *handle)
{
	if (!handle_is_none(*handle))
		(void)sys_handle_close(*handle);
	*handle = HANDLE_NONE;
}

static uint64_t image_bytes(void)
{
	return align_up(start_page()->image_end, PAGE_SIZE) - start_page()->image_base;
}

/* Relocated and as it is now: at the same address it runs as it is. */
static status_t copy_image(void)
{
	status_t status = sys_memory_create(HANDLE_NONE, image_bytes(), 0, &image);

	return status == OK
	               ? sys_memory_write(image, 0, (void *)start_page()->image_base, image_bytes())
	               : status;
}

static status_t map_at(handle_t process, handle_t memory, uint64_t address, uint64_t bytes,
                       uint32_t flags)
{
	struct map_args args = {
		.memory = memory,
		.flags = flags | MAP_FIXED,
		.address = address,
		.bytes = bytes,
	};
	uint64_t at;

	return sys_map(process, &args, &at);
}

static status_t map_child(handle_t process)
{
	status_t status = map_at(process, image, start_page()->image_base, image_bytes(),
	                         MAP_PROT | MAP_PRIVATE);

	if (status == OK)
		status = map_at(process, shared_memory, FUZZ_SHARED, sizeof(*shared),
		                MAP_READ | MAP_WRITE);
	for (unsigned i = 0; i < FUZZ_THREADS_MAX && status == OK; i++)
		status = map_at(process, HANDLE_NONE, FUZZ_THREADS + i * FUZZ_THREAD_BYTES,
		                FUZZ_STACK_BYTES + 2 * PAGE_SIZE, MAP_READ | MAP_WRITE);
	if (status == OK)
		status = map_at(process, HANDLE_NONE, FUZZ_ARENA, FUZZ_ARENA_PAGES * PAGE_SIZE,
		                MAP_READ | MAP_WRITE);
	return status;
}

static status_t start_thread(struct child *child, unsigned number)
{
	uint64_t area = FUZZ_THREADS + number * FUZZ_THREAD_BYTES;
	struct thread_args args = {
		.entry = (uint64_t)fuzz_child,
		.stack = area + FUZZ_STACK_BYTES - 8,
		.argument = random_next(&chance) << 8 | number,
		.message = area + FUZZ_STACK_BYTES,
		.state = area + FUZZ_STACK_BYTES + PAGE_SIZE,
		.priority = 2 + (uint32_t)random_below(&chance, 4),
	};
	status_t status = sys_thread_create(child->process, &args, &child->threads[number]);

	return status == OK ? sys_thread_start(child->threads[number]) : status;
}

static void know(handle_t process, handle_t handle, unsigned type, uint32_t rights)
{
	handle_t number;

	if (sys_handle_install(process, handle, rights, 0, &number) == OK)
		fuzz_known[type][random_below(&chance, FUZZ_KNOWN)] = number.value;
}

/* What a child can do to the others: everything, the domain included (it learns that seldom). */
static void give_handles(struct child *child)
{
	memset(fuzz_known, 0, sizeof(fuzz_known));
	for (unsigned i = 0; i < CHILDREN; i++) {
		if (!handle_is_none(children[i].process))
			know(child->process, children[i].process, OBJECT_PROCESS, ~0u);
		if (!handle_is_none(children[i].threads[1]))
			know(child->process, children[i].threads[1], OBJECT_THREAD, ~0u);
	}
	know(child->process, domain, OBJECT_DOMAIN,
	     random_below(&chance, 10) ? ~(uint32_t)RIGHT_MANAGE : ~0u);
}

static status_t start_child(struct child *child)
{
	status_t status = sys_process_create(domain, "fuzz", 4, &child->process);

	if (status != OK)
		return status;
	give_handles(child);
	if (copy_image() != OK)
		return E_NOMEM;
	status = map_child(child->process);
	close(&image);
	for (unsigned i = 0; i < CHILD_THREADS && status == OK; i++)
		status = start_thread(child, i);
	started++;
	return status;
}

static void end_child(struct child *child)
{
	if (!handle_is_none(child->process))
		(void)sys_process_kill(child->process, 0);
	close(&child->process);
	for (unsigned i = 0; i < CHILD_THREADS; i++)
		close(&child->threads[i]);
}

/* With most of its threads: some wait for ever, or ended one another. */
static bool is_alive(struct child *child)
{
	struct process_info info;

	return sys_process_info(child->process, &info) == OK && info.state == PROCESS_RUNNING &&
	       info.threads > 2;
}

static void end_domain(void)
{
	for (unsigned i = 0; i < CHILDREN; i++)
		end_child(&children[i]);
	if (!handle_is_none(domain) && sys_domain_kill(domain) != OK)
		log_debug("the domain was gone already");
	close(&domain);
}

/* Three quarters of what this program's own domain may have. */
static status_t start_domain(void)
{
	struct domain_info info;
	struct domain_limits limits;
	status_t status = sys_domain_info(own_domain(), &info);

	if (status != OK)
		return status;
	limits = info.limits;
	limits.pages = MIN(limits.pages / 4 * 3, 3000ul);
	limits.handles = MIN(limits.handles / 4 * 3, 180u);
	limits.threads = MIN(limits.threads / 4 * 3, 12u);
	domains++;
	return sys_domain_create(HANDLE_NONE, &limits, &domain);
}

static bool domain_is_alive(void)
{
	struct domain_info info;

	return !handle_is_none(domain) && sys_domain_info(domain, &info) == OK;
}

/* Whoever has gone is replaced; whoever lives may have to go. */
static status_t one_round(bool is_stuck)
{
	status_t status = OK;

	if (is_stuck || random_below(&chance, 400) == 0)
		end_domain();
	if (!domain_is_alive()) {
		end_domain();
		status = start_domain();
	}
	for (unsigned i = 0; i < CHILDREN && status == OK; i++) {
		if (is_alive(&children[i]) && random_below(&chance, 40))
			continue;
		end_child(&children[i]);
		if (start_child(&children[i]) != OK)
			end_child(
				&children
					[i]); /* the domain is full of what the others made: next time */
	}
	return status;
}

/* Those made since the last time. The counter of the children is not to be trusted: a leap is not counted. */
static uint64_t count_calls(void)
{
	static uint64_t seen;
	uint64_t now = __atomic_load_n(&shared->calls, __ATOMIC_RELAXED);
	uint64_t fresh = now - seen <= ROUND_CALLS_MAX ? now - seen : 0;

	seen = now;
	calls += fresh;
	return fresh;
}

static status_t run(uint64_t wanted)
{
	unsigned stuck = 0;
	status_t status = OK;

	while (status == OK && calls < wanted) {
		stuck = count_calls() < 10 ? stuck + 1 : 0;
		status = one_round(stuck > STUCK_ROUNDS);
		stuck = stuck > STUCK_ROUNDS ? 0 : stuck;
		sleep_ns(ROUND_NS / 2 + random_below(&chance, ROUND_NS));
	}
	end_domain();
	return status;
}

struct amounts {
	uint64_t pages;
	uint64_t objects;
	uint64_t own_pages; /* of our domain: to tell what is lost from what others took */
};

static struct amounts measure(void)
{
	struct system_info info;

	struct domain_info own;

	if (sys_system_info(&info) != OK || sys_domain_info(own_domain(), &own) != OK)
		return (struct amounts){0, 0, 0};
	return (struct amounts){info.pages_free + info.kernel_pages, info.objects, own.pages_used};
}

/* Services may still be starting, on other CPUs: the figures are good when they stay the same for a while. */
static struct amounts measure_settled(void)
{
	struct amounts last = measure();
	unsigned same = 0;

	for (unsigned i = 0; i < SETTLE_ROUNDS && same < SAME_ROUNDS; i++) {
		struct amounts now;

		sleep_ns(5 * NS_PER_MS);
		now = measure();
		same = now.pages == last.pages && now.objects == last.objects ? same + 1 : 0;
		last = now;
	}
	return last;
}

/* Services may still be busy with what ended just now. */
static bool is_as_before(struct amounts start, struct amounts *end)
{
	for (unsigned i = 0; i < SETTLE_ROUNDS; i++) {
		*end = measure();
		if (end->pages >= start.pages && end->objects <= start.objects)
			return true;
		sleep_ns(5 * NS_PER_MS);
	}
	return false;
}

/* To the kernel's log, where a panic would stand too. */
static void say(const char *fmt, ...)
{
	char text[LOG_LINE_MAX];
	va_list args;

	va_start(args, fmt);
	(void)sys_domain_log(own_domain(), text,
	                     MIN(format_vstring(text, sizeof(text), fmt, args), sizeof(text) - 1));
	va_end(args);
}

static void print_counts(void)
{
	char line[LOG_LINE_MAX] = "";
	size_t len = 0;

	say("kernelfuzz: %lu calls, %lu succeeded, %u processes, %u domains", calls, shared->ok,
	    started, domains);
	for (unsigned i = 0; i < 192; i++) {
		if (shared->by_number[i])
			len += format_string(line + len, sizeof(line) - len, " %u:%u", i,
			                     shared->by_number[i]);
		if (len > sizeof(line) - 20 || (i == 191 && len > 0)) {
			say("kernelfuzz: succeeded%s", line);
			len = 0;
		}
	}
}

/* SOAK 1 means ten times COUNT. */
static bool parse_arguments(int argc, char **argv, uint64_t *seed, uint64_t *count)
{
	uint64_t soak = 0;

	if ((argc > 1 && !parse_u64(argv[1], seed)) || (argc > 2 && !parse_u64(argv[2], count)) ||
	    (argc > 3 && !parse_u64(argv[3], &soak)))
		return false;
	*count *= soak ? SOAK_FACTOR : 1;
	return argc <= 4;
}

int main(int argc, char **argv)
{
	uint64_t seed = 1, count = 200000;
	struct amounts start, end;
	unsigned failed = 0;
	void *page;

	if (!parse_arguments(argc, argv, &seed, &count) ||
	    memory_new(sizeof(*shared), &shared_memory, &page) != OK) {
		log_error("usage: kernelfuzz SEED COUNT [SOAK]");
		return 2;
	}
	shared = page;
	random_seed(&chance, seed);
	*(volatile uint64_t *)&shared->calls = 0; /* its page is there from now on */
	start = measure_settled();
	failed += run(count) != OK;
	if (!is_as_before(start, &end)) {
		say("kernelfuzz: lost %ld pages, %ld objects; our domain had %lu pages and has %lu",
		    (int64_t)(start.pages - end.pages), (int64_t)(end.objects - start.objects),
		    start.own_pages, end.own_pages);
		failed++;
	}
	print_counts();
	say("kernelfuzz: seed %lu", seed);
	say("%u passed, %u failed", 2 - failed, failed);
	return (int)failed;
}
