#!/usr/bin/env python3
"""Boots the kernel that carries its own tests and passes on what it says on the serial port.

The kernel ends with "N passed, N failed" and a clean shutdown; anything else is a failure.
usage: run_ktest.py BUILD [SECONDS]
"""
import os
import sys

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tools"))

from anonlib.guest import describe_exit  # noqa: E402
from anonlib.machine import DEBUG_EXIT_CLEAN, Machine  # noqa: E402
from anonlib.process import Qemu, signals_as_exceptions  # noqa: E402


def main(build, seconds=240):
    kernel = os.path.join(build, "ktest", "kernel.elf")
    if not os.path.exists(kernel):
        if os.path.exists(os.path.join(ROOT, "modules", "microkernel", "module.mk")):
            print(f"{kernel} was not built")
            return 1
        print("skipped: there is no kernel yet\n0 passed, 0 failed")
        return 0
    signals_as_exceptions()
    archive = os.path.join(build, "boot.cpio")
    machine = Machine(kernel=kernel, archive=archive if os.path.exists(archive) else "",
                      com1="file,path=@LOG@", smp=4, append=["ktest"])
    with Qemu(machine) as qemu:
        status = qemu.wait(float(seconds))
        text = qemu.console_log().decode("utf-8", "replace").replace("\r", "")
        print(text or qemu.last_words())
    if status != DEBUG_EXIT_CLEAN:
        print(f"ktest: {'ran too long' if status is None else describe_exit(status)}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
