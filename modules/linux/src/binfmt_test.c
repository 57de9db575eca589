/*
 * Tests of binfmt_elf.c and binfmt_script.c: good programs are planned right; nothing in a file is believed,
 * whatever its bytes are.
 */
#include <base/test.h>
#include "binfmt_elf.h"
#include "binfmt_script.h"
#include "errno.h"

#include <base/random.h>
#include <elf.h>

/* A program of two segments; the second has a zero part. */
static size_t make_program(uint8_t *image, uint16_t type)
{
	Elf64_Ehdr *header = (Elf64_Ehdr *)image;
	Elf64_Phdr *program = (Elf64_Phdr *)(image + sizeof(*header));

	memset(image, 0, 4096);
	memcpy(header->e_ident, "\177ELF\2\1\1", 7);
	header->e_type = type;
	header->e_machine = EM_X86_64;
	header->e_entry = 0x401010;
	header->e_phoff = sizeof(*header);
	header->e_phentsize = sizeof(*program);
	header->e_phnum = 3;
	program[0] = (Elf64_Phdr){.p_type = PT_LOAD,
	                          .p_flags = PF_R | PF_X,
	                          .p_vaddr = 0x400000,
	                          .p_filesz = 0x2000,
	                          .p_memsz = 0x2000,
	                          .p_align = 0x1000};
	program[1] = (Elf64_Phdr){.p_type = PT_LOAD,
	                          .p_flags = PF_R | PF_W,
	                          .p_offset = 0x2f00,
	                          .p_vaddr = 0x403f00,
	                          .p_filesz = 0x100,
	                          .p_memsz = 0x900,
	                          .p_align = 0x1000};
	program[2] = (Elf64_Phdr){.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W};
	return sizeof(*header) + 3 * sizeof(*program);
}

static Elf64_Phdr *program_of(uint8_t *image, int i)
{
	return (Elf64_Phdr *)(image + sizeof(Elf64_Ehdr)) + i;
}

TEST(elf_static)
{
	_Alignas(8) uint8_t image[4096];
	struct binfmt_plan plan;

	make_program(image, ET_EXEC);
	CHECK_EQ(binfmt_elf_parse(image, sizeof(image), &plan), 0);
	CHECK(!plan.is_relocatable && !plan.has_executable_stack && plan.interpreter[0] == 0);
	CHECK_EQ(plan.entry, 0x401010);
	CHECK_EQ(plan.header_address, 0x400000 + sizeof(Elf64_Ehdr));
	CHECK_EQ(plan.header_count, 3);
	CHECK_EQ(plan.low, 0x400000);
	CHECK_EQ(plan.high, 0x405000);
	CHECK_EQ(plan.segment_count, 2);
	CHECK_EQ(plan.segments[0].protection, 5);
	CHECK_EQ(plan.segments[1].protection, 3);
	CHECK_EQ(plan.segments[1].memory_bytes, 0x900);
}

TEST(elf_relocatable)
{
	_Alignas(8) uint8_t image[4096];
	struct binfmt_plan plan;

	make_program(image, ET_DYN);
	program_of(image, 2)->p_type = PT_INTERP;
	program_of(image, 2)->p_offset = 1000;
	program_of(image, 2)->p_filesz = 8;
	memcpy(image + 1000, "/lib/ld", 8);
	CHECK_EQ(binfmt_elf_parse(image, sizeof(image), &plan), 0);
	CHECK(plan.is_relocatable);
	CHECK_STR_EQ(plan.interpreter, "/lib/ld");
	image[1007] = 'x';
	CHECK_EQ(binfmt_elf_parse(image, sizeof(image), &plan), -ENOEXEC);
	program_of(image, 2)->p_offset = 4093;
	CHECK_EQ(binfmt_elf_parse(image, sizeof(image), &plan), -ENOEXEC);
}

TEST(elf_refusals)
{
	_Alignas(8) uint8_t image[4096];
	struct binfmt_plan plan;
	Elf64_Ehdr *header = (Elf64_Ehdr *)image;
	size_t bytes = make_program(image, ET_EXEC);

	CHECK_EQ(binfmt_elf_parse(image, bytes - 1, &plan), -ENOEXEC);
	CHECK_EQ(binfmt_elf_parse(image, 3, &plan), -ENOEXEC);
	CHECK_EQ(binfmt_elf_parse(image, 0, &plan), -ENOEXEC);
	header->e_machine = EM_386;
	CHECK_EQ(binfmt_elf_parse(image, sizeof(image), &plan), -ENOEXEC);
	make_program(image, ET_REL);
	CHECK_EQ(binfmt_elf_parse(image, sizeof(image), &plan), -ENOEXEC);
	make_program(image, ET_EXEC);
	header->e_phoff = UINT64_MAX - 8;
	CHECK_EQ(binfmt_elf_parse(image, sizeof(image), &plan), -ENOEXEC);
	make_program(image, ET_EXEC);
	program_of(image, 1)->p_filesz = 0x1000;
	CHECK_EQ(binfmt_elf_parse(image, sizeof(image), &plan), -EINVAL);
	make_program(image, ET_EXEC);
	program_of(image, 1)->p_memsz = UINT64_MAX;
	CHECK_EQ(binfmt_elf_parse(image, sizeof(image), &plan), -EINVAL);
	make_program(image, ET_EXEC);
	program_of(image, 1)->p_vaddr = 0xffff800000003f00;
	CHECK_EQ(binfmt_elf_parse(image, sizeof(image), &plan), -EINVAL);
	make_program(image, ET_EXEC);
	program_of(image, 1)->p_offset++;
	CHECK_EQ(binfmt_elf_parse(image, sizeof(image), &plan), -EINVAL);
	/* Segments that share a page would undo each other. */
	make_program(image, ET_EXEC);
	program_of(image, 1)->p_vaddr = 0x401f00;
	CHECK_EQ(binfmt_elf_parse(image, sizeof(image), &plan), -EINVAL);
}

/* Whatever the bytes are: an error, or a plan whose every number is in bounds. */
TEST(elf_noise)
{
	_Alignas(8) uint8_t image[4096];
	struct random random;
	struct binfmt_plan plan;

	random_seed(&random, test_seed());
	for (unsigned round = 0; round < test_rounds(20000); round++) {
		size_t bytes = make_program(image, round & 1 ? ET_EXEC : ET_DYN);

		for (unsigned i = random_below(&random, 6) + 1; i > 0; i--)
			image[random_below(&random, bytes)] = (uint8_t)random_next(&random);
		if (binfmt_elf_parse(image, random_below(&random, sizeof(image) + 1), &plan) != 0)
			continue;
		CHECK(plan.segment_count > 0 && plan.low < plan.high);
		for (unsigned i = 0; i < plan.segment_count; i++) {
			struct binfmt_segment *s = &plan.segments[i];

			CHECK(s->file_bytes <= s->memory_bytes && s->memory_bytes > 0);
			CHECK(s->address >= plan.low && s->address + s->memory_bytes <= plan.high);
			CHECK(((s->offset ^ s->address) & 4095) == 0);
		}
	}
}

static int64_t parse(char *buffer, const char *text, struct script_line *line)
{
	snprintf(buffer, SCRIPT_HEAD_BYTES + 1, "%s", text);
	return binfmt_script_parse(buffer, strlen(buffer), line);
}

TEST(script)
{
	char buffer[SCRIPT_HEAD_BYTES + 1], text[SCRIPT_HEAD_BYTES + 1];
	struct script_line line;

	CHECK_EQ(parse(buffer, "#!/bin/sh\necho", &line), 0);
	CHECK_STR_EQ(line.interpreter, "/bin/sh");
	CHECK(line.argument == NULL);
	CHECK_EQ(parse(buffer, "#! \t/bin/awk  -f  x \t\nx", &line), 0);
	CHECK_STR_EQ(line.interpreter, "/bin/awk");
	CHECK_STR_EQ(line.argument, "-f  x");
	CHECK_EQ(parse(buffer, "#!/bin/sh", &line), 0); /* no end of line: the file ends */
	CHECK_STR_EQ(line.interpreter, "/bin/sh");
	CHECK_EQ(parse(buffer, "#!\n/bin/sh", &line), -ENOEXEC);
	CHECK_EQ(parse(buffer, "#!   ", &line), -ENOEXEC);
	CHECK_EQ(parse(buffer, "echo", &line), 1);
	CHECK_EQ(parse(buffer, "#", &line), 1);
	CHECK_EQ(parse(buffer, "", &line), 1);
	memset(text, 'x', sizeof(text));
	memcpy(text, "#!/", 3);
	text[SCRIPT_HEAD_BYTES] = 0;
	CHECK_EQ(parse(buffer, text, &line), -ENOEXEC); /* the name may go on */
	text[20] = ' ';
	CHECK_EQ(parse(buffer, text, &line), 0);
}

TEST_MAIN();
