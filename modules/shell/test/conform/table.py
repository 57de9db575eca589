#!/usr/bin/env python3
"""Runs the conformance suite against several shells and prints where they stand.

usage: table.py [--shell NAME=COMMAND]... [--all] [--build DIR] [FILE...]

Without --shell it takes the shells of SHELLS that the host has.  First comes a table of the cases that
each shell passed, by section and by tag; then every case where a shell differs, with the cause when
expected.tsv tells it (--all lists these too).  The exit status is 1 when a shell differs without a
known cause, or a cause is listed for a case that passes.  A case that fails is run again, alone, since cases with
keys and signals rely on pauses, and the host may be busy.
"""
import argparse
import collections
import concurrent.futures
import glob
import os
import re
import shlex
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SHELLS = {"dash": "dash", "mksh": "mksh", "bash": "bash --posix", "busybox": "busybox ash",
          "yash": "yash -o posixly-correct", "ksh93": "ksh93"}
SOURCES = ("run.c", "case.c", "sandbox.c", "terminal.c")
RETRIES = 2
EXPECTED = os.path.join(HERE, "expected.tsv")
RESULT = re.compile(r"(ok  |FAIL) (.*?):(\d+) ")
Case = collections.namedtuple("Case", "file section tags title")


def read_cases(files):
    """{(file, line): Case}, in order."""
    cases, titles = {}, set()
    for path in files:
        section = ""
        for number, line in enumerate(open(path, encoding="utf-8"), 1):
            line = line.rstrip("\n")
            if line.startswith("# "):
                section = line.split()[1]
            elif line.startswith("== "):
                tags, title = re.fullmatch(r"== (?:\[([^]]*)\] *)?(.*)", line).groups()
                if (section, title) in titles:
                    sys.exit(f"{path}:{number}: section {section} has this title twice: {title}")
                titles.add((section, title))
                cases[path, number] = Case(os.path.basename(path), section, (tags or "").split(), title)
    return cases


def read_expected():
    """{(shell, section, title): cause} of the differences that are known."""
    rows = {}
    if os.path.exists(EXPECTED):
        for line in open(EXPECTED, encoding="utf-8"):
            if line.strip() and not line.startswith("#"):
                shells, section, title, cause = line.rstrip("\n").split("\t")
                rows.update({(shell, section, title): cause for shell in shells.split(",")})
    return rows


def build(folder):
    """The driver, compiled when it is older than its sources."""
    program = os.path.join(folder, "run")
    sources = [os.path.join(HERE, name) for name in SOURCES]
    newest = max(os.path.getmtime(path) for path in sources + glob.glob(os.path.join(HERE, "*.h")))
    if not os.path.exists(program) or os.path.getmtime(program) < newest:
        os.makedirs(folder, exist_ok=True)
        compiler = shutil.which("musl-gcc") or "cc"
        subprocess.run([compiler, "-static", "-O2", "-std=c11", "-o", program, *sources], check=True)
    return program


def run(program, files, command):
    """{(file, line): passed} of one shell."""
    results = run_once(program, files, command)
    for _ in range(RETRIES):
        failed = [f"{path}:{line}" for (path, line), passed in results.items() if not passed]
        for case in failed:
            results.update(run_once(program, [case], command))
    return results


def run_once(program, files, command):
    words = [program, *files, "--", *shlex.split(command)]
    done = subprocess.run(words, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False)
    text = done.stdout.decode(errors="replace")
    if not re.search(r"^\d+ passed, \d+ failed$", text, re.M):
        sys.exit(f"{command}: the run was cut short: {text[-200:]}")
    return {(found[2], int(found[3])): found[1] != "FAIL"
            for line in text.splitlines() if (found := RESULT.match(line))}


def print_counts(head, groups, results):
    """One row per group of cases, one column per shell."""
    print(f"{head:<34} {'cases':>5} " + " ".join(f"{shell:>8}" for shell in results))
    for name, keys in groups.items():
        counts = " ".join(f"{sum(passed[key] for key in keys):>8}" for passed in results.values())
        print(f"{name:<34} {len(keys):>5} {counts}")
    print()


def group(cases, names_of):
    groups = collections.defaultdict(list)
    for key, case in cases.items():
        for name in names_of(case):
            groups[name].append(key)
    return groups


def print_tables(cases, results):
    print_counts("section", group(cases, lambda case: [f"{case.file[:-4]}: {case.section}"]), results)
    kinds = group(cases, lambda case: [tag for tag in case.tags if tag != "tty"] or ["posix"])
    print_counts("kind", kinds, results)
    print_counts("", {"all": list(cases)}, results)


def print_differences(cases, results, expected, show_all):
    """Returns how many have no known cause, or a cause that is not true."""
    surprises = 0
    for key, case in cases.items():
        for shell, passed in results.items():
            cause = expected.get((shell, case.section, case.title), "")
            is_stale = passed[key] and not cause.startswith("sometimes: ")
            if passed[key] and not cause:
                continue
            surprises += is_stale or not cause
            if is_stale or not cause or show_all:
                told = f"passes, but is listed: {cause}" if passed[key] else cause or "no known cause"
                print(f"{shell:<8} {case.file}:{key[1]} {case.title}: {told}")
    return surprises


def print_strays(cases, expected):
    """Rows of expected.tsv without a case; returns how many."""
    there = {(case.section, case.title) for case in cases.values()}
    strays = sorted(row for row in expected if row[1:] not in there)
    for row in strays:
        print("expected.tsv: there is no case " + ", ".join(row))
    return len(strays)


def print_doubts(cases, results):
    """A case that half of the shells fail is worth a second look at the standard."""
    for key, case in cases.items():
        failed = [shell for shell, passed in results.items() if not passed[key]]
        if len(failed) * 2 >= len(results) > 1:
            print(f"half or more fail: {case.file}:{key[1]} {case.title} ({' '.join(failed)})")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--shell", action="append", default=[], metavar="NAME=COMMAND")
    parser.add_argument("--all", action="store_true", help="list the differences with a known cause too")
    parser.add_argument("--build", default=os.path.join(HERE, "../../../../build/conform"))
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    files = options.files or sorted(glob.glob(os.path.join(HERE, "cases", "*.txt")))
    cases, program = read_cases(files), build(options.build)
    shells = dict(pair.split("=", 1) for pair in options.shell) or {
        name: command for name, command in SHELLS.items() if shutil.which(command.split()[0])}
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        done = pool.map(lambda command: run(program, files, command), shells.values())
        results = dict(zip(shells, done))
    print_tables(cases, results)
    if options.all:
        print_doubts(cases, results)
    expected = read_expected()
    surprises = print_differences(cases, results, expected, options.all)
    surprises += print_strays(cases, expected) if not options.files else 0
    print(f"{len(cases)} cases, {surprises} differences without a known cause")
    print(f"{max(len(cases) * len(results) - surprises, 0)} passed, {surprises} failed")
    return 1 if surprises else 0


if __name__ == "__main__":
    sys.exit(main())
