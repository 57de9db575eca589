/*
 * The start of a program: relocates itself, makes relocated data read-only, finds its handles and
 * arguments, runs main.
 *
 * Until relocate() has run, no pointer stored in data is right; code and addresses it computes itself are.
 */
#include <base/assert.h>
#include <base/bits.h>
#include <base/format.h>
#include <base/string.h>
#include <libanon/log.h>
#include <libanon/start.h>
#include "elf_format.h"
#include "startup.h"

#define ARGS_MAX 64

int main(int argc, char **argv);
void start_main(struct start_page *page) __attribute__((noreturn));

/* From the linker: the start of the image, and its dynamic section. */
extern const struct elf_header __ehdr_start __attribute__((visibility("hidden")));
extern const struct elf_dynamic _DYNAMIC[] __attribute__((visibility("hidden")));

static const struct start_page *the_page;
static handle_t the_process;
static handle_t the_domain;
static char *the_args[ARGS_MAX + 1];

static void apply(uint64_t base, const struct elf_rela *rela)
{
	if (rela->type != ELF_R_X86_64_RELATIVE)
		__builtin_trap(); /* not linked as static PIE */
	*(uint64_t *)(base + rela->offset) = base + (uint64_t)rela->addend;
}

static void relocate(uint64_t base)
{
	const struct elf_rela *rela = NULL;
	uint64_t bytes = 0;

	for (const struct elf_dynamic *d = _DYNAMIC; d->tag != ELF_DT_NULL; d++) {
		if (d->tag == ELF_DT_RELA)
			rela = (const struct elf_rela *)(base + d->value);
		else if (d->tag == ELF_DT_RELASZ)
			bytes = d->value;
	}
	for (uint64_t i = 0; i < bytes / sizeof(*rela); i++)
		apply(base, &rela[i]);
}

/* Whole pages of the RELRO segment; best effort, since a program may lack the handle. */
static void protect_relocated(uint64_t base)
{
	const struct elf_program_header *header =
		(const struct elf_program_header *)(base + __ehdr_start.phoff);

	for (unsigned i = 0; i < __ehdr_start.phnum; i++) {
		uint64_t first = align_down(header[i].vaddr, PAGE_SIZE);
		uint64_t end = align_down(header[i].vaddr + header[i].memsz, PAGE_SIZE);

		if (header[i].type == ELF_PT_GNU_RELRO && end > first)
			(void)sys_protect(the_process, base + first, end - first, MAP_READ);
	}
}

/* argv from the strings in the start page. Returns argc. */
static int find_args(struct start_page *page)
{
	char *at = page->args, *end = page->args + sizeof(page->args);
	unsigned count = 0;

	while (count < page->argc && count < ARGS_MAX && at < end) {
		the_args[count++] = at;
		at += strnlen(at, (size_t)(end - at)) + 1;
	}
	end[-1] = '\0';
	return (int)count;
}

void start_main(struct start_page *page)
{
	uint64_t base = (uint64_t)&__ehdr_start;

	relocate(base);
	if (page->magic != START_MAGIC || page->handle_count > START_HANDLES_MAX)
		__builtin_trap();
	the_page = page;
	the_process = start_handle(START_PROCESS);
	the_domain = start_handle(START_DOMAIN);
	protect_relocated(base);
	memory_first(page);
	thread_first(page);
	int argc = find_args(page);
	program_exit((uint64_t)(unsigned)main(argc, the_args));
}

handle_t start_handle(const char *name)
{
	for (uint32_t i = 0; i < the_page->handle_count; i++) {
		const struct start_handle *entry = &the_page->handles[i];

		if (strncmp(entry->name, name, sizeof(entry->name)) == 0)
			return entry->handle;
	}
	return HANDLE_NONE;
}

handle_t start_handle_at(const char *prefix, unsigned index, const char **name)
{
	for (uint32_t i = 0; i < the_page->handle_count; i++) {
		const struct start_handle *entry = &the_page->handles[i];

		if (strncmp(entry->name, prefix, strlen(prefix)) != 0 || index-- > 0)
			continue;
		if (name)
			*name = entry->name;
		return entry->handle;
	}
	return HANDLE_NONE;
}

const struct start_page *start_page(void)
{
	return the_page;
}

handle_t own_process(void)
{
	return the_process;
}

handle_t own_domain(void)
{
	return the_domain;
}

const char *program_name(void)
{
	return the_args[0] ? the_args[0] : "?";
}

void program_exit(uint64_t status)
{
	(void)sys_process_exit(status);
	__builtin_trap();
}

/* Straight to the kernel log, then a fault that the supervisor sees (invalid opcode). */
void assert_failed(const char *expr, const char *file, int line)
{
	char text[LOG_LINE_MAX];
	size_t len = format_string(text, sizeof(text), "%s: assertion failed: %s (%s:%d)",
	                           program_name(), expr, file, line);

	(void)sys_domain_log(the_domain, text, MIN(len, sizeof(text) - 1));
	__builtin_trap();
}
