#!/usr/bin/env python3
"""Feeds the shell's parser and expansions with scripts that libFuzzer makes up, and counts what goes wrong.

It starts from the scripts of the conformance cases and those of earlier runs (BUILD/fuzz/corpus). A script may take 30 seconds and the fuzzer 2 GiB;
what a sanitizer finds, what takes more and what leaks is a finding, kept as BUILD/fuzz/finding-*. After a finding the fuzzer starts again.
The time is processor time, so a busy host tests as much as an idle one.
usage: run.py [--seconds N] [--corpus DIR] BUILD        (60 seconds; an hour with SOAK=1)
"""
import argparse
import glob
import hashlib
import os
import re
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = os.path.join(HERE, "..", "conform", "cases")
SCRIPT_SECONDS, SCRIPT_BYTES = 30, 2048
PROGRAM_MIB = 2048  # with the corpus and what the sanitizer holds back
MOST_FINDINGS = 20
TICKS = os.sysconf("SC_CLK_TCK")
SOAK_SECONDS = 3600


def seed_scripts():
    """The script of every conformance case."""
    for path in sorted(glob.glob(os.path.join(CASES, "*.txt"))):
        with open(path, encoding="utf-8") as f:
            script = None
            for line in f:
                if line.startswith(("# ", "== ", "-- ")):
                    if script:
                        yield "".join(script).encode()
                    script = [] if line.startswith("== ") else None
                elif script is not None:
                    script.append(line)
            if script:
                yield "".join(script).encode()


def make_seeds(folder):
    os.makedirs(folder, exist_ok=True)
    for script in seed_scripts():
        with open(os.path.join(folder, hashlib.sha1(script).hexdigest()), "wb") as f:
            f.write(script)


def processor_seconds(pid):
    """What a running child has used so far."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def run_once(options, seconds, log):
    """Lets the fuzzer run for so many seconds of processor time or to its first finding; returns what it used."""
    folder = os.path.join(options.build, "fuzz")
    command = [os.path.join(folder, "sh-fuzz"), f"-dict={HERE}/tokens.dict", f"-timeout={SCRIPT_SECONDS}", f"-report_slow_units={SCRIPT_SECONDS}", f"-rss_limit_mb={PROGRAM_MIB}",
               f"-max_len={SCRIPT_BYTES}", "-print_final_stats=1", "-reload=0",
               f"-artifact_prefix={folder}/finding-", os.path.join(folder, "corpus"), os.path.join(folder, "seeds")]
    command += [options.corpus] if options.corpus else []
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                             env=dict(os.environ, ASAN_OPTIONS="quarantine_size_mb=64"))
    used = 0
    while child.poll() is None:
        try:
            used = processor_seconds(child.pid)
        except OSError:
            break
        if used >= seconds:
            child.send_signal(signal.SIGUSR1)  # ends after the script that it is at
            break
        time.sleep(0.5)
    try:
        child.wait(SCRIPT_SECONDS * 3)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    return used


def report(log_path, used):
    """Totals of all the starts, from the fuzzer's own log."""
    with open(log_path, encoding="utf-8", errors="replace") as f:
        text = f.read()
    executions = sum(int(n) for n in re.findall(r"^stat::number_of_executed_units: *(\d+)", text, re.M))
    covered = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", text)
    counters = re.search(r"\((\d+) inline 8-bit counters\)", text)
    edges, features, corpus = max((tuple(map(int, c)) for c in covered), default=(0, 0, 0))
    print(f"{executions} scripts in {used:.0f} s of processor time; {edges} of {counters[1] if counters else '?'} edges, "
          f"{features} features, {corpus} scripts in the corpus")
    return executions


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=SOAK_SECONDS if os.environ.get("SOAK") == "1" else 60)
    parser.add_argument("--corpus", metavar="DIR", help="more scripts to start from")
    parser.add_argument("build")
    options = parser.parse_args()
    folder = os.path.join(options.build, "fuzz")
    log_path = os.path.join(folder, "fuzz.log")
    os.makedirs(os.path.join(folder, "corpus"), exist_ok=True)
    make_seeds(os.path.join(folder, "seeds"))
    before, used = set(glob.glob(f"{folder}/finding-*")), 0
    found = []
    with open(log_path, "wb") as log:
        while used < options.seconds and len(found) < MOST_FINDINGS:
            spent = run_once(options, options.seconds - used, log)
            used += spent
            now = sorted(set(glob.glob(f"{folder}/finding-*")) - before - set(found))
            found += now
            if not now and used < options.seconds:
                break  # it ended by itself: the log tells why
    for path in found:
        print(f"finding: {path}")
    executions = report(log_path, used)
    failed = len(found) or int(not executions or used < options.seconds)
    print(f"{executions} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
