/*
 * The table of system calls and the way from a trap to a handler. entry.c calls syscall_dispatch for
 * each TRAP_SYSCALL. Handlers are weak here: a number whose handler no file defines is answered with
 * ENOSYS, and its name logged the first time.
 */
#include "syscall.h"
#include <base/bits.h>
#include <libanon/log.h>
#include <linux/object_calls.h>

#define CALL(number, name) syscall_fn linux_##name __attribute__((weak));
#include "syscall_table.h"
#undef CALL

static const struct syscall_entry linux_calls[] = {
#define CALL(number, name) [number] = {#name, linux_##name},
#include "syscall_table.h"
#undef CALL
};

/* The object tree's own calls, far above Linux's numbers. */
syscall_fn linux_obj_call __attribute__((weak));
syscall_fn linux_obj_list __attribute__((weak));
syscall_fn linux_obj_describe __attribute__((weak));
syscall_fn linux_obj_get __attribute__((weak));
syscall_fn linux_obj_watch __attribute__((weak));
syscall_fn linux_obj_limit __attribute__((weak));
syscall_fn linux_obj_limits __attribute__((weak));
syscall_fn linux_obj_rights __attribute__((weak));
syscall_fn linux_ns_own __attribute__((weak));
static const struct syscall_entry object_calls[] = {
	{"obj_call", linux_obj_call},
	{"obj_list", linux_obj_list},
	{"obj_describe", linux_obj_describe},
	{"obj_get", linux_obj_get},
	{"obj_watch", linux_obj_watch},
	{"obj_limit", linux_obj_limit},
	{"obj_limits", linux_obj_limits},
	{"obj_rights", linux_obj_rights},
	{"ns_own", linux_ns_own},
};

/* One bit for each number whose absence was logged. */
static uint64_t logged[(ARRAY_SIZE(linux_calls) + 63) / 64];

const struct syscall_entry *syscall_find(uint64_t number)
{
	const struct syscall_entry *entry = 0;

	if (number < ARRAY_SIZE(linux_calls))
		entry = &linux_calls[number];
	else if (number - OBJECT_CALL_FIRST < ARRAY_SIZE(object_calls))
		entry = &object_calls[number - OBJECT_CALL_FIRST];
	return entry && entry->name ? entry : 0;
}

static int64_t not_implemented(struct task *task, uint64_t number,
                               const struct syscall_entry *entry)
{
	if (!entry || number >= ARRAY_SIZE(linux_calls))
		return -ENOSYS;
	uint64_t bit = BIT(number % 64);

	if (!(__atomic_fetch_or(&logged[number / 64], bit, __ATOMIC_RELAXED) & bit))
		log_warn("%s[%d]: %s is not implemented", task->name, task->tid, entry->name);
	return -ENOSYS;
}

void syscall_dispatch(struct task *task)
{
	struct guest_registers *regs = &task->state->regs;
	const uint64_t arguments[6] = {regs->rdi, regs->rsi, regs->rdx,
	                               regs->r10, regs->r8,  regs->r9};
	uint64_t number = regs->rax;
	const struct syscall_entry *entry = syscall_find(number);

	task->call_number = number;
	if (entry && entry->handler)
		regs->rax = (uint64_t)entry->handler(task, arguments);
	else
		regs->rax = (uint64_t)not_implemented(task, number, entry);
}
