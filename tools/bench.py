#!/usr/bin/env python3
"""Speed, boot time and memory of the system beside Linux and seL4: `make bench`.

Everything runs in QEMU's TCG under icount, so a tick of the TSC is an instruction and a busy host changes
nothing.  Rows of osbench (tools/bench/osbench.c) come from the unmodified program running in a container; native
rows from modules/libanon/src/nativebench_main.c in init's place.  tools/bench/baseline.tsv holds what
Linux and seL4 needed in the same QEMU.  The ratio is ours / theirs for costs and theirs / ours for bandwidths:
below 1 is better in both cases.  Rows of the store come from tools/bench/storebench.c, beside what Linux needed on
ext4 (tools/bench/ext4.tsv).

usage: bench.py [--build DIR] [--native] [--linux] [--store] [--tests NAME[,NAME...]] [--image NAME] [--out FILE] [--docs]
       bench.py [--build DIR] --scale      the same work on 1, 2, 4 and 8 CPUs
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
import time

from anonlib.archive import with_image

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(HERE)
QEMU = os.environ.get("ANON_QEMU", "qemu-system-x86_64")
CPU = "max,-erms"
# Linux ran this very busybox; the image's own is another build.
BUSYBOX = os.path.join(ROOT, "third_party", "busybox-static", "busybox")
PAGE = os.path.join(ROOT, "docs", "performance.md")
PAGE_TABLE = "## The table\n"
PAGE_STORE = "## The store beside ext4\n"
CR3_COUNTER = "/obj/sys/scheduler/cpus:rootWrites"
IDLE_COUNTER = "/obj/sys/scheduler/cpus:idleNs"
HASH_COUNTER = "/obj/srv/files/stat:hashed"
ICOUNT = ["--icount", "--cpu", CPU]
# Not sleep=off: that leaps over each wait for the disk to the next timer, and the work of timers would be counted.
ICOUNT_DISK = ["--qemu=-icount", "--qemu=shift=0", "--cpu", CPU]
NATIVE_LIMIT_S = 120
LINUX_LIMIT_S = 3000
SCALE_CPUS = (1, 2, 4, 8)
SCALE_WORKERS = 8


def read_baseline(leaf="baseline.tsv"):
    """{name: (system, unit, value)}"""
    rows = {}
    with open(os.path.join(HERE, "bench", leaf)) as f:
        for line in f:
            if not line.startswith("#"):
                system, name, unit, value = line.rstrip("\n").split("\t")
                rows[name] = (system, unit, float(value))
    return rows


def run_native(build, cpus=1):
    """[(name, unit, value, CR3 writes)] of nativebench, which takes init's place."""
    with tempfile.TemporaryDirectory(prefix="anon-bench-") as work:
        init, archive, log = (os.path.join(work, n) for n in ("init", "boot.cpio", "log"))
        subprocess.run(["strip", "-o", init, os.path.join(build, "native", "nativebench")], check=True)
        subprocess.run([sys.executable, os.path.join(ROOT, "scripts", "mkarchive.py"), archive, "--native", init],
                       check=True)
        open(log, "w").close()
        qemu = subprocess.Popen([
            QEMU, "-accel", "tcg", "-machine", "pc", "-cpu", CPU, "-icount", "shift=0,sleep=off", "-m", "64",
            "-smp", str(cpus), "-nodefaults", "-display", "none", "-no-reboot", "-serial", f"file:{log}",
            "-kernel", os.path.join(build, "kernel.elf"), "-initrd", archive])
        try:
            return wait_for_rows(log, qemu)
        finally:
            qemu.kill()
            qemu.wait()


def wait_for_rows(log, qemu):
    deadline = time.monotonic() + NATIVE_LIMIT_S
    while time.monotonic() < deadline:
        with open(log, errors="replace") as f:
            text = f.read()
        if "BENCH\tend" in text:
            return [tuple(m.groups()) for m in re.finditer(r"BENCH\t(\S+)\t(\S+)\t([\d.]+)\t(\S+)", text)]
        if "PANIC" in text or qemu.poll() is not None:
            break
        time.sleep(0.2)
    sys.exit("bench: nativebench did not finish:\n" + text[-2000:])


def build_program(work, name):
    """tools/bench/NAME.c, static with musl, as Linux ran it."""
    program = os.path.join(work, name)
    subprocess.run(["musl-gcc", "-O2", "-static", "-s", "-w", "-o", program, os.path.join(HERE, "bench", name + ".c")],
                   check=True)
    return program


def build_tiny(work):
    """osbench's do-nothing program."""
    tiny = os.path.join(work, "osbench-tiny")
    subprocess.run(["musl-gcc", "-O2", "-static", "-s", "-x", "c", "-o", tiny, "-"], check=True, text=True,
                   input="int main(void){return 0;}")
    return tiny


class Guest:
    """Boots on one disk, blank at first, in `work`; of an image, should it not be the default one."""

    def __init__(self, build, work, image=None):
        disk = os.path.join(work, "disk.img")
        with open(disk, "wb") as f:
            f.truncate(1 << 30)
        self.exec = [sys.executable, os.path.join(HERE, "anon"), "exec", "--build", build, "--disk", disk, "-n",
                     "--timeout", str(LINUX_LIMIT_S)]
        if image:
            self.exec += ["--archive", with_image(build, os.path.join(work, "boot.cpio"), image)]

    def put(self, *files, command="true"):
        """Puts (host, guest) files to the disk, then runs the command, by the usual clock."""
        words = [word for host, inside in files for word in ("--put", f"{host}:{inside}")]
        subprocess.run(self.exec + words + ["--", command], check=True)

    def run(self, command, clock):
        """What the command prints."""
        return subprocess.run(self.exec + clock + ["--", command], stdout=subprocess.PIPE, text=True, check=False).stdout


def run_linux(build, tests, image=None):
    """[(name, unit, value, CR3 writes)] of osbench in a container on later boots (the first one formats the disk).

    CR3 writes are counted in a run of their own, since reading the counter costs some of the rows a few instructions."""
    with tempfile.TemporaryDirectory(prefix="anon-bench-") as work:
        guest = Guest(build, work, image)
        guest.put((build_program(work, "osbench"), "/bin/osbench"), (build_tiny(work), "/bin/osbench-tiny"),
                  (BUSYBOX, "/bin/busybox"))
        osbench = "osbench " + " ".join(tests)
        ticks, roots, facts = (guest.run(command, ICOUNT) for command in
                               (osbench, f"OSBENCH_COUNTER={CR3_COUNTER} {osbench}", "cat /proc/meminfo"))
    return parse_osbench(ticks, parse_counts(roots)) + parse_meminfo(facts)


def run_store(build):
    """[(name, instructions, of which hashing)] an operation, of storebench in a container, cold after a boot."""
    with tempfile.TemporaryDirectory(prefix="anon-bench-") as work:
        guest = Guest(build, work)
        guest.put((build_program(work, "storebench"), "/bin/storebench"), command="storebench /storebench make")
        text = guest.run(f"STOREBENCH_IDLE={IDLE_COUNTER} STOREBENCH_COUNTER={HASH_COUNTER} storebench /storebench run",
                         ICOUNT_DISK)
        hashing = guest.run("@storetest hash", ICOUNT_DISK)
    return parse_store(text, int(re.search(r"^hash (\d+) ticks", hashing, re.M).group(1)))


def parse_store(text, hash_ticks):
    if "# storebench done" not in text:
        sys.exit("bench: storebench did not finish:\n" + text[-2000:])
    return [(name, float(busy), float(blocks) * hash_ticks)
            for name, busy, blocks in re.findall(r"^(\w+)\t([\d.]+)\t([\d.]+)\t[\d.]+$", text, re.M)]


def run_scale(build):
    """Ticks per operation of all CPUs together, by kind of work and number of CPUs, and how often a CPU met a lock."""
    columns = {}
    with tempfile.TemporaryDirectory(prefix="anon-bench-") as work:
        guest = Guest(build, work)
        guest.put((build_program(work, "scale"), "/bin/scale"))
        for cpus in SCALE_CPUS:
            text = guest.run(f"scale {SCALE_WORKERS}; cat /obj/sys/scheduler/cpus", [*ICOUNT, "--smp", str(cpus)])
            columns[cpus] = dict(re.findall(r"^(\w+)\t([\d.]+)$", text, re.M))
            columns[cpus]["native_ipc"] = dict(row[:1] + row[2:3] for row in run_native(build, cpus))["native_ipc_pairs"]
            columns[cpus]["lock_spins_per_call"] = spins_per_call(text)
    return columns


def spins_per_call(text):
    spins, calls = (int(re.search(rf'"{name}": ?(\d+)', text).group(1)) for name in ("lockSpins", "systemCalls"))
    return f"{spins / calls:.2f}"


def scale_table(columns):
    lines = ["| work | " + " | ".join(f"{cpus} CPU{'s' if cpus > 1 else ''}" for cpus in columns) + " | 1 to 4 |",
             "|---|" + "--:|" * (len(columns) + 1)]
    for name in columns[1]:
        values = [columns[cpus].get(name, "-") for cpus in columns]
        change = "" if "spins" in name else f"{float(columns[4][name]) / float(columns[1][name]) * 100 - 100:+.0f} %"
        lines.append(f"| {name} | " + " | ".join(values) + f" | {change} |")
    return "\n".join(lines)


def parse_counts(text):
    """{name: events of osbench's counter per operation}"""
    return {name: f"{float(count):g}" for name, count in re.findall(r"^(\w+)\t([\d.]+)\tcount$", text, re.M)}


def parse_osbench(text, counts):
    rows = []
    for line in text.splitlines():
        fields = line.split("\t")
        roots = counts.get(fields[0], "-")
        if "FAIL" in line:
            rows.append((line.split(":")[0], "-", "not yet", "-"))
        elif len(fields) >= 3 and re.fullmatch(r"[\d.]+", fields[1]):
            rows.append((fields[0], fields[2], fields[1], roots))
        elif len(fields) >= 3 and re.fullmatch(r"[\d.]+", fields[2]):
            rows.append((fields[0], fields[1], fields[2], roots))
    return rows


def parse_meminfo(text):
    """Memory in use with the shell running, the kernel's own included (256 MiB given)."""
    free = re.search(r"MemFree:\s+(\d+)", text)
    return [("memory_used_256M", "kB", str(256 * 1024 - int(free.group(1))), "-")] if free else []


def ratio(unit, ours, theirs):
    if not ours or not theirs:
        return "-"
    return f"{theirs / ours:.2f}" if unit.startswith("B/") else f"{ours / theirs:.2f}"


def table(rows, baseline):
    lines = [f"{'row':<28} {'unit':<8} {'anonymOS':>12} {'best other':>12} {'':<5} {'ratio':>6} {'CR3':>5}"]
    for name, unit, value, roots in rows:
        system, _, theirs = baseline.get(name, ("", "", 0.0))
        number = float(value) if re.fullmatch(r"[\d.]+", value) else 0.0
        shown = f"{theirs:.0f}" if theirs else "-"
        lines.append(f"{name:<28} {unit:<8} {value:>12} {shown:>12} {system:<5} {ratio(unit, number, theirs):>6} {roots:>5}")
    return "\n".join(lines)


def page_table(rows, baseline):
    """The same as a table of docs/performance.md: minima only, lost rows bold."""
    lines = ["| row | unit | anonymOS | other | | ratio | CR3 |", "|---|---|---|---|---|---|---|"]
    for name, unit, value, roots in rows:
        if unit.endswith("~"):
            continue
        system, _, theirs = baseline.get(name, ("-", "", 0.0))
        number = float(value) if re.fullmatch(r"[\d.]+", value) else 0.0
        ours_to_theirs = bold_if_lost(ratio(unit, number, theirs))
        shown = f"{theirs:.0f}" if theirs else "-"
        lines.append(f"| {name} | {unit} | {value} | {shown} | {system} | {ours_to_theirs} | {roots} |")
    return "\n".join(lines) + "\n"


def store_table(rows, baseline):
    """Instructions an operation; without: both systems, our hashing left out."""
    lines = ["| row | anonymOS | of which hash | of which cipher | ext4 | ratio | without hash |", "|---|--:|--:|--:|--:|--:|--:|"]
    for name, busy, hashing in rows:
        theirs = baseline.get(name, ("", "", 0.0))[2]
        whole, rest = (bold_if_lost(ratio("tsc", value, theirs)) for value in (busy, busy - hashing))
        lines.append(f"| {name} | {busy:.0f} | {hashing:.0f} | 0 | {theirs:.0f} | {whole} | {rest} |")
    return "\n".join(lines) + "\n"


def bold_if_lost(text):
    return f"**{text}**" if text != "-" and float(text) > 1 else text


def replace_table(page, heading, table_text):
    """The first table behind the heading is replaced."""
    before, found, behind = page.partition(heading)
    if not found:
        sys.exit(f"bench: {PAGE} has no heading {heading.strip()}")
    return before + found + re.sub(r"(^\|.*\n)+", lambda _: table_text, behind, count=1, flags=re.M)


def write_page(rows, store_rows):
    with open(PAGE) as f:
        page = f.read()
    page = re.sub(r"Measured on \S+,", time.strftime("Measured on %Y-%m-%d,"), page)
    page = replace_table(page, PAGE_STORE, store_table(store_rows, read_baseline("ext4.tsv")))
    page = replace_table(page, PAGE_TABLE, page_table(rows, read_baseline()))
    with open(PAGE, "w") as f:
        f.write(page)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--native", action="store_true", help="only the native rows")
    parser.add_argument("--linux", action="store_true", help="only osbench's rows")
    parser.add_argument("--store", action="store_true", help="only the store's rows")
    parser.add_argument("--tests", default="", help="prefixes of osbench tests, comma separated")
    parser.add_argument("--image", help="osbench's rows in this image (images/NAME.manifest)")
    parser.add_argument("--out", help="write the table here, too")
    parser.add_argument("--docs", action="store_true", help="write it to docs/performance.md, too")
    parser.add_argument("--scale", action="store_true", help="the same work on several numbers of CPUs, nothing else")
    options = parser.parse_args()
    if options.scale:
        print(scale_table(run_scale(options.build)))
        return
    only_some = options.native or options.linux or options.store
    if options.docs and (only_some or options.tests or options.image):
        parser.error("--docs wants all rows of the default image")
    rows, store_rows, texts = [], [], []
    if options.native or not only_some:
        rows += run_native(options.build)
    if options.linux or not only_some:
        rows += run_linux(options.build, [t for t in options.tests.split(",") if t], options.image)
    if options.store or not only_some:
        store_rows = run_store(options.build)
    if rows:
        texts.append(table(rows, read_baseline()))
    if store_rows:
        texts.append(store_table(store_rows, read_baseline("ext4.tsv")))
    text = "\n\n".join(texts)
    print(text)
    if options.out:
        with open(options.out, "w") as f:
            f.write(text + "\n")
    if options.docs:
        write_page(rows, store_rows)


if __name__ == "__main__":
    main()
