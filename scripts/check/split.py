"""Every module builds and passes its unit tests outside this tree (scripts/split_check.py)."""
import subprocess
import sys

from . import Result
from .tree import ROOT

NAME = "split"
WHAT = "each module builds and tests alone, with the interfaces it uses"


def check(tree):
    result = Result(len(tree.modules))
    for name in tree.modules:
        done = subprocess.run([sys.executable, "scripts/split_check.py", name], cwd=ROOT, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            last = [line for line in done.stdout.splitlines() if line.strip()][-12:]
            result.find(f"modules/{name}", 0, "does not stand alone:\n      " + "\n      ".join(last))
    return result
