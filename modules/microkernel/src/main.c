/*
 * The kernel's boot, as a list. The architecture has given us the direct map, a console and one stack; what
 * happened before is in docs/boot.md.
 */
#include "cpu.h"
#include "deadline.h"
#include "domain.h"
#include "init.h"
#include "kalloc.h"
#include "ktest.h"
#include "page.h"
#include "printk.h"
#include "sched.h"
#include "word.h"

void kernel_main(const struct boot_source *source)
{
	printk("anonymOS on x86_64\n");
	domain_init();          /* the root account: things can be charged */
	page_init(source);      /* page frames: memory can be allocated */
	kalloc_init();          /* kernel objects */
	deadline_init();        /* the queue of times */
	sched_init(this_cpu()); /* run queues */
	word_init();            /* sleepers on memory words */
	arch_init(source);      /* interrupts, clock, timer, FPU, system calls */
	printk("%lu MiB of memory free\n", page_free_count() >> 8);
	ktest_main();       /* in test kernels: runs the tests and stops; else nothing */
	init_start(source); /* the first process, ready to run */
	sched_leave();
	schedule_if_needed();
	arch_return_to_user();
}
