/*
 * Priority inheritance: a caller that has to queue raises whoever will serve it, along chains of servers, and no longer than
 * it waits. Every thread is tied to the first CPU, so that one run queue says who comes next.
 */
#include <microkernel/errors.h>
#include <microkernel/rights.h>
#include "cpu.h"
#include "endpoint.h"
#include "ipc.h"
#include "ktest_fixture.h"
#include "reply.h"

#define AT (NATIVE_BASE + (1ul << 30))
#define ACTORS_MAX 48u
#define SERVICES_MAX 40u

#define LOW 3u
#define SERVER 5u
#define MEDIUM 10u
#define HIGH 20u

/* An endpoint, and a reply object for each of two servers. */
struct service {
	struct endpoint *endpoint;
	struct reply *replies[2];
	handle_t to_call;
	handle_t to_reply[2];
};

static struct stage {
	struct fixture f;
	struct thread *actors[ACTORS_MAX];
	unsigned actor_count;
	struct service services[SERVICES_MAX];
	unsigned service_count;
} stage;

static void begin(void)
{
	stage = (struct stage){.f = fixture_create(1000)};
	stage.f.domain->limits.threads = ACTORS_MAX;
	stage.f.domain->limits.handles = 1000;
}

static void finish(void)
{
	for (unsigned i = 0; i < stage.actor_count; i++) {
		kobject_check(&stage.actors[i]->obj);
		thread_end(stage.actors[i]);
		kobject_unref(&stage.actors[i]->obj);
	}
	for (unsigned i = 0; i < stage.service_count; i++) {
		kobject_check(&stage.services[i].endpoint->obj);
		kobject_unref(&stage.services[i].endpoint->obj);
		kobject_unref(&stage.services[i].replies[0]->obj);
		kobject_unref(&stage.services[i].replies[1]->obj);
	}
	fixture_destroy(&stage.f);
}

static handle_t give(struct kobject *object)
{
	handle_t handle;

	kobject_ref(object);
	KCHECK(handle_publish(stage.f.process, object, ~0u, &handle) == OK);
	return handle;
}

static struct service *open_service(void)
{
	struct service *service = &stage.services[stage.service_count++];

	service->endpoint = endpoint_create(stage.f.domain);
	service->to_call = give(&service->endpoint->obj);
	for (unsigned i = 0; i < 2; i++) {
		service->replies[i] = reply_create(stage.f.domain);
		service->to_reply[i] = give(&service->replies[i]->obj);
	}
	return service;
}

/* As if it ran. */
static struct thread *enter(unsigned priority)
{
	struct thread *thread = fixture_running(&stage.f, AT + stage.actor_count * PAGE_SIZE);

	KCHECK(thread_set_cpus(thread, 1) == OK);
	thread_set_priority(thread, priority);
	stage.actors[stage.actor_count++] = thread;
	return thread;
}

static void make_ready(struct thread *thread)
{
	thread->state = THREAD_STOPPED;
	sched_ready(thread);
}

static void make_run(struct thread *thread)
{
	KCHECK(thread->state == THREAD_READY);
	sched_unready(thread);
	thread->state = THREAD_RUNNING;
}

static bool is_next(const struct thread *thread)
{
	const struct run_queue *queue = &cpus[0].run_queue;
	unsigned priority = 31u - (unsigned)__builtin_clz(queue->ready);

	return list_first(&queue->by_priority[priority]) == &thread->queue_link;
}

static void call(struct thread *thread, const struct service *service)
{
	thread->arch.regs.rdi = service->to_call.value;
	thread->arch.regs.rsi = ipc_tag(1, 0, 0, 0);
	thread->arch.regs.rbx = 0;
	ipc_call(thread);
}

static void set_receive(struct thread *thread, const struct service *service, unsigned reply)
{
	thread->arch.regs.rdi = service->to_call.value | (uint64_t)service->to_reply[reply].value
	                                                         << 32;
	thread->arch.regs.rsi = ipc_tag(1, 0, 0, 0);
	thread->arch.regs.rbx = 0;
}

/* Takes the first request that waits. */
static void receive(struct thread *thread, const struct service *service, unsigned reply)
{
	set_receive(thread, service, reply);
	ipc_receive(thread);
	KCHECK(thread->state == THREAD_RUNNING && service->replies[reply]->caller);
}

static void answer(struct thread *thread, const struct service *service, unsigned reply)
{
	set_receive(thread, service, reply);
	ipc_reply(thread);
	KCHECK((status_t)thread->arch.regs.rax == OK);
}

/* A server with the request of somebody unimportant. */
static struct thread *enter_busy(const struct service *service, unsigned reply)
{
	struct thread *server = enter(SERVER);

	call(enter(LOW), service);
	receive(server, service, reply);
	return server;
}

KTEST(a_queued_caller_raises_the_busy_server)
{
	const struct service *service;
	struct thread *server, *medium, *high;

	begin();
	service = open_service();
	server = enter_busy(service, 0);
	medium = enter(MEDIUM);
	high = enter(HIGH);
	make_ready(server);
	make_ready(medium);
	KCHECK(server->priority == SERVER && is_next(medium));
	call(high, service);
	KCHECK(high->state == THREAD_CALLING && server->priority == HIGH && is_next(server));
	make_run(server);
	answer(server, service, 0);
	KCHECK(server->priority == HIGH); /* somebody important waits on */
	receive(server, service, 0);
	KCHECK(high->state == THREAD_AWAITING && server->priority == HIGH);
	answer(server, service, 0);
	KCHECK(server->priority == SERVER);
	finish();
}

static void raise_and(void (*call_off)(struct thread *))
{
	const struct service *service;
	struct thread *server, *medium, *high;

	begin();
	service = open_service();
	server = enter_busy(service, 0);
	medium = enter(MEDIUM);
	high = enter(HIGH);
	make_ready(server);
	make_ready(medium);
	call(high, service);
	KCHECK(is_next(server));
	call_off(high);
	if (high->state == THREAD_READY)
		make_run(high);
	KCHECK(server->priority == SERVER && is_next(medium));
	finish();
}

static void time_out(struct thread *thread)
{
	thread_cancel_wait(thread, E_TIMEOUT);
}

static void lower(struct thread *thread)
{
	thread_set_priority(thread, LOW);
}

static void close_handle(struct thread *thread)
{
	handle_close(handle_find(thread->process, stage.services[0].to_call));
}

KTEST(a_raise_ends_with_its_reason)
{
	raise_and(time_out);
	raise_and(thread_end);
	raise_and(lower);
	raise_and(close_handle);
}

/* A server has received an important request, and runs as its caller would. */
static const struct service *begin_served(struct thread **server, struct thread **high)
{
	const struct service *service;

	begin();
	service = open_service();
	*server = enter(SERVER);
	*high = enter(HIGH);
	call(*high, service);
	receive(*server, service, 0);
	KCHECK((*server)->priority == HIGH);
	return service;
}

/* The same for the one whose request is being served. */
KTEST(who_gives_up_lends_nothing)
{
	struct thread *server, *high;

	begin_served(&server, &high);
	thread_set_priority(high, HIGH + 1);
	KCHECK(server->priority == HIGH + 1);
	thread_set_priority(server, SERVER + 1);
	KCHECK(server->priority == HIGH + 1 && server->base_priority == SERVER + 1);
	thread_end(high);
	KCHECK(server->priority == SERVER + 1);
	finish();
}

/* Through a server that waits for an answer, and through one that queues itself. */
KTEST(a_raise_travels_along_servers)
{
	const struct service *front, *back;
	struct thread *server, *busy, *other, *queued, *high, *medium;

	begin();
	front = open_service();
	back = open_service();
	server = enter_busy(front, 0);
	busy = enter(SERVER);
	call(server, back);
	receive(busy, back, 0);
	other = enter(SERVER + 1);
	call(other, back); /* before the next one */
	queued = enter_busy(front, 1);
	call(queued, back);
	medium = enter(MEDIUM);
	make_ready(busy);
	make_ready(medium);
	KCHECK(is_next(medium) && busy->priority == SERVER + 1);
	high = enter(HIGH);
	call(high, front);
	KCHECK(server->priority == HIGH && queued->priority == HIGH);
	KCHECK(busy->priority == HIGH && is_next(busy));
	KCHECK(list_first(&back->endpoint->callers) == &queued->queue_link);
	thread_cancel_wait(high, E_TIMEOUT);
	make_run(high);
	KCHECK(server->priority == SERVER && queued->priority == SERVER);
	KCHECK(busy->priority == SERVER + 1 && is_next(medium));
	KCHECK(list_first(&back->endpoint->callers) == &other->queue_link);
	finish();
}

KTEST(all_servers_of_an_endpoint_are_raised)
{
	const struct service *service;
	struct thread *first, *second, *high;

	begin();
	service = open_service();
	first = enter_busy(service, 0);
	second = enter_busy(service, 1);
	high = enter(HIGH);
	call(high, service);
	KCHECK(first->priority == HIGH && second->priority == HIGH);
	answer(first, service, 0);
	receive(first, service, 0);
	KCHECK(first->priority == HIGH && second->priority == SERVER);
	finish();
}

/* It lends when it is received, and until something else is; its server then works for others. */
KTEST(a_request_that_is_put_aside_lends_nothing)
{
	struct thread *server, *high;
	const struct service *service = begin_served(&server, &high);

	call(enter(LOW), service);
	receive(server, service, 1);
	KCHECK(server->priority == SERVER && high->state == THREAD_AWAITING);
	answer(server, service, 0);
	KCHECK(high->state == THREAD_READY && server->priority == SERVER);
	finish();
}

KTEST(who_serves_elsewhere_is_not_raised)
{
	const struct service *before, *now;
	struct thread *server;

	begin();
	before = open_service();
	now = open_service();
	server = enter_busy(before, 0);
	answer(server, before, 0);
	call(enter(LOW), now);
	receive(server, now, 0);
	call(enter(HIGH), before);
	KCHECK(server->priority == SERVER);
	call(enter(MEDIUM), now);
	KCHECK(server->priority == MEDIUM);
	finish();
}

KTEST(a_page_request_that_queues_raises_the_pager)
{
	const struct service *pager;
	struct thread *server, *high;
	struct page_request request = {.access = MAP_READ};

	begin();
	pager = open_service();
	server = enter_busy(pager, 0);
	high = enter(HIGH);
	request.memory = memory_create_paged(stage.f.domain, PAGE_SIZE, pager->endpoint, 0);
	thread_request_page(high, &request);
	KCHECK(high->state == THREAD_CALLING && server->priority == HIGH);
	answer(server, pager, 0);
	receive(server, pager, 0);
	KCHECK(high->state == THREAD_AWAITING && server->priority == HIGH);
	answer(server, pager, 0);
	KCHECK(high->state == THREAD_READY && server->priority == SERVER);
	kobject_unref(&request.memory->obj);
	finish();
}

/* Two servers that call each other wait for ever, or until one gives up; a raise must not go round for ever with them. */
KTEST(a_raise_in_a_circle_ends)
{
	const struct service *a, *b;
	struct thread *serves_a, *serves_b, *high;

	begin();
	a = open_service();
	b = open_service();
	serves_a = enter_busy(a, 0);
	serves_b = enter_busy(b, 0);
	call(serves_a, b);
	call(serves_b, a);
	high = enter(HIGH);
	call(high, a);
	KCHECK(serves_a->priority == HIGH && serves_b->priority == HIGH);
	thread_cancel_wait(high, E_TIMEOUT);
	thread_cancel_wait(serves_b, E_TIMEOUT);
	KCHECK(serves_a->priority == SERVER && serves_b->priority == SERVER);
	finish();
}

/* The kernel's work for one caller has an end, so the raise has, too. */
KTEST(a_raise_goes_so_far_and_no_further)
{
	struct thread *servers[SERVICES_MAX];
	struct thread *high;
	unsigned raised = 0;

	begin();
	for (unsigned i = 0; i < SERVICES_MAX; i++) {
		const struct service *service = open_service();

		servers[i] = enter(SERVER);
		call(i ? servers[i - 1] : enter(LOW), service);
		receive(servers[i], service, 0);
	}
	high = enter(HIGH);
	call(high, &stage.services[0]);
	while (raised < SERVICES_MAX && servers[raised]->priority == HIGH)
		raised++;
	KCHECK(raised == 32 && servers[raised]->priority == SERVER);
	thread_cancel_wait(high, E_TIMEOUT);
	for (unsigned i = 0; i < SERVICES_MAX; i++)
		KCHECK(servers[i]->priority == SERVER);
	finish();
}

/* One endpoint that so many served last. */
KTEST(so_many_servers_are_raised_and_no_more)
{
	struct thread *servers[SERVICES_MAX];
	struct thread *low;
	unsigned raised = 0;

	begin();
	low = enter(LOW);
	for (unsigned i = 0; i < SERVICES_MAX; i++) {
		struct service *service = open_service();

		service->to_call = stage.services[0].to_call;
		servers[i] = enter(SERVER);
		call(low, service);
		receive(servers[i], service, 0);
		answer(servers[i], service, 0);
		make_run(low);
	}
	call(enter(HIGH), &stage.services[0]);
	for (unsigned i = 0; i < SERVICES_MAX; i++)
		raised += servers[i]->priority == HIGH;
	KCHECK(raised == 32);
	receive(servers[0], &stage.services[0], 0);
	for (unsigned i = 1; i < SERVICES_MAX; i++)
		KCHECK(servers[i]->priority == SERVER);
	finish();
}
