#!/usr/bin/env python3
"""busybox's shell/ash_test against the shell: each *.tests script's output compared with its *.right file.

Texts of messages are the shells' own and not compared, only that there is one. ash.tsv lists the cases that differ.
usage: ash.py [--shell PROGRAM] [--show] [CASE...]
"""
import difflib
import glob
import os
import re
import shutil
import subprocess
import sys

import suites

SUITE = suites.third_party("busybox-source", "src", "shell", "ash_test")
CONFIG = suites.third_party("busybox-packaging", "src", "config", "pkg", "static")
HELPERS = ("printenv", "recho", "zecho")
SECONDS = 200
MESSAGE = re.compile(rb"^(?:[^\s:]+: )*(?:line \d+: .*|write error: .*|-.: bad option|Illegal option .*|[^\s:]+: not found)$", re.M)


def prepare(options):
    """A folder with the suite's helpers, the shell by the name ash and busybox; the environment that goes with it."""
    folder = os.path.abspath(os.path.join(options.build, "suites", "ash"))
    os.makedirs(folder, exist_ok=True)
    for name in HELPERS:
        if not os.path.exists(os.path.join(folder, name)):
            subprocess.run(["gcc", "-w", "-O2", "-o", os.path.join(folder, name), os.path.join(SUITE, name + ".c")], check=True)
    shell = os.path.join(folder, "ash")
    suites.link(options.shell, shell)
    suites.link(suites.third_party("busybox-static", "busybox"), os.path.join(folder, "busybox"))
    environment = {"HOME": "/", "PATH": folder + ":/usr/bin:/bin:/usr/sbin:/sbin", "THIS_SH": shell}
    with open(CONFIG, encoding="utf-8") as f:
        environment.update(re.findall(r"^(CONFIG_\w+)=\"?(.*?)\"?$", f.read(), re.M))
    return shell, environment


def comparable(output):
    return MESSAGE.sub(b"(message)", output).decode(errors="backslashreplace").splitlines()


def main():
    options = suites.arguments(__doc__).parse_args()
    shell, environment = prepare(options)

    def differs(name):
        path = os.path.join(SUITE, name)
        with suites.scratch(os.path.dirname(path), ("*.tests",)) as folder:
            shutil.copy2(path, folder)
            output, _, _ = suites.run([shell, "./" + os.path.basename(path)], folder, environment, SECONDS)
        with open(path[:-len(".tests")] + ".right", "rb") as f:
            right = f.read()
        return "\n".join(difflib.unified_diff(comparable(right), comparable(output), "right", "here", lineterm="", n=1))

    names = [os.path.relpath(path, SUITE) for path in sorted(glob.glob(SUITE + "/ash-*/*.tests"))
             if os.access(path, os.X_OK) and os.path.exists(path[:-len(".tests")] + ".right")]
    return suites.judge(suites.choose(names, options), differs, options, "ash.tsv")


if __name__ == "__main__":
    sys.exit(main())
