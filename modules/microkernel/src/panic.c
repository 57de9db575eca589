/*
 * Panic: prints the message, the registers, a back trace with names and the objects in use, then stops the
 * machine. Only for bugs of the kernel and for hardware that fails; nothing a program does may lead here.
 * A panic within a panic stops at once: what was printed so far is all there is.
 */
#include "panic.h"
#include <stdarg.h>
#include <base/assert.h>
#include <base/format.h>
#include "arch/arch.h"
#include "printk.h"
#include "symbols.h"

#define PANIC_EXIT_CODE 1
#define CANNOT_START_EXIT_CODE 2
#define BACKTRACE_MAX 24

bool is_panicking;
RO_AFTER_INIT uint64_t __stack_chk_guard; /* set by boot.S */
void __stack_chk_fail(void) __attribute__((noreturn));

static void print_backtrace(void)
{
	uint64_t frames[BACKTRACE_MAX];
	unsigned count = arch_backtrace(frames, BACKTRACE_MAX);

	for (unsigned i = 0; i < count; i++) {
		uint64_t offset = 0;
		const char *name = symbol_find(frames[i], &offset);
		printk("  %016lx %s+0x%lx\n", frames[i], name ? name : "?", offset);
	}
}

void cannot_start(const char *fmt, ...)
{
	char message[256];
	va_list args;

	va_start(args, fmt);
	format_vstring(message, sizeof(message), fmt, args);
	va_end(args);
	printk("\nanonymOS cannot start: %s\n", message);
	arch_halt_forever(CANNOT_START_EXIT_CODE);
}

/* The first CPU to panic speaks; one that panics while another does waits for its NMI. */
static void begin(void)
{
	static const struct cpu *first;

	if (!__atomic_exchange_n(&is_panicking, true, __ATOMIC_SEQ_CST)) {
		first = this_cpu();
		arch_stop_others();
		return;
	}
	if (first == this_cpu())
		arch_halt_forever(PANIC_EXIT_CODE);
	for (;;)
		arch_relax();
}

void panic(const char *fmt, ...)
{
	char message[256];
	va_list args;

	arch_irq_save();
	begin();
	va_start(args, fmt);
	format_vstring(message, sizeof(message), fmt, args);
	va_end(args);
	arch_console_claim(false);
	printk("\nKERNEL PANIC: %s\n", message);
	printk("moved by %lx (make where ADDR=... MOVED=%lx)\n", arch_image_slide(),
	       arch_image_slide());
	arch_dump_registers();
	print_backtrace();
	panic_dump_objects();
	arch_halt_forever(PANIC_EXIT_CODE);
}

void assert_failed(const char *expr, const char *file, int line)
{
	panic("assertion failed: %s (%s:%d)", expr, file, line);
}

void __stack_chk_fail(void)
{
	panic("stack overwritten");
}
