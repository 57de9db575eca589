#!/usr/bin/env python3
"""What concerns POSIX in bash's tests against the shell: each script's output compared with its *.right file.

The shell is called sh, as bash's own harness does it for posix*.tests. Texts of messages are the shells' own and not compared. A script is one
case, however many things it tries; bash.tsv lists those that differ.
usage: bash.py [--shell PROGRAM] [--show] [CASE...]
"""
import difflib
import os
import re
import shutil
import subprocess
import sys

import suites

SUITE = suites.third_party("bash-source", "src", "tests")
EXPECTATION = re.compile(rb"^expect .*\n", re.M)  # what argv should be, which the suite's harness leaves out
HELPERS = ("recho", "zecho", "printenv")
SECONDS = 120
CASES = ("ifs-posix input invert iquote posix2 posixexp posixexp2 posixpat posixpipe rhs-exp strip tilde tilde2").split()
MESSAGE = re.compile(rb"^(?:[^\s:]+: )*(?:line \d+: .*|-.: bad option|Illegal option .*)$", re.M)


def prepare(options):
    """A folder with the suite's helpers and the shell by the name sh."""
    folder = os.path.abspath(os.path.join(options.build, "suites", "bash"))
    os.makedirs(folder, exist_ok=True)
    for name in HELPERS:
        if not os.path.exists(os.path.join(folder, name)):
            subprocess.run(["gcc", "-w", "-O2", "-include", "unistd.h", "-o", os.path.join(folder, name),
                            suites.third_party("busybox-source", "src", "shell", "ash_test", name + ".c")], check=True)
    shell = os.path.join(folder, "sh")
    if os.path.lexists(shell):
        os.unlink(shell)
    os.symlink(os.path.abspath(options.shell), shell)
    return shell, {"HOME": "/", "PATH": folder + ":/usr/bin:/bin:/usr/sbin:/sbin", "THIS_SH": shell, "TERM": "dumb"}


def comparable(output):
    return MESSAGE.sub(b"(message)", EXPECTATION.sub(b"", output)).decode(errors="backslashreplace").splitlines()


def find(name, ending):
    return next((path for path in (os.path.join(SUITE, name + ending), os.path.join(SUITE, name)) if os.path.isfile(path)), None)


def right_of(name):
    return os.path.join(SUITE, {"execscript": "exec", "dollar-at-star": "dollar"}.get(name, name) + ".right")


def main():
    options = suites.arguments(__doc__).parse_args()
    shell, environment = prepare(options)

    def differs(name):
        with suites.scratch() as folder:
            shutil.copytree(SUITE, folder, symlinks=True, dirs_exist_ok=True)
            environment_here = dict(environment, TMPDIR=folder, BASH_TSTOUT=os.path.join(folder, "out"), PWD=folder)
            output, _, _ = suites.run([shell, os.path.join(".", os.path.basename(find(name, ".tests")))], folder, environment_here, SECONDS)
        with open(right_of(name), "rb") as f:
            right = f.read()
        return "\n".join(difflib.unified_diff(comparable(right), comparable(output), "right", "here", lineterm="", n=1))

    return suites.judge(suites.choose([name for name in CASES if find(name, ".tests") and os.path.exists(right_of(name))], options), differs, options, "bash.tsv")


if __name__ == "__main__":
    sys.exit(main())
