#!/usr/bin/env python3
"""Boots a kernel that carries its own tests and passes on what it says on the serial port.

The kernel ends with "N passed, N failed" and a clean shutdown; anything else is a failure. It is booted with
several numbers of CPUs, and must be at another address each time. The last line adds up.
usage: run_ktest.py BUILD [kernel|sanitize [SECONDS]]
"""
import os
import re
import sys

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tools"))

from anonlib.guest import describe_exit  # noqa: E402
from anonlib.machine import DEBUG_EXIT_CLEAN, Machine  # noqa: E402
from anonlib.process import Qemu, signals_as_exceptions  # noqa: E402


# What is booted: CPUs, words on the command line.
BOOTS = ((4, []), (1, []), (2, ["nokaslr"]))
COUNTS = re.compile(r"^(\d+) passed, (\d+) failed$", re.MULTILINE)
PLACES = re.compile(r"^image moved by (\w+), direct map at (\w+)$", re.MULTILINE)
UNMOVED = ("0", "ffff880000000000")


def boot(kernel, cpus, words, seconds):
    """What the kernel said, and how the machine ended."""
    machine = Machine(kernel=kernel, archive="", com1="file,path=@LOG@", smp=cpus, append=["ktest"] + words)
    with Qemu(machine) as qemu:
        status = qemu.wait(seconds)
        return qemu.console_log().decode("utf-8", "replace").replace("\r", "") or qemu.last_words(), status


def are_places_right(places):
    """The kernel is somewhere else each time, unless told otherwise."""
    *moved, unmoved = places
    return len(set(moved)) == len(moved) and UNMOVED not in moved and unmoved == UNMOVED


def main(build, name="kernel", seconds=240):
    kernel = os.path.join(build, "ktest", f"{name}.elf")
    if not os.path.exists(kernel):
        if os.path.exists(os.path.join(ROOT, "modules", "microkernel", "module.mk")):
            print(f"{kernel} was not built")
            return 1
        print("skipped: there is no kernel yet\n0 passed, 0 failed")
        return 0
    signals_as_exceptions()
    passed, failed, places = 0, 0, []
    for cpus, words in BOOTS:
        text, status = boot(kernel, cpus, words, float(seconds))
        print(text)
        counts = COUNTS.search(text)
        if status != DEBUG_EXIT_CLEAN or not counts:
            print(f"ktest: {'ran too long' if status is None else describe_exit(status)}")
            failed += 1
        if counts:
            passed, failed = passed + int(counts[1]), failed + int(counts[2])
        places += PLACES.findall(text)
    if len(places) != len(BOOTS) or not are_places_right(places):
        print(f"FAIL the kernel's places are not as they should be: {places}")
        failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
