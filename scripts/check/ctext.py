"""Reading C by its layout: comments blanked out, functions found by their braces in column 0."""
import functools
import re
from dataclasses import dataclass

from .tree import lines_of

TOKENS = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
NAME = re.compile(r"(\w+)\s*\(")


@dataclass
class Function:
    """A function definition: first is the line of its name, last that of its closing brace."""
    name: str
    first: int
    body: int
    last: int

    @property
    def lines(self):
        return self.last - self.first + 1


def blank(match):
    """A comment or literal, replaced by as many lines of nothing."""
    return ("" if match.group().startswith("/") else '""') + "\n" * match.group().count("\n")


@functools.lru_cache(maxsize=None)
def code_lines(path):
    """The lines of a C file with comments removed and literals emptied."""
    return TOKENS.sub(blank, "\n".join(lines_of(path))).split("\n")


@functools.lru_cache(maxsize=None)
def functions(path):
    """The functions a C file defines."""
    lines, found, body = code_lines(path), [], None
    for number, line in enumerate(lines, 1):
        if line.startswith("{"):
            body = number
        elif line.startswith("}") and body:
            signature = first_line(lines, body)
            name = NAME.search(" ".join(lines[signature - 1:body - 1]))
            if name:
                found.append(Function(name.group(1), signature, body, number))
            body = None
    return found


def first_line(lines, body):
    """The line where the signature of the function whose body starts there begins."""
    line = body
    while line > 1 and (text := lines[line - 2]).strip() and not text.startswith(("#", "}")) and \
            not text.rstrip().endswith((";", "*/")):
        line -= 1
    return line
