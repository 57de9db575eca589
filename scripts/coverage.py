#!/usr/bin/env python3
"""Says which lines of the kernel the test suites ran: a table by file, the total, and what is left.

Adds up what the machines counted (tools/anonlib/coverage.py) and what the unit tests did, has gcov tell the lines, and
holds what never ran against the list of reasons, REST: a line without a reason is reported, and so is a reason whose
line is gone, or ran although it never should. With --least P less than P percent is a failure too.
usage: coverage.py [--least P] BUILD
"""
import argparse
import fnmatch
import glob
import itertools
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tools"))

from anonlib import coverage  # noqa: E402

SOURCES = "modules/microkernel/src/"
REST = SOURCES + "coverage_rest.txt"
NOT_KERNEL = ["*_ktest.c", "*/ktest*", "*/test/*", "*/explore/*", "*_test.c"]
KERNEL_OBJECTS = "obj/kernel-coverage/microkernel"
UNIT_OBJECTS = "obj/unit/microkernel"


@dataclass
class File:
    """One source file: how often each line ran, and the function it stands in."""
    name: str
    counts: dict = field(default_factory=dict)
    functions: dict = field(default_factory=dict)
    text: list = field(default_factory=list)

    def missing(self):
        return [line for line in sorted(self.counts) if not self.counts[line]]

    def runs(self):
        """The missing lines in pieces: [first, ...] of one function, with no line that ran in between."""
        pieces, piece = [], []
        for line in sorted(self.counts):
            if piece and (self.counts[line] or self.functions[line] != self.functions[piece[0]]):
                pieces.append(piece)
                piece = []
            if not self.counts[line]:
                piece.append(line)
        return pieces + [piece] if piece else pieces

    def whole(self, function):
        """Whether no line of the function ran."""
        return not any(self.counts[line] for line, name in self.functions.items() if name == function)


@dataclass
class Reason:
    """One entry of REST: a piece of a function (named by words of its first line), or all of it, and why."""
    number: int
    file: str
    function: str
    words: str
    is_certain: bool
    is_used: bool = False

    def explains(self, source, piece):
        return (self.file, self.function) == (source.name, source.functions[piece[0]]) and (
            self.words in source.text[piece[0] - 1] if self.words else source.whole(self.function))

    def is_gone(self, source):
        """Whether the file, if there is one, has no such line in this function any more."""
        return not source or not any(name == self.function and self.words in source.text[line - 1]
                                     for line, name in source.functions.items())


def add_up(runs):
    """What all machines counted, as .gcda files beside the objects. Counts of a kernel that was built anew mean nothing."""
    totals, kernels = {}, {}
    for path in runs:
        kernel, identity, counts = coverage.read_run(path)
        if kernel not in kernels:
            elf = coverage.Elf(kernel)
            kernels[kernel] = elf.identity, coverage.read_units(elf)
        known, units = kernels[kernel]
        if identity != known:
            print(f"{path}: of an earlier {kernel}, left out")
            continue
        counts = iter(counts)
        for unit in units:
            mine = itertools.islice(counts, sum(f.count for f in unit.functions))
            before = totals.get(unit.path, (unit, itertools.repeat(0)))[1]
            totals[unit.path] = unit, [a + b for a, b in zip(mine, before)]
    for unit, counts in totals.values():
        coverage.write_gcda(unit, iter(counts))


def ask_gcov(objects, files, only_known):
    """Adds what gcov says of every .gcno file below a folder."""
    for notes in sorted(glob.glob(os.path.join(objects, "**", "*.gcno"), recursive=True)):
        if only_known and not os.path.exists(notes[:-4] + "gcda"):
            continue
        done = subprocess.run(["gcov", "--json-format", "--stdout", notes], check=True, cwd=ROOT,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in done.stdout.splitlines():
            for said in json.loads(line)["files"]:
                take(said, files, only_known)


def take(said, files, only_known):
    name = os.path.normpath(said["file"])
    if not name.startswith(SOURCES) or any(fnmatch.fnmatch(name, p) for p in NOT_KERNEL):
        return
    source = files.setdefault(name, File(name[len(SOURCES):]))
    for line in said["lines"]:
        number = line["line_number"]
        if only_known and number not in source.counts:
            continue
        source.counts[number] = source.counts.get(number, 0) + line["count"]
        source.functions.setdefault(number, line.get("function_name", "?"))


def read_reasons():
    """The list: "never WHY" or "sometimes WHY" opens a group, then lines of file, function and maybe words."""
    reasons, is_certain = [], True
    with open(os.path.join(ROOT, REST), encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            if match := re.match(r"(never|sometimes) ", line):
                is_certain = match.group(1) == "never"
                continue
            name, function, *words = line.split(None, 2)
            reasons.append(Reason(number, name, function, words[0] if words else "", is_certain))
    return reasons


def unexplained(files, reasons):
    """(source, piece) of everything that never ran for no reason we know; marks the reasons that hold."""
    for source in files:
        for piece in source.runs():
            holding = [r for r in reasons if r.explains(source, piece)]
            for reason in holding:
                reason.is_used = True
            if not holding:
                yield source, piece


def percent(part, whole):
    return 100 * part / whole if whole else 100


def print_table(files):
    print(f"{'file':<44} {'lines':>6} {'run':>6} {'percent':>8}")
    for source in files:
        lines, ran = len(source.counts), len(source.counts) - len(source.missing())
        print(f"{source.name:<44} {lines:>6} {ran:>6} {percent(ran, lines):>8.1f}")


def write_missing(files, path):
    with open(path, "w", encoding="utf-8") as f:
        for source in files:
            for piece in source.runs():
                for line in piece:
                    f.write(f"{source.name}:{line}\t{source.functions[line]}\t{source.text[line - 1].strip()}\n")


def load(build):
    files = {}
    add_up(sorted(glob.glob(os.path.join(build, "runs", "*.counts"))))
    ask_gcov(os.path.join(build, KERNEL_OBJECTS), files, False)
    ask_gcov(os.path.join(build, UNIT_OBJECTS), files, True)
    for name, source in files.items():
        with open(os.path.join(ROOT, name), encoding="utf-8") as f:
            source.text = f.read().splitlines()
    return [files[name] for name in sorted(files)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--least", type=float, default=0)
    parser.add_argument("build")
    options = parser.parse_args()
    files = load(options.build)
    print_table(files)
    write_missing(files, os.path.join(options.build, "missing.txt"))
    reasons = read_reasons()
    faults = 0
    for source, piece in unexplained(files, reasons):
        faults += 1
        print(f"{SOURCES}{source.name}:{piece[0]}: {len(piece)} lines of {source.functions[piece[0]]} never ran, for no "
              f"listed reason: {source.text[piece[0] - 1].strip()}")
    by_name = {source.name: source for source in files}
    for reason in reasons:
        is_gone = reason.is_gone(by_name.get(reason.file))
        if is_gone or reason.is_certain and not reason.is_used:
            faults += 1
            print(f"{REST}:{reason.number}: this {'is no more' if is_gone else 'ran after all'}: "
                  f"{reason.file} {reason.function} {reason.words}")
    lines = sum(len(source.counts) for source in files)
    ran = lines - sum(len(source.missing()) for source in files)
    print(f"{ran} of {lines} lines ran: {percent(ran, lines):.1f} percent; what did not: {options.build}/missing.txt")
    return 1 if faults or percent(ran, lines) < options.least else 0


if __name__ == "__main__":
    sys.exit(main())
