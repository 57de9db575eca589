"""One kernel, not a matrix of them: no architecture in generic code, no #if inside a function."""
import re

from . import Result
from .ctext import code_lines, functions

NAME = "conditionals"
WHAT = "no architecture #if outside arch/, no #if in function bodies"
CONDITION = re.compile(r"^\s*#\s*(?:el)?if(?:n?def)?\b(.*)")
ARCHITECTURE = re.compile(r"x86|amd64|i386|aarch64|__arm|riscv|ARCH_|_ARCH\b|__LP64__|__SSE|__AVX")


def check(tree):
    result = Result(len(tree.c_files))
    for path in tree.c_files:
        bodies = [(f.body, f.last) for f in functions(path)]
        for number, line in enumerate(code_lines(path), 1):
            match = CONDITION.match(line)
            if not match:
                continue
            if "/arch/" not in path and ARCHITECTURE.search(match.group(1)):
                result.find(path, number, "architecture #if in generic code")
            if any(body < number < last for body, last in bodies):
                result.find(path, number, "#if in a function body")
    return result
