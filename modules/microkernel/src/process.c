/*
 * Processes: creation, ending, and telling those who watch.
 */
#include "process.h"
#include <base/assert.h>
#include <base/string.h>
#include <microkernel/errors.h>
#include "cpu.h"
#include "domain.h"
#include "event.h"
#include "kalloc.h"
#include "printk.h"
#include "progress.h"
#include "thread.h"

static void process_kill(struct kobject *object);
static bool process_shrink(struct kobject *object, unsigned *budget);
static void process_destroy(struct kobject *object);
static void process_dump(const struct kobject *object);
static void process_check(const struct kobject *object);

static const struct kobject_ops process_ops = {
	.name = "process",
	.size = sizeof(struct process),
	.kill = process_kill,
	.shrink = process_shrink,
	.destroy = process_destroy,
	.dump = process_dump,
	.check = process_check,
};

static void count_processes(struct domain *domain, int by)
{
	for (; domain; domain = domain->parent)
		domain->processes += (uint32_t)by;
}

status_t process_create(struct domain *domain, const char *name, struct process **out)
{
	struct process *process = kobject_create(domain, OBJECT_PROCESS, &process_ops);
	status_t status;

	if (!process)
		return E_NOMEM;
	list_init(&process->threads);
	list_init(&process->watches);
	string_copy(process->name, name, sizeof(process->name));
	count_processes(domain, 1);
	status = aspace_init_native(&process->aspace, &process->obj);
	if (status == OK)
		status = handle_table_init(process);
	if (status != OK) {
		kobject_unref(&process->obj);
		return status;
	}
	*out = process;
	return OK;
}

void process_watch_free(struct process_watch *watch)
{
	list_remove(&watch->link);
	list_remove(&watch->by_payer);
	derivation_remove(&watch->event->obj, &watch->node);
	kobject_unref(&watch->event->obj);
	kfree(watch->payer, watch);
}

static bool tell_watchers(struct process *process, unsigned *budget)
{
	while (!list_is_empty(&process->watches)) {
		struct process_watch *watch = list_entry(list_first(&process->watches),
		                                         struct process_watch, link);

		if (!budget_take(budget))
			return false;
		event_signal(watch->event, watch->bits);
		process_watch_free(watch);
	}
	return true;
}

/* The other threads end in steps; until its turn comes, one may do what it could do before. */
void process_end(struct process *process, uint32_t state, uint64_t status)
{
	struct thread *current = cpu_current();

	if (process->state != PROCESS_RUNNING)
		return;
	process->state = state;
	process->status = status;
	if (current && current->process == process)
		thread_end(current);
	count_processes(process->obj.domain, -1);
	kobject_shrink(&process->obj);
}

static bool end_threads(struct process *process, unsigned *budget)
{
	while (!list_is_empty(&process->threads)) {
		if (!budget_spend(budget, WAKE_COST))
			return false;
		thread_end(list_entry(list_first(&process->threads), struct thread, process_link));
	}
	return true;
}

/* Those who wait for its end learn of it when all it held can be used by others. */
static bool process_shrink(struct kobject *object, unsigned *budget)
{
	struct process *process = container_of(object, struct process, obj);

	if (!end_threads(process, budget) || !handle_table_shrink(process, budget) ||
	    !aspace_clear(&process->aspace, budget))
		return false;
	process->is_empty = true;
	return tell_watchers(process, budget);
}

void process_fault(struct thread *thread, unsigned vector, uint64_t address)
{
	struct process *process = thread->process;

	process->fault_address = address;
	process->fault_ip = thread->arch.regs.rip;
	printk("%s: fault %u at %lx, address %lx\n", process->name, vector, process->fault_ip,
	       address);
	process_end(process, PROCESS_FAULTED, vector);
}

void process_get_info(struct process *process, struct process_info *out)
{
	uint64_t ticks = process->cpu_ticks;
	struct list *at;

	sched_close_accounts();
	*out = (struct process_info){
		.state = process->state,
		.threads = process->thread_count,
		.status = process->status,
		.fault_address = process->fault_address,
		.fault_ip = process->fault_ip,
		.pages = process->aspace.pt.resident,
		.handles = process->handles.used,
	};
	memcpy(out->name, process->name, sizeof(out->name));
	list_for_each (at, &process->threads)
		ticks += list_entry(at, struct thread, process_link)->cpu_ticks;
	out->cpu_ns = clock_ticks_to_ns(ticks);
}

status_t process_watch(struct process *process, struct handle_entry *through, uint64_t bits)
{
	struct event *event = container_of(through->object, struct event, obj);
	struct domain *payer = through->process->obj.domain;
	struct process_watch *watch;

	bits = handle_signal_bits(through, bits);
	if (process->is_empty) {
		event_signal(event, bits);
		return OK;
	}
	watch = kalloc(payer, sizeof(*watch));
	if (!watch)
		return E_NOMEM;
	watch->node.kind = DERIVATION_WATCH;
	watch->event = event;
	watch->payer = payer;
	watch->bits = bits;
	if (!derivation_insert(&event->obj, &through->node, &watch->node)) {
		kfree(payer, watch);
		return E_GONE;
	}
	kobject_ref(&event->obj);
	list_push_back(&process->watches, &watch->link);
	list_push_back(&payer->watches, &watch->by_payer);
	return OK;
}

void process_watch_undo(struct derivation *node)
{
	process_watch_free(container_of(node, struct process_watch, node));
}

static void process_kill(struct kobject *object)
{
	process_end(container_of(object, struct process, obj), PROCESS_EXITED,
	            PROCESS_STATUS_KILLED);
}

static void process_destroy(struct kobject *object)
{
	struct process *process = container_of(object, struct process, obj);

	ASSERT(list_is_empty(&process->watches) && process->is_empty);
	aspace_destroy(&process->aspace);
}

static void process_dump(const struct kobject *object)
{
	const struct process *process = container_of(object, const struct process, obj);

	printk("  %s, state %u, %u threads, %u handles, %lu pages\n", process->name, process->state,
	       process->thread_count, process->handles.used, process->aspace.pt.resident);
}

static void process_check(const struct kobject *object)
{
	const struct process *process = container_of(object, const struct process, obj);
	const struct handle_table *table = &process->handles;
	struct list *at;
	uint32_t used = 0;
	uint32_t threads = 0;

	list_for_each (at, &process->threads) {
		ASSERT(list_entry(at, struct thread, process_link)->process == process);
		threads++;
	}
	for (uint32_t i = 0; i < table->chunk_count * HANDLE_CHUNK; i++) {
		const struct handle_entry *entry =
			&table->chunks[i / HANDLE_CHUNK][i % HANDLE_CHUNK];

		used += entry->node.state != HANDLE_FREE;
		if (entry->node.state == HANDLE_USED)
			ASSERT(entry->object->magic == KOBJECT_MAGIC && entry->object->refs > 0);
	}
	ASSERT(threads == process->thread_count && used == table->used);
	aspace_check(&process->aspace);
}
