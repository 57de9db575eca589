/*
 * Starting init from the boot archive. Its start page names the root capabilities: its own process, thread and
 * domain, the boot facts, the archive, all physical memory, all I/O ports, and control of interrupts. Nothing
 * else in the system begins with any authority.
 */
#include "init.h"
#include <base/assert.h>
#include <base/bits.h>
#include <base/string.h>
#include <microkernel/errors.h>
#include <microkernel/objects.h>
#include "archive.h"
#include "domain.h"
#include "elf.h"
#include "interrupt.h"
#include "ioport.h"
#include "memory.h"
#include "page.h"
#include "panic.h"
#include "process.h"
#include "thread.h"

#define INIT_IMAGE (NATIVE_BASE + (4ul << 20))
#define INIT_PRIORITY 31u          /* it gives no service a priority above its own */
#define PHYSICAL_BYTES (1ul << 40) /* what the root physical memory object covers */
#define PORT_COUNT 65536u

static void give(struct process *init, struct start_page *page, const char *name,
                 struct kobject *object)
{
	struct start_handle *slot = &page->handles[page->handle_count++];

	if (!object || handle_publish(init, object, ~0u, &slot->handle) != OK)
		panic("no memory for init's capability \"%s\"", name);
	string_copy(slot->name, name, sizeof(slot->name));
}

static uint64_t map_pages(struct process *init, uint64_t address, uint64_t bytes)
{
	struct map_args args = {.flags = MAP_READ | MAP_WRITE | MAP_FIXED | MAP_NOREPLACE,
	                        .address = address,
	                        .bytes = bytes};
	struct progress progress = {0};
	unsigned budget = STEP_BUDGET;
	uint64_t out;

	if (aspace_map(&init->aspace, &args, NULL, &progress, &budget, &out) != OK)
		panic("no memory for init");
	return out;
}

/* The extras are a second archive behind the first. Whoever has used them can give their pages to the machine. */
static struct memory *extras_memory(const struct boot_source *source, uint64_t own_bytes)
{
	uint64_t begin = source->archive.value + own_bytes;
	uint64_t end = align_down(source->archive.value + source->archive_bytes, PAGE_SIZE);

	if (begin % PAGE_SIZE || begin >= end)
		return NULL;
	return memory_create_adopting(domain_root(), PADDR(begin), end - begin);
}

static struct memory *boot_memory(const struct boot_source *source, uint64_t own_bytes)
{
	struct memory *memory = memory_create(domain_root(), sizeof(struct boot_info),
	                                      MEMORY_FIXED);
	struct boot_info *info;
	bool may_write;
	paddr_t page;

	STATIC_ASSERT(sizeof(struct boot_info) <= PAGE_SIZE);
	if (!memory || memory_page(memory, 0, true, &page, &may_write) != OK)
		panic("no memory for the boot facts");
	info = direct(page);
	info->magic = START_MAGIC;
	info->rsdp = source->rsdp.value;
	info->archive_bytes = MIN(source->archive_bytes, own_bytes);
	info->tsc_hz = clock_tick_hz();
	info->memory_bytes = page_total() << PAGE_SHIFT;
	info->ticks_at_entry = source->entry_ticks;
	info->framebuffer = source->framebuffer;
	string_copy(info->cmdline, source->cmdline, sizeof(info->cmdline));
	return memory;
}

static void give_roots(struct process *init, struct start_page *page,
                       const struct boot_source *source)
{
	struct domain *root = domain_root();
	/* What the boot archive itself takes of the bytes that the loader gave. */
	uint64_t own_bytes = archive_pages(direct(source->archive), source->archive_bytes);
	struct memory *boot = boot_memory(source, own_bytes);
	struct memory *archive = memory_create_physical(
		root, PADDR(align_down(source->archive.value, PAGE_SIZE)), own_bytes, 0);
	struct memory *extras = extras_memory(source, own_bytes);
	struct memory *physical = memory_create_physical(root, PADDR(0), PHYSICAL_BYTES, 0);
	struct ioport *ports = ioport_create(root, 0, PORT_COUNT);
	struct interrupt *control = interrupt_create_control(root);

	give(init, page, "boot", &boot->obj);
	give(init, page, "archive", archive ? &archive->obj : NULL);
	if (extras)
		give(init, page, "extras", &extras->obj);
	give(init, page, "physical", physical ? &physical->obj : NULL);
	give(init, page, "ports", ports ? &ports->obj : NULL);
	give(init, page, "interrupts", control ? &control->obj : NULL);
}

static struct start_page *fresh_start_page(void)
{
	static struct start_page page; /* too large for the kernel stack; used once */

	page.magic = START_MAGIC;
	page.argc = 1;
	string_copy(page.args, "init", sizeof(page.args));
	return &page;
}

static void load_image(struct process *init, const struct boot_source *source,
                       struct start_page *page, uint64_t *out_entry)
{
	const void *file;
	uint64_t bytes;

	if (!source->archive_bytes)
		cannot_start("the boot loader gave no boot archive");
	if (!archive_find(direct(source->archive), source->archive_bytes, "init", &file, &bytes))
		cannot_start("the boot archive (%lu bytes) has no \"init\", or is damaged",
		             source->archive_bytes);
	page->image_base = INIT_IMAGE;
	if (elf_load(init, file, bytes, INIT_IMAGE, &page->image_end, out_entry) != OK)
		cannot_start(
			"init cannot be loaded: not a static-PIE ELF64 program, or too little memory");
}

void init_start(const struct boot_source *source)
{
	struct start_page *page = fresh_start_page();
	struct thread_args args = {.priority = INIT_PRIORITY};
	struct process *init;
	struct thread *thread;
	uint64_t stack;

	if (process_create(domain_root(), "init", &init) != OK)
		panic("no memory for init");
	load_image(init, source, page, &args.entry);
	stack = map_pages(init, align_up(page->image_end + PAGE_SIZE, START_STACK_BYTES),
	                  START_STACK_BYTES);
	page->stack_top = args.stack = stack + START_STACK_BYTES;
	page->message = args.message = map_pages(init, page->stack_top + PAGE_SIZE, PAGE_SIZE);
	args.argument = map_pages(init, page->message + 2 * PAGE_SIZE, PAGE_SIZE);
	if (thread_create(init, &args, &thread) != OK)
		panic("no memory for init's thread");
	thread_start(thread);
	kobject_ref(&init->obj);
	kobject_ref(&domain_root()->obj);
	give(init, page, "process", &init->obj);
	give(init, page, "thread", &thread->obj);
	give(init, page, "domain", &domain_root()->obj);
	give_roots(init, page, source);
	if (process_poke(init, args.argument, page, sizeof(*page)) != OK)
		panic("no memory for init's start page");
	kobject_unref(&init->obj);
}
