"""Who may include what: own sources by quotes, interfaces of USES by <MODULE/x.h>, nothing else."""
import os
import re

from . import Result
from .tree import exists, lines_of

NAME = "includes"
WHAT = "includes stay inside the module and the interfaces it uses; no cycles"
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')
FREESTANDING = {"stdint.h", "stddef.h", "stdbool.h", "stdarg.h", "stdalign.h", "stdnoreturn.h",
                "stdatomic.h", "limits.h", "float.h", "iso646.h", "cpuid.h"}
MANY_TIMES = ("_table.h", "_rows.h")  # lists of macros, included once for each use of the list
GENERATED_TABLES = {"syscalls.h", "syscall_rows.h", "errors.h", "rights.h", "objects.h"}


def check(tree):
    result = Result()
    graph = {}
    for path in tree.c_files + [f for f in tree.files if f.endswith(".S")]:
        result.looked_at += 1
        graph[path] = includes_of(tree, path, result)
        if path.endswith(".h") and not path.endswith(MANY_TIMES) and \
                not any(line.strip() == "#pragma once" for line in lines_of(path)):
            result.find(path, 1, "no #pragma once")
    report_cycles(graph, result, "include")
    uses = {name: module.get("USES") for name, module in tree.modules.items()}
    report_cycles(uses, result, "USES")
    return result


def includes_of(tree, path, result):
    """Checks one file's includes; returns those that are files of this tree."""
    found = []
    for number, line in enumerate(lines_of(path), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        kind, target = match.groups()
        if ".." in target.split("/"):
            result.find(path, number, f'no "../" in an include: {target}')
        elif kind == '"':
            found += own_source(tree, path, number, target, result)
        else:
            found += interface(tree, path, number, target, result)
    return found


def own_source(tree, path, number, target, result):
    module = tree.module_of(path)
    for folder in (os.path.dirname(path), f"modules/{module}/src"):
        if exists(folder, target):
            return [os.path.join(folder, target)]
    result.find(path, number, f'"{target}" is not in modules/{module}/src')
    return []


def interface(tree, path, number, target, result):
    name = tree.module_of(path)
    module = tree.modules.get(name)
    owner, _, _ = target.partition("/")
    if owner in tree.folders:
        if owner != name and module and owner not in module.get("USES"):
            result.find(path, number, f"<{target}>: {owner} is not in the USES of {name}")
        place = f"modules/{owner}/interface/{target}"
        if exists(place):
            return [place]
        if not is_generated(tree, owner, target):
            result.find(path, number, f"<{target}> is not in modules/{owner}/interface")
    elif target not in FREESTANDING and not is_hosted(module, path) and not in_hosted_part(path, number):
        result.find(path, number, f"<{target}>: only tests, host and Linux programs have a C library")
    return []


def is_generated(tree, owner, target):
    name = target.split("/", 1)[1]
    if owner == "microkernel" and name in GENERATED_TABLES:
        return True
    module = tree.modules.get(owner)
    made = [os.path.basename(i)[:-len(".ipc")] + "_ipc.h" for i in module.get("INTERFACES")] if module else []
    return name in made


def is_hosted(module, path):
    """Sources listed as hosted, and their helpers: test in the name, *_hosted.c, a folder host/."""
    inside = path.split(os.sep, 2)[2]
    return module is None or inside in module.hosted_sources() or \
        bool(re.search(r"(?:^|[/_])(?:test|hosted|host|linux)(?:$|[/_.])", inside))


def in_hosted_part(path, number):
    """Whether the line stands under `#if __STDC_HOSTED__`."""
    for line in reversed(lines_of(path)[:number - 1]):
        if match := re.match(r"\s*#\s*(if\w*|else|endif)\b(.*)", line):
            return match.group(1) == "if" and "__STDC_HOSTED__" in match.group(2)
    return False


def report_cycles(graph, result, what):
    """Depth-first over the graph; each cycle is reported once, at its first member."""
    state = {}

    def visit(node, trail):
        state[node] = "open"
        for following in graph.get(node, []):
            if state.get(following) == "open":
                cycle = trail[trail.index(following):] + [following]
                result.find(following, 0, f"{what} cycle: " + " -> ".join(cycle))
            elif following not in state:
                visit(following, trail + [following])
        state[node] = "done"

    for node in sorted(graph):
        if node not in state:
            visit(node, [node])
