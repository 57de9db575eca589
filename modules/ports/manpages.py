#!/usr/bin/env python3
"""Writes a formatted manual page ("cat page", which man shows as it is) for each command of busybox and toybox, from
what the command says of itself with --help, and copies our own from man/.

usage: manpages.py PROGRAMS OUTPUT          PROGRAMS: the folder of busybox and toybox; OUTPUT: .../man/cat1
"""
import os
import re
import shutil
import subprocess
import sys

WIDTH = 78
OWN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "man")


def said(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False).stdout.expandtabs(8)


def commands(programs):
    """(command, program, what it says of itself); toybox's win, as they do in /bin."""
    found = {}
    for program, listing in (("busybox", ["--list"]), ("toybox", [])):
        path = os.path.join(programs, program)
        for name in said(path, *listing).split():
            if name != program:
                found[name] = (program, said(path, name, "--help"))
    return found


def split_help(text):
    """Usage lines, and the paragraphs after them; the program's banner is left out."""
    lines = text.strip("\n").split("\n")
    while lines and not re.match(r"[Uu]sage: ", lines[0]):
        lines.pop(0)
    usage = []
    while lines and lines[0].strip():
        usage.append(re.sub(r"^([Uu]sage: |\s+or:? )", "", lines.pop(0)).strip())
    return usage, "\n".join(lines).strip("\n")


def page(name, program, text):
    usage, body = split_help(text)
    heading = f"{name.upper()}(1)"
    first = body.strip().split("\n")[0].strip() if body and not body.startswith(("  ", "-")) else ""
    out = [heading + "User commands".center(WIDTH - 2 * len(heading)) + heading, "", "NAME",
           f"       {name}" + (f" - {first.rstrip('.')}" if first else ""), "", "SYNOPSIS"]
    out += ["       " + line for line in usage or [name]]
    out += ["", "DESCRIPTION"] + [("       " + line).rstrip() for line in (body or "No description.").split("\n")]
    out += ["", "SOURCE", f"       {program}; its sources are in /third_party.", ""]
    return "\n".join(out)


def main():
    programs, output = sys.argv[1:]
    os.makedirs(output)
    for name, (program, text) in commands(programs).items():
        if "/" not in name and name not in ("[", "[["):
            with open(os.path.join(output, name + ".1"), "w", encoding="utf-8") as f:
                f.write(page(name, program, text))
    for name in sorted(os.listdir(OWN)):
        shutil.copyfile(os.path.join(OWN, name), os.path.join(output, name))


if __name__ == "__main__":
    main()
