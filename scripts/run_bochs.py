#!/usr/bin/env python3
"""Boots the kernel that carries its own tests, then the whole system to its prompt, under Bochs, for what QEMU's
emulation lacks: x2APIC, the TSC deadline timer, PCIDs, a CPU without QEMU's liberties. From a CD, by GRUB, on one CPU.

Bochs has no way to end by the kernel's hand, so it is ended when the console has what it shall have, a panic, or nothing
more to say in time.     usage: run_bochs.py BUILD [SECONDS]
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tools"))

from anonlib.process import die_with_parent, signals_as_exceptions  # noqa: E402

# The older BIOS: GRUB does not get through the newer one's CD boot. Its display is a server that nobody asks.
SETTINGS = """\
cpu: model=corei7_skylake_x, count=1, ips=100000000, reset_on_triple_fault=0
memory: guest=128, host=128
romimage: file=/usr/share/bochs/BIOS-bochs-legacy
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
ata0-master: type=cdrom, path=kernel.iso, status=inserted
boot: cdrom
display_library: rfb, options="timeout=0"
com1: enabled=1, mode=file, dev=com1.log
log: bochs.log
panic: action=fatal
error: action=ignore
info: action=ignore
clock: sync=none
"""
EXPECTED = "x2APIC, timer by TSC deadline"
RESULT = re.compile(r"^(\d+) passed, (\d+) failed$", re.MULTILINE)
PROMPT = re.compile(r"alice@root:.*\(ring3\)\$ ")
FAILURE = re.compile(r"^(KERNEL PANIC|anonymOS cannot start)", re.MULTILINE)


def make_test_disc(build, disc):
    kernel, archive = disc + ".elf", disc + ".cpio"
    subprocess.run(["strip", "-o", kernel, os.path.join(build, "ktest", "kernel.elf")], check=True)
    open(archive, "wb").close()
    subprocess.run([os.path.join(ROOT, "scripts", "mkiso.sh"), disc,
                    os.path.join(ROOT, "images", "grub.cfg"), kernel, archive], check=True)


def read(scratch, name):
    try:
        with open(os.path.join(scratch, name), encoding="utf-8", errors="replace") as file:
            return file.read().replace("\r", "")
    except FileNotFoundError:
        return ""


def run(scratch, awaited, seconds):
    """What the console has said when that is there, or a panic, or time is up."""
    for name, text in (("bochsrc", SETTINGS), ("commands", "c\n")):
        with open(os.path.join(scratch, name), "w", encoding="utf-8") as file:
            file.write(text)
    with open(os.path.join(scratch, "out.log"), "wb") as out:
        child = subprocess.Popen(["bochs", "-q", "-f", "bochsrc", "-rc", "commands"], cwd=scratch,
                                 stdin=subprocess.DEVNULL, stdout=out, stderr=out, preexec_fn=die_with_parent)
    end = time.monotonic() + seconds
    try:
        while child.poll() is None and time.monotonic() < end:
            text = read(scratch, "com1.log")
            if awaited.search(text) or FAILURE.search(text):
                break
            time.sleep(0.2)
    finally:
        child.kill()
        child.wait()
    return read(scratch, "com1.log")


def boot(make_disc, awaited, seconds):
    """The console of a machine with that disc, passed on."""
    with tempfile.TemporaryDirectory(prefix="anon-bochs-") as scratch:
        make_disc(os.path.join(scratch, "kernel.iso"))
        text = run(scratch, awaited, seconds)
        print(text or read(scratch, "out.log")[-2000:] + read(scratch, "bochs.log")[-2000:])
    return text


def main(build, seconds=240):
    if not shutil.which("bochs"):
        print("skipped: Bochs is not installed (scripts/setup_dev_env.sh)\n0 passed, 0 failed")
        return 0
    signals_as_exceptions()
    text = boot(lambda disc: make_test_disc(build, disc), RESULT, float(seconds))
    result = RESULT.search(text)
    passed, failed = (int(result[1]), int(result[2])) if result else (0, 1)
    if EXPECTED not in text:
        print(f"FAIL the kernel does not say: {EXPECTED}")
        failed += 1
    iso = os.path.join(build, "anonymOS.iso")
    is_up = PROMPT.search(boot(lambda disc: shutil.copyfile(iso, disc), PROMPT, float(seconds)))
    print("the prompt came" if is_up else "FAIL no prompt")
    passed, failed = (passed + 1, failed) if is_up else (passed, failed + 1)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
