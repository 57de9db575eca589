"""Every .c opens with its purpose; a TODO names an issue."""
import re

from . import Result
from .tree import lines_of

NAME = "comments"
WHAT = "each .c opens with a purpose comment of 3 to 20 lines; TODO(issue) only"
LEAST, MOST = 3, 20
TODO = re.compile(r"\b(?:TODO(?!\(\d+\))|FIXME|XXX\b)")


def head_lines(lines):
    """How many lines the comment at the top takes; 0 when there is none."""
    if not lines or not lines[0].startswith("/*"):
        return 0
    return next((n for n, line in enumerate(lines, 1) if "*/" in line), len(lines))


def check(tree):
    result = Result(len(tree.c_files))
    for path in tree.c_files:
        lines = lines_of(path)
        if path.endswith(".c"):
            length = head_lines(lines)
            if length == 0:
                result.find(path, 1, "no purpose comment at the top")
            elif not LEAST <= length <= MOST:
                result.find(path, 1, f"the purpose comment has {length} lines, not {LEAST} to {MOST}")
        for number, line in enumerate(lines, 1):
            if TODO.search(line):
                result.find(path, number, "TODO without an issue number")
    return result
