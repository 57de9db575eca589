#!/usr/bin/env python3
"""Turns a kernel that was linked with --emit-relocs into the lists of words that boot.S adds to, as assembly.

When the image moves, every absolute address of it that the linker has written anywhere moves along. The lists hold
physical addresses and end with 0:
	boot_image_words     64-bit addresses of the image
	boot_image_halves    the same in 32 bits, sign-extended by the instruction
	boot_direct_words    64-bit numbers that mean the direct map's start
What would not survive a move is an error: a relative reference between the image and the boot part, which stays.
No argument: the lists, empty.     usage: relocations.py [KERNEL]
"""
import struct
import sys

KERNEL_BASE = 0xffffffff80000000
DIRECT_BASE = 0xffff880000000000
SHT_RELA, SHF_ALLOC = 4, 2
R_64, R_PC32, R_PLT32, R_32, R_32S = 1, 2, 4, 10, 11
RELATIVE, HALVES = (R_PC32, R_PLT32), (R_32, R_32S)


def read_sections(image):
    """(type, flags, offset, bytes, link, info) of each."""
    start, = struct.unpack_from("<Q", image, 0x28)
    size, count = struct.unpack_from("<HH", image, 0x3a)
    for i in range(count):
        fields = struct.unpack_from("<IIQQQQIIQQ", image, start + i * size)
        yield fields[1], fields[2], fields[4], fields[5], fields[6], fields[7]


def read_relocations(image):
    """(place, type, symbol) of all in what is loaded: a symbol's value says what moves, whatever is added to it."""
    sections = list(read_sections(image))
    for kind, _, offset, size, link, info in sections:
        if kind != SHT_RELA or not sections[info][1] & SHF_ALLOC:
            continue
        symbols = sections[link][2]
        for at in range(offset, offset + size, 24):
            place, what = struct.unpack_from("<QQ", image, at)
            value, = struct.unpack_from("<Q", image, symbols + (what >> 32) * 24 + 8)
            yield place, what & 0xffffffff, value


def sort_out(relocations):
    words, halves, direct = [], [], []
    for place, kind, value in relocations:
        is_moving = value >= KERNEL_BASE
        physical = place - KERNEL_BASE if place >= KERNEL_BASE else place
        if kind in RELATIVE:
            if is_moving != (place >= KERNEL_BASE):
                sys.exit(f"relocations: {place:#x} refers to {value:#x} by distance, which changes")
        elif kind == R_64 and value == DIRECT_BASE:
            direct.append(physical)
        elif kind == R_64 or kind in HALVES:
            if is_moving:
                (words if kind == R_64 else halves).append(physical)
        else:
            sys.exit(f"relocations: type {kind} at {place:#x} is none that boot.S can apply")
    return words, halves, direct


def main(path=None):
    lists = ([], [], [])
    if path:
        with open(path, "rb") as file:
            lists = sort_out(read_relocations(file.read()))
    print('\t.section .boot.relocations,"a"\n\t.balign 4')
    for name, places in zip(("boot_image_words", "boot_image_halves", "boot_direct_words"), lists):
        print(f"\t.globl {name}\n{name}:")
        for place in sorted(places):
            print(f"\t.long {place:#x}")
        print("\t.long 0")
    print('\t.section .note.GNU-stack,"",@progbits')


if __name__ == "__main__":
    main(*sys.argv[1:])
