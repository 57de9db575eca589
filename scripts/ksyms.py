#!/usr/bin/env python3
"""Turns `nm -n kernel` on standard input into the kernel's own symbol table, as assembly.

The kernel uses it to name addresses in panics.  Functions only, sorted by address:
	uint32_t ksym_count;          how many
	uint64_t ksym_base;           what the offsets count from
	uint32_t ksym_offsets[];      address - ksym_base, ascending
	uint32_t ksym_names[];        where each name starts in ksym_strings
	char     ksym_strings[];      NUL-terminated names
All in section .ksyms (read-only).  Empty input gives an empty table with the same symbols.
"""
import sys

HEAD = """\t.section .ksyms,"a"
\t.globl ksym_count, ksym_base, ksym_offsets, ksym_names, ksym_strings
\t.balign 8
ksym_base:\t.quad {base:#x}
ksym_count:\t.long {count}
ksym_offsets:
"""


def read_functions(lines):
    """Distinct (address, name) of the text symbols in the kernel half, one name an address."""
    found = {}
    for line in lines:
        parts = line.split()
        if len(parts) == 3 and parts[1] in "tTwW":
            address = int(parts[0], 16)
            if address >> 63:
                found.setdefault(address, parts[2])
    return sorted(found.items())


def main():
    functions = read_functions(sys.stdin)
    base = functions[0][0] if functions else 0
    out = [HEAD.format(base=base, count=len(functions))]
    out += [f"\t.long {address - base:#x}\n" for address, _ in functions]
    out.append("ksym_names:\n")
    offset = 0
    for _, name in functions:
        out.append(f"\t.long {offset}\n")
        offset += len(name) + 1
    out.append("ksym_strings:\n")
    out += [f'\t.asciz "{name}"\n' for _, name in functions]
    out.append('\t.byte 0\n\t.section .note.GNU-stack,"",@progbits\n')
    sys.stdout.write("".join(out))


if __name__ == "__main__":
    main()
