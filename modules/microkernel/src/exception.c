/*
 * Exceptions other than page faults in user mode: a guest's go to its monitor, a native program's end it. And
 * what a panic can say about objects.
 */
#include "cpu.h"
#include "panic.h"
#include "printk.h"
#include "process.h"
#include "thread.h"

void trap_exception(struct thread *thread, unsigned vector, uint32_t error, bool is_guest)
{
	if (is_guest)
		arch_guest_trap(thread, TRAP_EXCEPTION, vector, error, 0, 0);
	else
		process_fault(thread, vector, 0);
}

void panic_dump_objects(void)
{
	struct thread *thread = cpu_current();

	if (!thread) {
		printk("the CPU was idle\n");
		return;
	}
	kobject_dump(&thread->obj);
	kobject_dump(&thread->process->obj);
	if (thread->waiting_for)
		kobject_dump(thread->waiting_for);
}
