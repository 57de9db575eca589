#!/usr/bin/env python3
"""Prints how large the built programs are: text, data and bss of the kernel and each native program.

usage: sizes.py OUT
"""
import glob
import os
import subprocess
import sys


def sections(path):
    """(text, data, bss) of one ELF file, as `size` counts them."""
    out = subprocess.run(["size", path], check=True, stdout=subprocess.PIPE, text=True).stdout
    return tuple(int(field) for field in out.splitlines()[1].split()[:3])


def main(out):
    paths = [os.path.join(out, "image", "kernel.elf")]
    paths += sorted(glob.glob(os.path.join(out, "image", "native", "*")))
    rows = [(path, *sections(path), os.path.getsize(path)) for path in paths if os.path.exists(path)]
    if not rows:
        print(f"nothing built in {out}")
        return
    print(f"{'program':<40} {'text':>9} {'data':>9} {'bss':>9} {'file':>9}")
    for path, text, data, bss, size in rows:
        print(f"{os.path.relpath(path, out):<40} {text:>9,} {data:>9,} {bss:>9,} {size:>9,}")
    totals = [sum(row[i] for row in rows) for i in range(1, 5)]
    print(f"{'kernel and native programs':<40} " + " ".join(f"{t:>9,}" for t in totals))


if __name__ == "__main__":
    main(sys.argv[1])
