#!/usr/bin/env python3
"""Damages a disk image: usage: flip.py IMAGE tree | IMAGE content FILE

tree flips a bit in every tree node (and whatever else lies in the first 8 MiB behind the super-blocks);
content flips one bit of the block that holds the first 4 KiB of FILE.
"""
import sys

BLOCK = 4096
FIRST = 273 * BLOCK


def flip(image, offset):
    image.seek(offset)
    byte = image.read(1)[0]
    image.seek(offset)
    image.write(bytes([byte ^ 0x10]))


def flip_tree(image):
    for block in range(FIRST, 8 << 20, BLOCK):
        image.seek(block)
        if image.read(BLOCK).strip(b"\0"):
            flip(image, block + 100)


def flip_content(image, path):
    with open(path, "rb") as f:
        wanted = f.read(BLOCK)
    image.seek(0)
    data = image.read()
    at = data.find(wanted)
    if at < 0 or at % BLOCK:
        sys.exit(f"{path}: not found on the disk")
    flip(image, at + len(wanted) // 2)


def main():
    with open(sys.argv[1], "r+b") as image:
        if sys.argv[2] == "tree":
            flip_tree(image)
        else:
            flip_content(image, sys.argv[3])


main()
