#!/usr/bin/env python3
"""What concerns POSIX in bash's tests against the shell: each script's output compared with its *.right file.

The shell is called sh, as bash's own harness does it for posix*.tests. Texts of messages are the shells' own and not compared. A script is one
case, however many things it tries; bash.tsv lists those that differ. set-e waits in a loop for (( x == 4 )) to hold, which no shell without the
arithmetic command of bash gets out of: it is given the condition in POSIX's words.
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
SECONDS = 400  # ifs-posix starts some thousand processes
CASES = "ifs-posix input invert iquote posix2 posixexp posixexp2 posixpat posixpipe rhs-exp set-e strip tilde tilde2".split()
FROM_INPUT = {"input": "input-line.sh"}  # what the shell reads from its standard input
IN_POSIX = {"set-e": (b"(( x == 4 ))", b"[ $x -eq 4 ]")}
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
    suites.link(options.shell, shell)
    return shell, {"HOME": "/", "PATH": folder + ":/usr/bin:/bin:/usr/sbin:/sbin", "THIS_SH": shell, "TERM": "dumb"}


def comparable(output):
    return MESSAGE.sub(b"(message)", EXPECTATION.sub(b"", output)).decode(errors="backslashreplace").splitlines()


def put_in_posix(folder, name):
    """Replaces in a script what only bash can do and the rest of it needs."""
    theirs, ours = IN_POSIX[name]
    path = os.path.join(folder, name + ".tests")
    with open(path, "rb") as f:
        text = f.read()
    if theirs not in text:
        raise ValueError(f"{path}: no {theirs}")
    with open(path, "wb") as f:
        f.write(text.replace(theirs, ours))


def output_of(name, shell, environment):
    """What a script writes, run in a copy of the suite."""
    with suites.scratch() as folder:
        shutil.copytree(SUITE, folder, symlinks=True, dirs_exist_ok=True)
        if name in IN_POSIX:
            put_in_posix(folder, name)
        command, text = [shell, f"./{name}.tests"], b""
        if name in FROM_INPUT:
            with open(os.path.join(folder, FROM_INPUT[name]), "rb") as f:
                command, text = [shell], f.read()
        here = dict(environment, TMPDIR=folder, BASH_TSTOUT=os.path.join(folder, "out"), PWD=folder)
        return suites.run(command, folder, here, SECONDS, text)[0]


def main():
    options = suites.arguments(__doc__).parse_args()
    shell, environment = prepare(options)

    def differs(name):
        output = output_of(name, shell, environment)
        with open(os.path.join(SUITE, name + ".right"), "rb") as f:
            right = f.read()
        return "\n".join(difflib.unified_diff(comparable(right), comparable(output), "right", "here", lineterm="", n=1))

    return suites.judge(suites.choose(CASES, options), differs, options, "bash.tsv")


if __name__ == "__main__":
    sys.exit(main())
