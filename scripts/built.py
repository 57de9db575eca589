#!/usr/bin/env python3
"""Says in a few lines what `make build` left in the output folder, and what is still missing there."""
import os
import sys

PRODUCTS = [
    ("kernel.elf", "kernel"),
    ("boot.cpio", "boot archive"),
    ("anonymOS.iso", "bootable ISO"),
]


def main(out):
    missing = 0
    for name, what in PRODUCTS:
        path = os.path.join(out, name)
        if os.path.exists(path):
            print(f"  {path:<26} {os.path.getsize(path):>10,} bytes  {what}")
        else:
            missing += 1
            print(f"  {path:<26} {'-':>10}        {what}: not built, its module does not exist yet")
    return 0 if missing == 0 or not os.path.exists("modules/microkernel/module.mk") else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
