#!/usr/bin/env python3
"""The conformance cases inside the system: the same driver and cases, run there by sh-anon in one boot.

A difference from the standard must be one that the shell has on the host as well (anon in expected.tsv), or be listed for "inside". A sample of
the cases (ANON_SEED=N: the same again), all of them with SOAK=1. What fails is run again by itself, for it may be the host that is slow.
With a disk, /bin/sh-anon may be one that the system has compiled itself.
usage: inside.py [--build DIR] [--disk FILE] [--sample CASES] [FILE[:LINE]...]
"""
import argparse
import glob
import io
import os
import random
import subprocess
import sys
import tarfile

import table

ROOT = os.path.abspath(os.path.join(table.HERE, "../../../.."))
SAMPLE = 200
SECONDS = 40  # that a case may take there
LIMIT_S, SOAK_LIMIT_S = 500, 7200


def pack(program, words):
    """Driver, cases, and which of them are wanted, as a tar archive in memory."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        wanted = tarfile.TarInfo("wanted")
        text = "\n".join(words).encode()
        wanted.size = len(text)
        tar.addfile(wanted, io.BytesIO(text))
        tar.add(program, "run")
        tar.add(os.path.join(table.HERE, "cases"), "cases")
    return out.getvalue()


def run_inside(options, program, words, limit):
    """{(file, line): passed}, with what the driver printed."""
    command = f"mkdir -p /tmp/conform && cd /tmp/conform && tar x && PATH=/bin TMPDIR=/tmp ./run -t {SECONDS} $(cat wanted) -- sh-anon"
    done = subprocess.run([sys.executable, os.path.join(ROOT, "tools", "anon"), "exec", "--build", options.build,
                           "--disk", options.disk, "--timeout", str(limit), "--", command], input=pack(program, words),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    text = done.stdout.decode(errors="replace")
    if done.returncode >= 124:
        print(f"anon: {done.stderr.decode(errors='replace')[-2000:]}")
    found = {}
    for line in text.splitlines():
        match = table.RESULT.match(line)
        if match:
            found[match[2], int(match[3])] = match[1] != "FAIL"
    return found, text


def choose(cases, options):
    if options.files or os.environ.get("SOAK") == "1":
        return options.files or sorted({path for path, _ in cases})
    seed = int(os.environ.get("ANON_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
    print(f"ANON_SEED={seed}")
    return [f"{path}:{line}" for path, line in sorted(random.Random(seed).sample(sorted(cases), options.sample))]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--disk", default="none", metavar="FILE")
    parser.add_argument("--sample", type=int, default=SAMPLE)
    parser.add_argument("files", nargs="*", help="cases/NAME.txt[:LINE]")
    options = parser.parse_args()
    options.build = os.path.join(ROOT, options.build)
    options.disk = options.disk if options.disk == "none" else os.path.abspath(options.disk)
    os.chdir(table.HERE)
    limit = SOAK_LIMIT_S if os.environ.get("SOAK") == "1" else LIMIT_S
    program = os.path.abspath(table.build(os.path.join(options.build, "conform")))
    cases, expected = table.read_cases(sorted(glob.glob("cases/*.txt"))), table.read_expected()
    results, text = run_inside(options, program, choose(cases, options), limit)
    again = [f"{path}:{line}" for (path, line), passed in results.items() if not passed]
    if again:
        more, text = run_inside(options, program, again, limit)
        results.update(more)
    surprises = 0
    for key, passed in results.items():
        case = cases[key]
        known = any((shell, case.section, case.title) in expected for shell in ("anon", "inside"))
        if not passed and not known:
            surprises += 1
            print(f"inside: {key[0]}:{key[1]} {case.title}")
    if surprises:
        print(text)
    print(f"{len(results)} cases inside, {sum(results.values())} as the standard has it")
    print(f"{len(results) - surprises} passed, {surprises + (not results)} failed")
    return 1 if surprises or not results else 0


if __name__ == "__main__":
    sys.exit(main())
