#!/usr/bin/env python3
"""Proves that the build is reproducible: builds the ISO again, from nothing, in a copy of the tree at
another path, and compares it byte for byte with the first.

usage: build_twice.py BUILD
"""
import filecmp
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PRODUCTS = ("kernel.elf", "boot.cpio", "extras.cpio", "anonymOS.iso")
SOURCES = ("LICENSE", "Makefile", "mk", "scripts", "tools", "modules", "images", "third_party")


def copy_tree(target):
    """The sources at another path; third-party files are too large to copy and are linked."""
    for name in SOURCES:
        source = os.path.join(ROOT, name)
        if name == "third_party" and os.path.exists(source):
            os.symlink(source, os.path.join(target, name))
        elif os.path.isdir(source):
            shutil.copytree(source, os.path.join(target, name), symlinks=True)
        elif os.path.exists(source):
            shutil.copy2(source, target)


def main(build):
    if not os.path.exists(os.path.join(ROOT, "modules", "microkernel", "module.mk")):
        print("skipped: there is no kernel yet\n0 passed, 0 failed")
        return 0
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="again-") as again:
        copy_tree(again)
        subprocess.run(["make", "-C", again, "iso", "JOBS=1", "BUILD=build"], check=True)
        for name in PRODUCTS:
            first, second = os.path.join(build, name), os.path.join(again, "build", name)
            same = os.path.exists(first) and filecmp.cmp(first, second, shallow=False)
            print(f"{name}: {'identical' if same else 'DIFFERS (or was not built)'}")
            passed, failed = passed + same, failed + (not same)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
