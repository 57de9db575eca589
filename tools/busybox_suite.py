#!/usr/bin/env python3
"""busybox's own testsuite, run inside with Debian's unmodified binary and compared with what Linux said of the same.

Binary and suite (third_party/busybox-source, configured as Debian configures the binary) go in by standard input. The
result of each case is compared with modules/linux/test/busybox-expected.tsv, where each difference from Linux has
its cause: a case that came out as expected counts as passed, any other, or one that never ran, as failed.

usage: busybox_suite.py [--build DIR] [--on tmp|store] [--sample CASES] [--slow] [APPLET...]
       busybox_suite.py --reference          run it on this host's Linux and print its results
       busybox_suite.py --write              take what came out as expected; causes are kept
SOAK=1 runs everything, on tmpfs and on the store; ANON_SEED=N chooses the same sample again.
"""
import argparse
import collections
import io
import os
import random
import re
import subprocess
import sys
import tarfile
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SUITE = os.path.join(ROOT, "third_party", "busybox-source", "src", "testsuite")
CONFIG = os.path.join(ROOT, "third_party", "busybox-packaging", "src", "config", "pkg", "static")
BUSYBOX = os.path.join(ROOT, "third_party", "busybox-static", "busybox")
EXPECTED = os.path.join(ROOT, "modules", "linux", "test", "busybox-expected.tsv")
RESULT = re.compile(r"^(PASS|FAIL|SKIPPED|UNTESTED|SLOW): (.*)$")
# Some 180 000 million instructions each: half an hour in TCG, where all the rest takes two minutes.
SLOW_CASES = ("bc parsing of numbers", "bc printing of numbers")
LIMIT_S, SLOW_LIMIT_S = 900, 7200
WORK = {"tmp": "/tmp/testsuite", "store": "/users/alice/testsuite"}


def patched(name, data, with_slow, shell):
    """The two harness files say which applet they are at, and leave slow cases out; sh is busybox's on the host, too."""
    if name == "runtest":
        data = data.replace(b"for applet in $applets; do\n", b'for applet in $applets; do\n\techo "@@ $applet"\n')
    if name == "testing.sh" and not with_slow:
        cases = "|".join(f'"{case}"' for case in SLOW_CASES).encode()
        data = data.replace(b'  NAME="$1"\n', b'  NAME="$1"\n  case "$1" in ' + cases +
                            b') echo "SLOW: $1"; return 0;; esac\n')
    if shell and data.startswith((b"#!/bin/sh", b"#! /bin/sh")):
        data = b"#!" + shell + b" sh" + data[data.index(b"/bin/sh") + len(b"/bin/sh"):]
    return data


def make_tar(with_slow, shell=None):
    """The suite as a tar archive in memory."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        tar.add(CONFIG, ".config")
        tar.add(BUSYBOX, "busybox")
        for folder, folders, files in os.walk(SUITE):
            folders.sort()
            for name in sorted(files):
                path = os.path.join(folder, name)
                member = tar.gettarinfo(path, os.path.join("testsuite", os.path.relpath(path, SUITE)))
                with open(path, "rb") as f:
                    data = patched(name, f.read(), with_slow, shell)
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    return out.getvalue()


def command(folder, applets):
    return (f"mkdir -p {folder} && cd {folder} && tar x && chmod 755 busybox && cd testsuite && "
            f"export LANG=C.UTF-8 SHELL=/bin/sh PATH=/bin && sh ./runtest {' '.join(applets)}")


def run_inside(options, place, applets):
    """What the suite printed inside the system."""
    limit = SLOW_LIMIT_S if options.slow else LIMIT_S
    with tempfile.TemporaryDirectory(prefix="busybox-suite-") as folder:
        disk = "none"
        if place == "store":
            disk = os.path.join(folder, "disk.img")
            with open(disk, "wb") as f:
                f.truncate(1 << 30)
        done = subprocess.run(
            [sys.executable, os.path.join(ROOT, "tools", "anon"), "exec", "--build", options.build, "--disk", disk,
             "--timeout", str(limit), "--", command(WORK[place], applets)],
            input=make_tar(options.slow), stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if done.returncode >= 124:
            print(f"anon: {done.stderr.decode(errors='replace')[-2000:]}")
        return done.stdout.decode(errors="replace")


def run_here(applets):
    """What the suite prints on this host."""
    with tempfile.TemporaryDirectory(prefix="busybox-suite-") as folder:
        busybox = os.path.join(folder, "busybox")
        data = make_tar(True, busybox.encode())
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            tar.extractall(folder)
        os.chmod(busybox, 0o755)
        done = subprocess.run([busybox, "sh", "./runtest"] + applets, cwd=os.path.join(folder, "testsuite"),
                              env={"PATH": "/bin:/usr/bin", "SHELL": "/bin/sh", "LANG": "C.UTF-8", "HOME": "/"},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        return done.stdout.decode(errors="replace")


def parse_results(text):
    """{(applet, case): result}; a case whose name was there before gets a number."""
    results, applet, seen = {}, "", collections.Counter()
    for line in text.splitlines():
        if line.startswith("@@ "):
            applet = line[3:]
        match = RESULT.match(line)
        if match:
            name = match.group(2).replace("\t", " ").strip()
            seen[applet, name] += 1
            count = seen[applet, name]
            results[applet, name if count == 1 else f"{name} #{count}"] = match.group(1)
    return results


def read_expected():
    """{(applet, case): [on Linux, here, cause]}"""
    rows = {}
    with open(EXPECTED, encoding="utf-8") as f:
        for line in f:
            if not line.startswith("#"):
                applet, case, linux, here, cause = line.rstrip("\n").split("\t")
                rows[applet, case] = [linux, here, cause]
    return rows


def write_expected(rows):
    with open(EXPECTED, "w", encoding="utf-8") as f:
        f.write("# busybox 1.35.0's own testsuite, same binary: result on Linux, result here, cause of the difference.\n"
                "# Written by tools/busybox_suite.py --write; SLOW: left out without --slow.\n"
                "# applet\tcase\tlinux\there\tcause\n")
        for (applet, case), (linux, here, cause) in rows.items():
            f.write("\t".join((applet, case, linux, here, cause)) + "\n")


def choose(expected, cases):
    """Applets in random order until they have so many cases."""
    seed = int(os.environ.get("ANON_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
    sizes = collections.Counter(applet for applet, _ in expected)
    applets = sorted(sizes)
    random.Random(seed).shuffle(applets)
    chosen = []
    for applet in applets:
        if sum(sizes[a] for a in chosen) < cases:
            chosen.append(applet)
    print(f"ANON_SEED={seed}: {' '.join(chosen)}")
    return chosen


def judge(results, expected, applets, with_slow):
    """Prints what came out differently; returns the counts."""
    passed = failed = 0
    for (applet, case), (linux, here, _) in expected.items():
        if applets and applet not in applets:
            continue
        if applets and " #" in case and (applet, case) not in results:
            continue  # runtest runs busybox.tests twice when it runs everything, once when it is named
        wanted = linux if with_slow and here == "SLOW" else here
        result = results.pop((applet, case), "never ran")
        passed, failed = (passed + 1, failed) if result == wanted else (passed, failed + 1)
        if result != wanted:
            print(f"{applet}: {case}: {result}, expected {wanted}")
    for applet, case in results:
        print(f"{applet}: {case}: not in the list")
    return passed, failed + len(results)


def reference():
    for (applet, case), result in parse_results(run_here([])).items():
        print(f"{applet}\t{case}\t{result}")


def write(options):
    """Keeps Linux's column where there is one, else asks this host."""
    old = read_expected() if os.path.exists(EXPECTED) else {}
    linux = {key: row[0] for key, row in old.items()} or parse_results(run_here([]))
    here = parse_results(run_inside(options, options.on, []))
    rows = {}
    for key, result in linux.items():
        ours = here.get(key, "never ran")
        rows[key] = [result, ours, old.get(key, ["", "", ""])[2] if ours != result else ""]
    write_expected(rows)


def run(options):
    expected = read_expected()
    soak = os.environ.get("SOAK") == "1"
    applets = options.applets
    if options.sample and not soak:
        applets = choose(expected, options.sample)
    passed = failed = 0
    for place in ("tmp", "store") if soak else (options.on,):
        results = parse_results(run_inside(options, place, applets))
        counts = collections.Counter(results.values())
        print(f"on {place}: {sum(counts.values())} cases: " + ", ".join(f"{n} {r}" for r, n in sorted(counts.items())))
        good, bad = judge(results, expected, applets, options.slow)
        passed, failed = passed + good, failed + bad
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--on", choices=sorted(WORK), default="tmp")
    parser.add_argument("--sample", type=int, metavar="CASES", default=0)
    parser.add_argument("--slow", action="store_true", help="with the two cases of half an hour each")
    parser.add_argument("--reference", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("applets", nargs="*")
    options = parser.parse_args()
    if not all(map(os.path.exists, (SUITE, CONFIG, BUSYBOX))):
        sys.exit("busybox_suite: no testsuite; fetch it with scripts/fetch_modules.sh")
    if options.reference:
        reference()
    elif options.write:
        write(options)
    else:
        return run(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
