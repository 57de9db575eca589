#!/usr/bin/env python3
"""Writes an image's whole manifest: `images/NAME.manifest` or, where it says `from OTHER`, that of OTHER with its own lines added.

`from` is the first directive. The lines of each `service` entry below it go to the end of the entry of that name in OTHER,
which must be there; so a variant says what differs and copies nothing.  OTHER is whole itself.  What the result means is
for `manifest-check`.

usage: manifest.py FILE
"""
import os
import sys


def fail(path, number, words):
    sys.exit(f"{path}:{number}: {words}")


def directive(line):
    return line.split("#")[0].split()


def end_of_entry(lines, name):
    """Where a line of this entry may follow, or None: behind its last directive."""
    end = None
    is_open = False
    for index, words in enumerate(map(directive, lines)):
        if words[:1] == ["service"]:
            is_open = words[1:] == [name]
        if is_open and words:
            end = index + 1
    return end


def add(path, lines, additions):
    name = None
    for number, line in additions:
        words = directive(line)
        if words[:1] == ["service"]:
            name = words[1] if len(words) == 2 else fail(path, number, "service NAME")
        elif words:
            end = end_of_entry(lines, name)
            if end is None:
                fail(path, number, f"no entry of the other image is open for: {words[0]}")
            lines.insert(end, line)
    return lines


def read(path):
    """The lines, and the index of the first directive (0 when there is none)."""
    try:
        with open(path, encoding="utf-8") as f:
            lines = f.read().splitlines()
    except OSError as error:
        sys.exit(f"{path}: {error.strerror}")
    return lines, next((i for i, line in enumerate(lines) if directive(line)), 0)


def whole(path):
    """The lines of the image's manifest, `from` resolved."""
    lines, first = read(path)
    words = directive(lines[first]) if lines else []
    if words[:1] != ["from"]:
        return lines
    if len(words) != 2:
        fail(path, first + 1, "from NAME")
    other, start = read(os.path.join(os.path.dirname(path), f"{words[1]}.manifest"))
    if other and directive(other[start])[:1] == ["from"]:
        fail(path, first + 1, f"{words[1]} is not whole itself")
    return add(path, other, list(enumerate(lines, 1))[first + 1:])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip().splitlines()[-1])
    print("\n".join(whole(sys.argv[1])))
