"""The committed .abi summary beside each interface is what the generator says now."""
import difflib
import os
import subprocess
import sys

from . import Result
from .tree import ROOT, exists, lines_of

NAME = "abi"
WHAT = "each .ipc and .tbl agrees with the committed .abi beside it"


def check(tree):
    result = Result()
    for path in [f for f in tree.files if f.endswith((".ipc", ".tbl"))]:
        result.looked_at += 1
        done = subprocess.run([sys.executable, "tools/ipcgen.py", "abi", path], cwd=ROOT, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            result.find(path, 0, f"the generator refused it: {done.stderr.strip()}")
        else:
            compare(path, done.stdout.splitlines(), result)
    return result


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
