"""shellcheck has nothing to say about the project's shell scripts."""
import json
import os
import shutil
import subprocess

from . import Result
from .tree import ROOT

NAME = "scripts"
WHAT = "shellcheck is silent about every shell script"
FOLDERS = (".ci", "images", "mk", "modules", "scripts", "tools")
# What the shell is tried with is odd on purpose.
ODD = os.path.join("modules", "shell", "test", "core")
SHELLS = (b"#!/bin/sh", b"#! /bin/sh")


def is_script(path):
    if path.endswith(".sh"):
        return True
    with open(path, "rb") as f:
        return f.read(16).startswith(SHELLS)


def find_scripts():
    for top in FOLDERS:
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            for name in sorted(names):
                path = os.path.join(folder, name)
                if os.path.isfile(path) and not os.path.relpath(path, ROOT).startswith(ODD) and is_script(path):
                    yield os.path.relpath(path, ROOT)


def check(tree):
    result = Result()
    if not shutil.which("shellcheck"):
        result.find("scripts/setup_dev_env.sh", 0, "shellcheck is not installed")
        return result
    paths = sorted(find_scripts())
    result.looked_at = len(paths)
    done = subprocess.run(["shellcheck", "-x", "-P", "SCRIPTDIR", "-s", "sh", "-f", "json", *paths], cwd=ROOT, stdout=subprocess.PIPE, check=False)
    for remark in json.loads(done.stdout):
        result.find(remark["file"], remark["line"], f"SC{remark['code']}: {remark['message']}")
    return result
