#!/usr/bin/env python3
"""Runs test suites two at a time and sums them up in one last line, "N passed, N failed".

A suite is a command whose last such line counts; one that crashes, runs too long or prints no such
line counts as one failure more.  Logs lie in BUILD/test/.  SOAK=1 asks for full counts.
With --rounds every suite runs so often, all of them once before any of them again, until a round in
which one failed; each round has a directory of its own for its logs.
usage: test.py [--build DIR] [--images DIR] [--jobs N] [--patience N] [--smp N] [--rounds N] [--module M] [--name S] KIND...
       (see KINDS, or all)
"""
import argparse
import concurrent.futures
import glob
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
COUNTS = re.compile(r"^(?:\w+: *)?(\d+) passed, (\d+) failed(?:, \d+ skipped)?$", re.MULTILINE)
KINDS = ("fuzz", "iso", "check", "tools", "conform", "inside", "explore", "ktest", "bochs", "unit", "scenario")  # the longest first
SHELL_SUITES = ("ash", "mksh", "bash", "scripts")  # modules/shell/test/suites
TAIL_LINES = 40
# A make that we start is not a part of the make that started us.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
SOAK = os.environ.get("SOAK") == "1"
RUNNING = set()  # suites: each is the first of a process group of its own


@dataclass
class Suite:
    """One command to judge by its output."""
    name: str
    command: list
    seconds: float

    def log_path(self, directory):
        return os.path.join(directory, self.name.replace("/", "-").replace(" ", "-") + ".log")


@dataclass
class Outcome:
    passed: int
    failed: int
    seconds: float
    note: str = ""


def make_suites(kind, options):
    python = [sys.executable]
    if kind == "tools":
        return [Suite("tools", python + ["tools/tests/run.py"], 300)]
    if kind == "check":
        return [Suite("check", python + ["scripts/check.py", "--build", options.build, "all"], 900)]
    if kind == "conform":
        return [Suite("shell conformance", python + ["modules/shell/test/conform/table.py",
                                                     f"--shell=-sh={options.build}/host/sh-anon-host --posix",
                                                     f"--shell=anon={options.build}/host/sh-anon-host",
                                                     "--build", f"{options.build}/conform"], 600)] + \
               [Suite(f"shell {name}", python + [f"modules/shell/test/suites/{name}.py", "--build", options.build], 600)
                for name in SHELL_SUITES]
    if kind == "iso":
        return [Suite("iso built twice", python + ["scripts/build_twice.py", options.build], 900)]
    if kind == "inside":
        return [Suite("shell conformance inside", python + ["modules/shell/test/conform/inside.py", "--build", options.build], 600)]
    if kind == "fuzz":
        return [Suite("fuzz shell", python + ["modules/shell/test/fuzz/run.py", options.build], 600)] if SOAK else []
    if kind == "explore":
        return [Suite("explore", python + ["scripts/run_explore.py", options.build], 600)]
    if kind == "unit":
        return [Suite(f"unit {module}/{name}", [path], 120) for module, name, path in units(options)]
    if kind == "ktest":
        return [Suite("ktest", python + ["scripts/run_ktest.py", options.build], 300),
                Suite("ktest sanitize", python + ["scripts/run_ktest.py", options.build, "sanitize"], 300)]
    if kind == "bochs":
        return [Suite("bochs", python + ["scripts/run_bochs.py", options.build], 300)]
    return [scenario_suite(path, options) for path in scenarios(options)]


def units(options):
    """(module, test, program) of every unit test, as make knows them."""
    command = ["make", "-s", "unit-list", f"BUILD={options.build}"]
    if options.module:
        command.append(f"M={options.module}")
    listing = subprocess.run(command, cwd=ROOT, check=True, env=ENVIRONMENT,
                             stdout=subprocess.PIPE, text=True).stdout
    for path in listing.split():
        module, name = path.split("/")[-2:]
        if not options.name or options.name == name:
            yield module, name, os.path.join(ROOT, path)


def scenarios(options):
    found = sorted(glob.glob(os.path.join(ROOT, "modules", "*", "scenario", "*.scn")), key=lambda path: (-limit_of(path), path))
    for path in found:
        name = os.path.basename(path)[:-len(".scn")]
        module = path.split(os.sep)[-3]
        if (not options.name or options.name in (name, f"{module}/{name}")) and \
                (not options.module or options.module == module):
            yield path


def limit_of(path):
    """The seconds that a scenario gives itself: those that take long start first."""
    with open(path, encoding="utf-8") as f:
        return int(re.search(r"^time (\d+)|\Z", f.read(), re.MULTILINE).group(1) or 0)


def scenario_suite(path, options):
    module, name = path.split(os.sep)[-3], os.path.basename(path)[:-len(".scn")]
    command = [sys.executable, "tools/anon", "play", "--build", options.images]
    command += ["--patience", str(options.patience), "--smp", str(options.smp)] + (["--soak"] if SOAK else [])
    return Suite(f"scenario {module}/{name}", command + [path], 600)


def run_suite(suite, options):
    """Runs one suite to its end or its time limit; returns what became of it."""
    start = time.monotonic()
    log_path = suite.log_path(options.logs)
    os.makedirs(os.path.dirname(log_path), exist_ok=True)
    limit = suite.seconds * (20 if SOAK else 1) * options.patience
    with open(log_path, "wb") as log:
        try:
            child = subprocess.Popen(suite.command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log,
                                     stderr=subprocess.STDOUT, start_new_session=True,
                                     env=ENVIRONMENT)
        except OSError as error:
            return Outcome(0, 1, 0, f"cannot run: {error}")
        RUNNING.add(child)
        status = wait_or_stop(child, limit)
        RUNNING.discard(child)
    with open(log_path, encoding="utf-8", errors="replace") as log:
        return judge(log.read(), status, time.monotonic() - start)


def stop_all(number, _frame):
    """We are to end: so do the suites, with all that they started."""
    for child in list(RUNNING):
        os.killpg(child.pid, signal.SIGTERM)
    os._exit(128 + number)


def wait_or_stop(child, limit):
    """Exit status, or None when the suite had to be stopped; no process of it is left behind."""
    try:
        return child.wait(limit)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        return None


def run_all(suites, options):
    """Yields each suite with its outcome when it has ended."""
    with concurrent.futures.ThreadPoolExecutor(max(options.jobs, 1)) as pool:
        running = {pool.submit(run_suite, suite, options): suite for suite in suites}
        for done in concurrent.futures.as_completed(running):
            yield running[done], done.result()


def judge(text, status, seconds):
    counts = COUNTS.findall(text)
    passed, failed = (int(n) for n in counts[-1]) if counts else (0, 0)
    if counts and status == 0:
        skipped = re.search(r"^skipped: (.*)$", text, re.MULTILINE)
        return Outcome(passed, failed, seconds, f"skipped: {skipped.group(1)}" if skipped else "")
    if status is None:
        return Outcome(passed, failed + 1, seconds, "ran too long")
    if not counts:
        return Outcome(0, 1, seconds, f"no result line, exit status {status}")
    if failed == 0:
        return Outcome(passed, 1, seconds, f"exit status {status}")
    return Outcome(passed, failed, seconds)


def report(suite, outcome, options):
    note = f"  {outcome.note}" if outcome.note else ""
    print(f"  {suite.name:<40} {outcome.passed:>5} passed {outcome.failed:>4} failed "
          f"{outcome.seconds:>7.1f} s{note}", flush=True)
    if outcome.failed and outcome.seconds:
        path = suite.log_path(options.logs)
        with open(path, encoding="utf-8", errors="replace") as log:
            lines = log.read().splitlines()
        print("\n".join(f"    | {line}" for line in lines[-TAIL_LINES:]))
        print(f"    | (all of it: {os.path.relpath(path)})", flush=True)


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--images", help="what scenarios boot (BUILD)")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--patience", type=float, default=1, help="how many times the usual time limits")
    parser.add_argument("--smp", type=int, default=1, help="CPUs of the scenarios that leave it open")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--module")
    parser.add_argument("--name")
    parser.add_argument("--build-status", type=int, help="how the build before us ended; counts as a suite")
    parser.add_argument("kinds", nargs="+", choices=("all",) + KINDS)
    options = parser.parse_args()
    options.build = os.path.relpath(options.build, ROOT)
    options.logs = os.path.join(options.build, "test")
    options.images = os.path.relpath(options.images, ROOT) if options.images else options.build
    return options


def main():
    options = parse()
    os.chdir(ROOT)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop_all)
    kinds = [kind for kind in KINDS if kind in options.kinds or "all" in options.kinds]
    suites = [suite for kind in kinds for suite in make_suites(kind, options)]
    passed = failed = 0
    losers = []
    if options.build_status is not None:
        passed, failed = (0, 1) if options.build_status else (1, 0)
        losers = ["build"] if failed else []
        print(f"  {'build':<40} {passed:>5} passed {failed:>4} failed")
    start = time.monotonic()
    for number in range(1, options.rounds + 1):
        if options.rounds > 1:
            print(f"  round {number} of {options.rounds}")
            options.logs = os.path.join(options.build, "test", f"round-{number}")
        for suite, outcome in run_all(suites, options):
            report(suite, outcome, options)
            passed += outcome.passed
            failed += outcome.failed
            if outcome.failed:
                losers.append(suite.name)
        if losers:
            break
    print(f"  {len(suites) * number} suites run in {time.monotonic() - start:.0f} s; logs in {options.build}/test/")
    if losers:
        print("  failed: " + ", ".join(losers))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not suites else 0


if __name__ == "__main__":
    sys.exit(main())
