"""What is generated and committed is what the generator says now: summaries (.abi) and reference pages."""
import difflib
import os
import subprocess
import sys

from . import Result
from .tree import ROOT, exists, lines_of

NAME = "abi"
WHAT = "each .ipc and .tbl agrees with the .abi beside it and its page in docs/reference"


def check(tree):
    result = Result()
    for path in [f for f in tree.files if f.endswith((".ipc", ".tbl"))]:
        result.looked_at += 1
        summary = generate("abi", path, result)
        if summary is not None:
            compare(path, summary, result)
            compare_page(path, result)
    return result


def generate(what, path, result):
    """The lines the generator makes of it, or None when it refuses the file."""
    done = subprocess.run([sys.executable, "tools/ipcgen.py", what, path], cwd=ROOT, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        result.find(path, 0, f"the generator refused it: {done.stderr.strip()}")
        return None
    return done.stdout.splitlines()


def compare_page(path, result):
    page = f"docs/reference/{os.path.splitext(os.path.basename(path))[0]}.md"
    if exists("docs/reference") and (not exists(page) or lines_of(page) != generate("doc", path, result)):
        result.find(page, 0, f"is not what {path} says now; `make reference` rewrites it")


def compare(path, now, result):
    abi = os.path.splitext(path)[0] + ".abi"
    if not exists(abi):
        result.find(path, 0, f"no {os.path.basename(abi)}; make one: tools/ipcgen.py abi {path} > {abi}")
        return
    if lines_of(abi) != now:
        changes = [line for line in difflib.unified_diff(lines_of(abi), now, lineterm="", n=0)
                   if line[:1] in "+-" and line[:3] not in ("+++", "---")]
        result.find(abi, 0, "the ABI changed; commit the new summary, with a new version if it is "
                    "incompatible:\n      " + "\n      ".join(changes[:8]))
