/*
 * Domains nested as deep as they may be: a limit at any depth holds for what is done in the innermost, a refusal changes no
 * account, and when the outermost is killed every account around it is what it was before.
 */
#include <base/bits.h>
#include <microkernel/errors.h>
#include "cpu.h"
#include "kalloc.h"
#include "ktest_fixture.h"
#include "page.h"
#include "share.h"

#define AT (NATIVE_BASE + (1ul << 30))
#define RW (MAP_READ | MAP_WRITE)
#define TAKEN_MAX 100u

static const struct domain_limits ample = {
	.pages = 1000, .handles = 500, .threads = 50, .share = 256};

/* What one domain is charged. */
struct books {
	uint64_t pages, bytes, cpu_ticks;
	uint32_t handles, threads, objects;
};

static struct domain *nest[DOMAIN_DEPTH_MAX + 1]; /* by depth; 0: the root */
static struct fixture innermost;
static struct books before[DOMAIN_DEPTH_MAX + 1];

/* The pages from which kernel objects are cut are the root's, and stay. */
static struct books books_of(const struct domain *domain)
{
	uint64_t cut = domain == domain_root() ? kalloc_pages() + kalloc_spare_pages() : 0;

	return (struct books){.pages = domain->pages - cut,
	                      .bytes = domain->bytes,
	                      .cpu_ticks = domain->cpu_ticks,
	                      .handles = domain->handles,
	                      .threads = domain->threads,
	                      .objects = domain->object_count};
}

static bool are_same(struct books a, struct books b)
{
	return a.pages == b.pages && a.bytes == b.bytes && a.cpu_ticks == b.cpu_ticks &&
	       a.handles == b.handles && a.threads == b.threads && a.objects == b.objects;
}

static void note_books(void)
{
	for (unsigned depth = 0; depth <= DOMAIN_DEPTH_MAX; depth++)
		before[depth] = books_of(nest[depth]);
}

static void check_books(void)
{
	for (unsigned depth = 0; depth <= DOMAIN_DEPTH_MAX; depth++) {
		KCHECK(are_same(before[depth], books_of(nest[depth])));
		kobject_check(&nest[depth]->obj);
	}
}

static void build_nest(void)
{
	nest[0] = domain_root();
	for (unsigned depth = 1; depth <= DOMAIN_DEPTH_MAX; depth++) {
		nest[depth] = domain_create(nest[depth - 1], &ample);
		KCHECK(nest[depth] && nest[depth]->depth == depth);
	}
	innermost.domain = nest[DOMAIN_DEPTH_MAX];
	KCHECK(process_create(innermost.domain, "deep", &innermost.process) == OK);
}

static void kill_nest(void)
{
	kobject_kill(&nest[1]->obj);
	while (!kobject_reap(5))
		;
	kobject_unref(&innermost.process->obj);
	for (unsigned depth = DOMAIN_DEPTH_MAX; depth > 0; depth--) {
		KCHECK(kobject_is_gone(&nest[depth]->obj));
		KCHECK(nest[depth]->handles == 0 && nest[depth]->threads == 0);
		kobject_unref(&nest[depth]->obj);
	}
	kobject_reap_all();
}

/* Each domain around has just been charged as many as the innermost. */
static void check_charged(size_t counter, uint64_t width, uint64_t count)
{
	for (unsigned depth = 1; depth <= DOMAIN_DEPTH_MAX; depth++) {
		const char *now = (const char *)nest[depth] + counter;
		uint64_t value = width == 8 ? *(const uint64_t *)(const void *)now
		                            : *(const uint32_t *)(const void *)now;

		KCHECK(value == count);
	}
}

static void fill_pages(unsigned tight)
{
	struct domain_limits limits = ample;
	uint64_t kernel_pages = (nest[tight]->bytes + PAGE_SIZE - 1) / PAGE_SIZE;
	paddr_t taken[TAKEN_MAX];
	unsigned count = 0;

	limits.pages = nest[tight]->pages + kernel_pages + 10 + tight;
	domain_set_limits(nest[tight], &limits);
	note_books();
	while (count < TAKEN_MAX && (taken[count] = page_alloc(innermost.domain)).value)
		count++;
	KCHECK(count == 10 + tight);
	check_charged(offsetof(struct domain, pages), 8, before[DOMAIN_DEPTH_MAX].pages + count);
	while (count > 0)
		page_unref(taken[--count]);
	check_books();
}

static void fill_handles(unsigned tight)
{
	struct domain_limits limits = ample;
	struct handle_entry *taken[TAKEN_MAX];
	unsigned count = 0;

	limits.handles = nest[tight]->handles + 10 + tight;
	domain_set_limits(nest[tight], &limits);
	note_books();
	while (count < TAKEN_MAX && (taken[count] = handle_reserve(innermost.process)) != NULL)
		count++;
	KCHECK(count == 10 + tight);
	check_charged(offsetof(struct domain, handles), 4,
	              before[DOMAIN_DEPTH_MAX].handles + count);
	while (count > 0)
		handle_unreserve(taken[--count]);
	check_books();
}

static struct thread *make_thread(void)
{
	struct thread_args args = {.entry = NATIVE_BASE + PAGE_SIZE, .message = AT};
	struct thread *thread = NULL;
	status_t status = thread_create(innermost.process, &args, &thread);

	KCHECK(status == (thread ? OK : E_LIMIT));
	return thread;
}

static void drop_thread(struct thread *thread)
{
	thread_end(thread);
	kobject_unref(&thread->obj);
}

static void fill_threads(unsigned tight)
{
	struct domain_limits limits = ample;
	struct thread *taken[TAKEN_MAX];
	unsigned count = 0;

	limits.threads = nest[tight]->threads + 2 + tight;
	domain_set_limits(nest[tight], &limits);
	note_books();
	while (count < TAKEN_MAX && (taken[count] = make_thread()) != NULL)
		count++;
	KCHECK(count == 2 + tight);
	check_charged(offsetof(struct domain, threads), 4,
	              before[DOMAIN_DEPTH_MAX].threads + count);
	while (count > 0)
		drop_thread(taken[--count]);
	kobject_reap_all();
	check_books();
}

/* What the first handle and the first thread bring with them stays: tables, and a page to be pinned. */
static void warm_up(void)
{
	fixture_map(&innermost.process->aspace, NULL, AT, PAGE_SIZE, RW);
	handle_unreserve(handle_reserve(innermost.process));
	drop_thread(make_thread());
	kobject_reap_all();
}

KTEST(a_limit_holds_at_every_depth)
{
	struct books root = books_of(domain_root());

	build_nest();
	warm_up();
	for (unsigned tight = 1; tight <= DOMAIN_DEPTH_MAX; tight++) {
		fill_pages(tight);
		fill_handles(tight);
		fill_threads(tight);
		domain_set_limits(nest[tight], &ample);
	}
	kill_nest();
	KCHECK(are_same(root, books_of(domain_root())));
}

/* Memory, handles to each other's, processes with threads that have run: at each depth. */
static void furnish(struct domain *domain)
{
	struct fixture f = {.domain = domain};
	struct memory *memory = memory_create(domain, 5 * PAGE_SIZE, 0);
	struct thread *thread;

	KCHECK(process_create(domain, "nested", &f.process) == OK);
	KCHECK(fixture_map(&f.process->aspace, fixture_publish(&f, &memory->obj), AT + PAGE_SIZE,
	                   5 * PAGE_SIZE, RW));
	for (unsigned i = 1; i <= 5; i++)
		KCHECK(fixture_touch(&f.process->aspace, AT + i * PAGE_SIZE, MAP_WRITE));
	thread = fixture_running(&f, AT);
	kobject_unref(&thread->obj);
	kobject_ref(&memory->obj);
	fixture_publish(&innermost, &memory->obj);
	kobject_unref(&f.process->obj);
}

KTEST(the_outermost_takes_all_with_it)
{
	struct books root = books_of(domain_root());
	uint64_t objects = kobject_count();

	build_nest();
	for (unsigned depth = 1; depth <= DOMAIN_DEPTH_MAX; depth++)
		furnish(nest[depth]);
	for (unsigned depth = 0; depth <= DOMAIN_DEPTH_MAX; depth++)
		kobject_check(&nest[depth]->obj);
	KCHECK(nest[1]->threads == DOMAIN_DEPTH_MAX && nest[1]->pages > 5 * DOMAIN_DEPTH_MAX);
	kill_nest();
	KCHECK(are_same(root, books_of(domain_root())));
	KCHECK(kobject_count() == objects);
}

/* Of a thread in that domain for whose turn's end these wait, in parts of the usual one. */
static uint64_t turn(struct domain *domain, const struct list *waiting)
{
	struct thread thread = {.obj = {.domain = domain}};
	struct share_look look = {0};

	return share_slice_ns(&thread, waiting, &look, 1000000) * 256 / 5000000;
}

/* Time is charged to all around; a share is the least of those around. */
KTEST(a_share_holds_at_every_depth)
{
	struct list nobody = LIST_INIT(nobody);
	struct domain_limits limits = ample;

	build_nest();
	for (unsigned tight = 1; tight <= DOMAIN_DEPTH_MAX; tight++) {
		limits.share = 16;
		domain_set_limits(nest[tight], &limits);
		for (unsigned depth = 1; depth <= DOMAIN_DEPTH_MAX; depth++)
			KCHECK(turn(nest[depth], &nobody) == (depth < tight ? 256 : 16));
		limits.share = 1024;
		domain_set_limits(nest[tight], &limits);
		for (unsigned depth = 1; depth <= DOMAIN_DEPTH_MAX; depth++)
			KCHECK(turn(nest[depth], &nobody) ==
			       (depth == tight && tight == 1 ? 1024 : 256));
		domain_set_limits(nest[tight], &ample);
	}
	note_books();
	domain_add_cpu_ticks(innermost.domain, 1000);
	check_charged(offsetof(struct domain, cpu_ticks), 8,
	              before[DOMAIN_DEPTH_MAX].cpu_ticks + 1000);
	kill_nest();
}

/* A program that makes a domain of its own with a larger share gets no longer slices by that. */
KTEST(a_slice_is_as_long_as_all_around_allow)
{
	struct domain_limits limits = ample;
	struct run_queue *queue = &this_cpu()->run_queue;
	struct thread *payer, *other;

	build_nest();
	limits.share = 64;
	domain_set_limits(nest[3], &limits);
	limits.share = 1024;
	domain_set_limits(innermost.domain, &limits);
	payer = fixture_running(&innermost, AT);
	other = fixture_running(&innermost, AT + PAGE_SIZE);
	KCHECK(thread_set_cpus(other, 1ul << this_cpu()->id) == OK);
	other->state = THREAD_STOPPED;
	sched_ready(other);
	this_cpu()->current = queue->payer = payer;
	queue->slice_since_ticks = 0;
	KCHECK(sched_watch_slice() - clock_ticks_to_time_ns(0) == 5000000 / 4);
	this_cpu()->current = queue->payer = NULL;
	queue->is_slice_watched = false;
	thread_end(other);
	thread_end(payer);
	kobject_unref(&other->obj);
	kobject_unref(&payer->obj);
	kill_nest();
}
