/*
 * The parts of ELF64 that static-PIE programs use (System V gABI, chapters 4 and 5; x86-64 psABI 4.4).
 */
#pragma once
#include <stdint.h>

#define ELF_MAGIC 0x464c457fu /* "\177ELF" */
#define ELF_CLASS_64 2
#define ELF_LITTLE 1
#define ELF_TYPE_DYN 3
#define ELF_X86_64 62

struct elf_header {
	uint32_t magic;
	uint8_t class, data, ident_version, os_abi;
	uint8_t ident_padding[8];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

#define ELF_PT_LOAD 1u
#define ELF_PT_INTERP 3u
#define ELF_PT_GNU_RELRO 0x6474e552u
#define ELF_PF_EXECUTE 1u
#define ELF_PF_WRITE 2u
#define ELF_PF_READ 4u

struct elf_program_header {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

#define ELF_DT_NULL 0
#define ELF_DT_RELA 7
#define ELF_DT_RELASZ 8
#define ELF_R_X86_64_RELATIVE 8u

struct elf_dynamic {
	int64_t tag;
	uint64_t value;
};

struct elf_rela {
	uint64_t offset;
	uint32_t type, symbol;
	int64_t addend;
};
