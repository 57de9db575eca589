"""Layout is what .clang-format says."""
import re
import shutil
import subprocess

from . import Result
from .tree import ROOT

NAME = "format"
WHAT = "clang-format agrees with every C file"
MESSAGE = re.compile(r"^([^:]+):(\d+):\d+: error: ")


def check(tree):
    result = Result(len(tree.c_files))
    if not tree.c_files:
        return result
    if not shutil.which("clang-format"):
        result.find("clang-format", 0, "not installed: run scripts/setup_dev_env.sh")
        return result
    said = subprocess.run(["clang-format", "--dry-run", "-Werror", *tree.c_files], cwd=ROOT,
                          stderr=subprocess.PIPE, text=True, check=False).stderr
    places = {}
    for line in said.splitlines():
        if match := MESSAGE.match(line):
            places.setdefault(match.group(1), []).append(int(match.group(2)))
    for path, lines in places.items():
        result.find(path, lines[0], f"{len(lines)} places differ; clang-format -i {path}")
    return result
