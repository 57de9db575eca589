#!/usr/bin/env python3
"""Makes a new module that builds at once: a library with one function, its test, a README.

usage: new_module.py NAME
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FILES = {
    "README.md": """# {name}

What it is: say it in a sentence or two.

What it is not: ...

Build and test it alone: `make objects unit M={name}` and `make split-check M={name}`.

## Limitations

None known yet, which only means that nobody has looked.
""",
    "module.mk": """NAME := {name}
USES := base
LIB  := src/{noun}.c
UNIT_TESTS := {noun}_test
{noun}_test_TEST_SRC := src/{noun}_test.c src/{noun}.c
""",
    "interface/{name}/{noun}.h": """/*
 * What other modules may know of {name}.
 */
#pragma once

/* The next number after a given one. */
int {noun}_next(int number);
""",
    "src/{noun}.c": """/*
 * {name}: say here what this file is for, who calls it,
 * and the one thing about it that surprises.
 */
#include <{name}/{noun}.h>

int {noun}_next(int number)
{{
	return number + 1;
}}
""",
    "src/{noun}_test.c": """/*
 * Host tests of {noun}.c.
 * Each case says in its name what must hold.
 */
#include <base/test.h>
#include <{name}/{noun}.h>

TEST(next_counts_up)
{{
	CHECK_EQ({noun}_next(1), 2);
}}

TEST_MAIN();
""",
}


def main(name):
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        return "the name must be of small letters, digits and dashes"
    top = os.path.join(ROOT, "modules", name)
    if os.path.exists(top):
        return f"modules/{name} exists"
    noun = name.replace("-", "_")
    for path, text in FILES.items():
        place = os.path.join(top, path.format(name=name, noun=noun))
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "w", encoding="utf-8") as f:
            f.write(text.format(name=name, noun=noun))
    print(f"modules/{name}: try make unit M={name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) if len(sys.argv) == 2 else __doc__)
