#!/usr/bin/env python3
"""Cuts the power of a machine that writes, at random moments, and looks at what is left.

Each round boots `storetest load`, which says "safe N" when files 0 to N-1 were synced, kills QEMU after a
random time (the first rounds within the first format), checks the disk with `anonstore fsck` and boots once
more to find every file that was safe, of this round and of those before. ANON_SEED repeats a run.
usage: power_cut.py [COUNT]   default 3, with SOAK=1 50. Last line: "N passed, N failed".
"""
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))
ANON = os.path.join(ROOT, "tools/anon")
BUILD = os.environ.get("BUILD", os.path.join(ROOT, "build"))
ANONSTORE = os.path.join(BUILD, "host/anonstore")
DISK_BYTES = 256 << 20
BLANK_BYTES = 272 * 4096  # up to the end of the second super-block area
EARLY = (0.1, 0.6)  # seconds: while the first boot formats
LATER = (0.6, 4.0)
START_LIMIT = 60


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return [int(word) for word in f.read().split()]


def find_qemu(process):
    """The QEMU that this `anon` started."""
    end = time.monotonic() + START_LIMIT
    while time.monotonic() < end and process.poll() is None:
        for pid in children(process.pid):
            with open(f"/proc/{pid}/comm", encoding="ascii") as f:
                if f.read().startswith("qemu"):
                    return pid
        time.sleep(0.005)
    raise RuntimeError("QEMU did not start")


class Load:
    """A machine under load; `safe` is the last number it told."""

    def __init__(self, disk, seed):
        self.safe = 0
        self.process = subprocess.Popen([ANON, "exec", "-n", "--build", BUILD, "--disk", disk, "--timeout", "300",
                                         "--", "@storetest", "load", str(seed)],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            found = re.match(r"safe (\d+)$", line)
            if found:
                self.safe = int(found.group(1))

    def cut(self, seconds):
        pid = find_qemu(self.process)
        time.sleep(seconds)
        if self.process.poll() is None:
            os.kill(pid, signal.SIGKILL)
        status = self.process.wait()
        self.reader.join()
        return [] if status == 125 else [f"the load ended by itself, status {status}"]


def run(command, limit=300):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False,
                          stderr=subprocess.STDOUT, timeout=limit)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def is_blank(path):
    with open(path, "rb") as f:
        return not f.read(BLANK_BYTES).strip(b"\0")


def check(disk, safe):
    """What is wrong with the disk, as texts."""
    wrong = []
    if is_blank(disk):
        return ["files are lost"] if any(safe.values()) else []
    status, output = run([ANONSTORE, "fsck", disk])
    if status != 0:
        wrong.append(f"fsck: {output}")
    for seed, count in safe.items():
        if count > 0:
            status, output = run([ANON, "exec", "-n", "--build", BUILD, "--disk", disk, "--", "@storetest",
                                  "find", str(seed), str(count)])
            if status != 0:
                wrong.append(f"seed {seed}, {count} files: {output}")
    return wrong


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50 if os.environ.get("SOAK") == "1" else 3
    seed = int(os.environ.get("ANON_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
    rng = random.Random(seed)
    print(f"ANON_SEED={seed}")
    failed = 0
    with tempfile.TemporaryDirectory(prefix="power-cut-") as folder:
        disk, safe = os.path.join(folder, "disk.img"), {}
        for number in range(count):
            if number % 8 == 0 or not safe:
                safe = {}
                with open(disk, "wb") as f:
                    f.truncate(DISK_BYTES)
            seconds = rng.uniform(*(EARLY if number % 8 == 0 else LATER))
            load = Load(disk, number + 1)
            wrong = load.cut(seconds)
            safe[number + 1] = load.safe
            wrong += check(disk, safe)
            failed += bool(wrong)
            print(f"cut after {seconds:.2f} s, {load.safe} files safe: {'; '.join(wrong) or 'ok'}", flush=True)
    print(f"{count - failed} passed, {failed} failed")


main()
