"""Long files and functions, and the share of long functions in each module."""
import os

from . import Result
from .ctext import functions
from .tree import exists, lines_of

NAME = "lengths"
WHAT = "files under 600 lines (1000 with a line in the README), under 5 % of functions over 60 lines"
FILE_LONG, FILE_TOO_LONG = 600, 1000
FUNCTION_LONG, SHARE = 60, 0.05
FEW = 20  # in a module with fewer functions one long one is no share


def check(tree):
    result = Result(len(tree.c_files))
    for path in tree.c_files:
        lines = len(lines_of(path))
        if lines > FILE_LONG and not named_in_readme(path):
            if lines > FILE_TOO_LONG:
                result.find(path, 0, f"{lines} lines, and the README does not say why")
            else:
                result.remark(path, f"{lines} lines: what is the second idea in it?")
    for name in tree.folders:
        check_functions(name, module_functions(tree, name), result)
    return result


def named_in_readme(path):
    readme = os.path.join(*path.split(os.sep)[:2], "README.md")
    return exists(readme) and any(os.path.basename(path) in line for line in lines_of(readme))


def module_functions(tree, name):
    """(path, function) of all a module's functions."""
    return [(path, function) for path in tree.c_files if tree.module_of(path) == name and
            path.endswith(".c") for function in functions(path)]


def check_functions(name, found, result):
    long = [(p, f) for p, f in found if f.lines > FUNCTION_LONG]
    for path, function in long:
        result.remark(f"{path}:{function.first}", f"{function.name} has {function.lines} lines")
    if len(found) >= FEW and len(long) > SHARE * len(found):
        result.find(f"modules/{name}", 0, f"{len(long)} of {len(found)} functions exceed {FUNCTION_LONG} lines")


def quantile(values, share):
    values = sorted(values)
    return values[min(int(share * len(values)), len(values) - 1)] if values else 0


def table(tree):
    """The two tables of `make size`: per module, then the longest files and functions."""
    print(f"{'module':<16} {'files':>6} {'lines':>7} {'median':>7} {'p90':>5} {'functions':>10} "
          f"{'median':>7} {'p90':>5} {'>60':>6}")
    everything = []
    for name in tree.folders:
        files = [len(lines_of(p)) for p in tree.c_files if tree.module_of(p) == name]
        found = module_functions(tree, name)
        everything += found
        print_row(name, files, [f.lines for _, f in found])
    files = [(len(lines_of(p)), p) for p in tree.c_files]
    print_row("all", [n for n, _ in files], [f.lines for _, f in everything])
    print("\nlongest files")
    for lines, path in sorted(files, reverse=True)[:10]:
        print(f"  {lines:>5}  {path}")
    print("\nlongest functions")
    for path, function in sorted(everything, key=lambda pair: -pair[1].lines)[:10]:
        print(f"  {function.lines:>5}  {path}:{function.first} {function.name}")
    print()


def print_row(name, files, lengths):
    share = sum(1 for n in lengths if n > FUNCTION_LONG) / len(lengths) if lengths else 0
    print(f"{name:<16} {len(files):>6} {sum(files):>7} {quantile(files, .5):>7} {quantile(files, .9):>5} "
          f"{len(lengths):>10} {quantile(lengths, .5):>7} {quantile(lengths, .9):>5} {share:>6.1%}")
