#!/usr/bin/env python3
"""Real scripts under the shell and under dash: same arguments, same folder; output, status and files must be the same.

scripts.tsv has a script with its package, version and SHA-256, and how to call it (NAME=VALUE words in front are environment). Paths
without a slash in front lie in third_party; the others are the host's own, of packages that setup_dev_env.sh asks for or that
Debian always has; one of another version is skipped.
usage: scripts.py [--shell PROGRAM] [--show] [--write] [CASE...]
"""
import bz2
import collections
import difflib
import gzip
import hashlib
import lzma
import os
import re
import shlex
import subprocess
import sys

import suites

TABLE = os.path.join(suites.HERE, "scripts.tsv")
REFERENCE = "/bin/dash"
SECONDS = 60
WRITTEN = 1600000000  # time of every file
SAMPLE = 60  # calls, unless SOAK=1
TEXTS = {"a.txt": "first line\nsecond line\nthird (line)\n", "b.txt": "first line\n2nd line\nthird (line)\nfourth\n", "with space.txt": "a b\n"}
Script = collections.namedtuple("Script", "path package version sum when call")
# What no two runs have in common: process numbers, times, the folder; and how a shell begins its messages.
VARYING = [(re.compile(rb"(?m)^(?:\S*sh: )?(\S+): (?:line )?\d+: (.*: )?.*$"), rb"\1: (message)"),
           (re.compile(rb"(?m)^(?:\S*sh: )?(?:Illegal option -.|-.: bad option)$"), b"(message)"),
           (re.compile(rb"\b\d\d:\d\d:\d\d(?:\.\d+)?\b"), b"(time)"), (re.compile(rb"0x[0-9a-f]{8,}"), b"(address)"),
           (re.compile(rb"\b(tmp|bzdiff|bzgrep|cc|gz|[a-z]+)([.]?)(?=\w*[\dA-Z])\w{5,10}\b(?=[.: /]|$)"), rb"\1\2(temporary)")]


def read_table():
    with open(TABLE, encoding="utf-8") as f:
        rows = [line.rstrip("\n").split("\t") for line in f if line.strip() and not line.startswith("#")]
    return {f"{row[0]} {row[5]}".strip(): Script(*row) for row in rows}


def place_of(script):
    return script.path if script.path.startswith("/") else suites.third_party(*script.path.split("/"))


def is_there(script):
    path = place_of(script)
    if not os.path.exists(path):
        return False
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest() == script.sum


def write_file(folder, name, data):
    with open(os.path.join(folder, name), "wb") as f:
        f.write(data)


def fill(folder, shell):
    """The files that scripts are called with, and a bin with the shell as sh, whose path it returns."""
    for name, text in TEXTS.items():
        data = text.encode()
        write_file(folder, name, data)
        write_file(folder, name[:-3] + "gz", gzip.compress(data, mtime=0))
        write_file(folder, name[:-3] + "bz2", bz2.compress(data))
        write_file(folder, name[:-3] + "xz", lzma.compress(data))
    write_file(folder, "program", b"#!/bin/sh\necho program: \"$@\"\n")
    os.chmod(os.path.join(folder, "program"), 0o755)
    for name in os.listdir(folder):
        os.utime(os.path.join(folder, name), (WRITTEN, WRITTEN))
    os.mkdir(os.path.join(folder, "bin"))
    os.symlink(shell, os.path.join(folder, "bin", "sh"))
    return os.path.join(folder, "bin", "sh")


def comparable(data, folder):
    data = data.replace(os.path.dirname(folder).encode(), b"(folder)")
    for pattern, text in VARYING:
        data = pattern.sub(text, data)
    return data.decode(errors="backslashreplace")


def contents(folder):
    """Every file below a folder, as text to compare."""
    found = []
    for top, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(top, name)
            if not os.path.islink(path):
                with open(path, "rb") as f:
                    digest = hashlib.sha256(comparable(f.read(), folder).encode()).hexdigest()
                found.append(f"{comparable(os.path.relpath(path, folder).encode(), folder)} {digest[:16]}")
    return sorted(found)


def run(shell, script):
    """What a script said and left behind."""
    with suites.scratch() as folder:
        shell = fill(folder, shell)
        words = shlex.split(script.call)
        environment = {"PATH": f"{folder}/bin:/usr/lib/git-core:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": folder, "LC_ALL": "C", "TERM": "dumb",
                       "TMPDIR": folder, "GIT_CONFIG_NOSYSTEM": "1"}
        while words and re.match(r"[A-Za-z_]\w*=", words[0]):
            name, value = words.pop(0).split("=", 1)
            environment[name] = value
        out, _, status = suites.run([shell, place_of(script), *words], folder, environment, SECONDS * (20 if script.when == "soak" else 1))
        return comparable(out, folder).splitlines() + [f"status {status}"] + contents(folder)


def write():
    """Keeps the calls; asks this host for versions and sums."""
    rows = read_table().values()
    with open(TABLE, encoding="utf-8") as f:
        head = [line for line in f if line.startswith("#")]
    with open(TABLE, "w", encoding="utf-8") as f:
        f.writelines(head)
        for row in rows:
            with open(place_of(row), "rb") as script:
                digest = hashlib.sha256(script.read()).hexdigest()
            version = row.version
            if row.path.startswith("/"):
                version = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", row.package], stdout=subprocess.PIPE, text=True,
                                         check=True).stdout
            f.write("\t".join((row.path, row.package, version, digest, row.when, row.call)) + "\n")


def main():
    parser = suites.arguments(__doc__)
    parser.add_argument("--write", action="store_true", help="take versions and sums of this host")
    options = parser.parse_args()
    if options.write:
        write()
        return 0
    shell, table = os.path.abspath(options.shell), read_table()
    wanted = [name for name, script in table.items() if script.when != "soak" or os.environ.get("SOAK") == "1"]
    chosen = suites.choose(wanted, options)
    chosen = chosen if options.cases else suites.sample(chosen, SAMPLE)
    names = [name for name in chosen if is_there(table[name])]
    missing = len(chosen) - len(names)

    def differs(name):
        here, there = run(shell, table[name]), run(REFERENCE, table[name])
        return "\n".join(difflib.unified_diff(there, here, "dash", "here", lineterm="", n=1))

    status = suites.judge(names, differs, options, "scripts-differ.tsv", table)
    if missing:
        print(f"skipped: {missing} calls of scripts that this host has in another version or not at all")
    return status


if __name__ == "__main__":
    sys.exit(main())
