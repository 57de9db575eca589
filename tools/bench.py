#!/usr/bin/env python3
"""Speed, boot time and memory of the system beside Linux and seL4: `make bench`.

Everything runs in QEMU's TCG under icount, so a tick of the TSC is an instruction and a busy host changes
nothing.  Rows of osbench (tools/bench/osbench.c) come from the unmodified program running in a container; native
rows from modules/libanon/src/nativebench_main.c in init's place.  tools/bench/baseline.tsv holds what
Linux and seL4 needed in the same QEMU.  The ratio is ours / theirs for costs and theirs / ours for bandwidths:
below 1 is better in both cases.

usage: bench.py [--build DIR] [--native] [--linux] [--tests NAME[,NAME...]] [--image NAME] [--out FILE] [--docs]
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
NATIVE_LIMIT_S = 120
LINUX_LIMIT_S = 3000
SCALE_CPUS = (1, 2, 4, 8)
SCALE_WORKERS = 8


def read_baseline():
    """{name: (system, unit, value)}"""
    rows = {}
    with open(os.path.join(HERE, "bench", "baseline.tsv")) as f:
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


def build_osbench(work):
    """osbench and its do-nothing program, static with musl, as Linux ran them."""
    osbench, tiny = os.path.join(work, "osbench"), os.path.join(work, "osbench-tiny")
    nothing = os.path.join(work, "tiny.c")
    with open(nothing, "w") as f:
        f.write("int main(void){return 0;}\n")
    for out, source in ((osbench, os.path.join(HERE, "bench", "osbench.c")), (tiny, nothing)):
        subprocess.run(["musl-gcc", "-O2", "-static", "-s", "-w", "-o", out, source], check=True)
    return osbench, tiny


def run_linux(build, tests, image):
    """[(name, unit, value, "-")] of osbench in a container on a second boot (the first one formats the disk)."""
    with tempfile.TemporaryDirectory(prefix="anon-bench-") as work:
        osbench, tiny = build_osbench(work)
        disk = os.path.join(work, "disk.img")
        with open(disk, "wb") as f:
            f.truncate(1 << 30)
        anon = [sys.executable, os.path.join(HERE, "anon"), "exec", "--build", build, "--disk", disk, "--timeout",
                str(LINUX_LIMIT_S), "-n"]
        if image:
            anon += ["--archive", with_image(build, os.path.join(work, "boot.cpio"), image)]
        puts = [f"{osbench}:/bin/osbench", f"{tiny}:/bin/osbench-tiny", f"{BUSYBOX}:/bin/busybox"]
        subprocess.run(anon + [word for put in puts for word in ("--put", put)] + ["--", "true"], check=True)
        command = "osbench " + " ".join(tests)
        done = subprocess.run(anon + ["--icount", "--cpu", CPU, "--", command], stdout=subprocess.PIPE, text=True)
        facts = subprocess.run(anon + ["--icount", "--cpu", CPU, "--", "cat /proc/meminfo"], stdout=subprocess.PIPE,
                               text=True)
    return parse_osbench(done.stdout) + parse_meminfo(facts.stdout)


def run_scale(build):
    """Ticks per operation of all CPUs together, by kind of work and number of CPUs, and how often a CPU met a lock."""
    columns = {}
    with tempfile.TemporaryDirectory(prefix="anon-bench-") as work:
        program, disk = os.path.join(work, "scale"), os.path.join(work, "disk.img")
        subprocess.run(["musl-gcc", "-O2", "-static", "-s", "-o", program, os.path.join(HERE, "bench", "scale.c")],
                       check=True)
        for cpus in SCALE_CPUS:
            anon = [sys.executable, os.path.join(HERE, "anon"), "exec", "--build", build, "--disk", disk, "-n",
                    "--timeout", str(LINUX_LIMIT_S)]
            done = subprocess.run(
                anon + ["--icount", "--cpu", CPU, "--smp", str(cpus), "--put", f"{program}:/bin/scale", "--",
                        f"scale {SCALE_WORKERS}; cat /obj/sys/scheduler/cpus"], stdout=subprocess.PIPE, text=True)
            columns[cpus] = dict(re.findall(r"^(\w+)\t([\d.]+)$", done.stdout, re.M))
            columns[cpus]["native_ipc"] = dict(row[:1] + row[2:3] for row in run_native(build, cpus))["native_ipc_pairs"]
            columns[cpus]["lock_spins_per_call"] = spins_per_call(done.stdout)
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


def parse_osbench(text):
    rows = []
    for line in text.splitlines():
        fields = line.split("\t")
        if "FAIL" in line:
            rows.append((line.split(":")[0], "-", "not yet", "-"))
        elif len(fields) >= 3 and re.fullmatch(r"[\d.]+", fields[1]):
            rows.append((fields[0], fields[2], fields[1], "-"))
        elif len(fields) >= 3 and re.fullmatch(r"[\d.]+", fields[2]):
            rows.append((fields[0], fields[1], fields[2], "-"))
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
        ours_to_theirs = ratio(unit, number, theirs)
        if ours_to_theirs != "-" and float(ours_to_theirs) > 1:
            ours_to_theirs = f"**{ours_to_theirs}**"
        shown = f"{theirs:.0f}" if theirs else "-"
        lines.append(f"| {name} | {unit} | {value} | {shown} | {system} | {ours_to_theirs} | {roots} |")
    return "\n".join(lines) + "\n"


def write_page(rows, baseline):
    with open(PAGE) as f:
        head = f.read().split(PAGE_TABLE)[0]
    head = re.sub(r"Measured on \S+,", time.strftime("Measured on %Y-%m-%d,"), head)
    with open(PAGE, "w") as f:
        f.write(head + PAGE_TABLE + "\n" + page_table(rows, baseline))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--native", action="store_true", help="only the native rows")
    parser.add_argument("--linux", action="store_true", help="only osbench's rows")
    parser.add_argument("--tests", default="", help="prefixes of osbench tests, comma separated")
    parser.add_argument("--image", help="osbench's rows in this image (images/NAME.manifest)")
    parser.add_argument("--out", help="write the table here, too")
    parser.add_argument("--docs", action="store_true", help="write it to docs/performance.md, too")
    parser.add_argument("--scale", action="store_true", help="the same work on several numbers of CPUs, nothing else")
    options = parser.parse_args()
    if options.scale:
        print(scale_table(run_scale(options.build)))
        return
    if options.docs and (options.native or options.linux or options.tests or options.image):
        parser.error("--docs wants all rows of the default image")
    rows = []
    if not options.linux:
        rows += run_native(options.build)
    if not options.native:
        rows += run_linux(options.build, [t for t in options.tests.split(",") if t], options.image)
    text = table(rows, read_baseline())
    print(text)
    if options.out:
        with open(options.out, "w") as f:
            f.write(text + "\n")
    if options.docs:
        write_page(rows, read_baseline())


if __name__ == "__main__":
    main()
