/*
 * The kernel's boot, as a list. The architecture has given us the direct map, a console and one stack; what
 * happened before is in docs/boot.md.
 */
#include "domain.h"
#include "init.h"
#include "kernel_lock.h"
#include "kalloc.h"
#include "ktest.h"
#include "page.h"
#include "printk.h"
#include "sanitize.h"
#include "word.h"

void kernel_main(const struct boot_source *source)
{
	kernel_lock_exclusive(); /* as on any way into the kernel; arch_return_to_user gives it back */
	printk("anonymOS on x86_64\n");
	domain_init();        /* the root account: things can be charged */
	page_init(source);    /* page frames: memory can be allocated */
	sanitize_init();      /* sanitizer kernels: bad accesses are seen */
	kalloc_init();        /* kernel objects */
	cpu_init(this_cpu()); /* run queue, deadlines */
	word_init();          /* sleepers on memory words */
	arch_init(source);    /* interrupts, clock, timer, FPU, system calls */
	printk("%lu MiB of memory free\n", page_free_count() >> 8);
	arch_start_cpus(source); /* they idle */
	arch_seal();             /* what boot has settled is constant */
	ktest_main();            /* in test kernels: runs the tests and stops; else nothing */
	init_start(source);      /* the first process, ready to run */
	cpu_pend(PENDING_SCHEDULE);
	schedule_if_needed();
	arch_return_to_user();
}
