"""Programs marked NOFPU, and the kernel, hold no floating-point or vector instruction."""
import os
import subprocess
import sys

from . import Result
from .tree import ROOT

NAME = "fpu"
WHAT = "NOFPU programs and the kernel are free of SSE and x87 instructions"


def check(tree):
    result = Result()
    programs = [(os.path.join(tree.build, "native", program), [])
                for module in tree.modules.values() for program in module.get("PROGRAMS")
                if "NOFPU" in module.get(f"{program}_FLAGS")]
    programs.append((os.path.join(tree.build, "kernel.elf"), ["--kernel"]))
    for path, options in programs:
        if not os.path.exists(os.path.join(ROOT, path)):
            result.remark(path, "not built, not looked at")
            continue
        result.looked_at += 1
        done = subprocess.run([sys.executable, "scripts/nofpu.py", *options, path], cwd=ROOT,
                              stderr=subprocess.PIPE, text=True, check=False)
        result.findings += done.stderr.splitlines() if done.returncode else []
    return result
