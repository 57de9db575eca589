#!/usr/bin/env python3
"""Builds and unit-tests modules outside this tree, each with nothing but what it may know.

The empty folder gets: the build's own files, the module, the interface/ folder and the data of each
module in its USES, and whole modules only where it links them as libraries.
usage: split_check.py MODULE...
"""
import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from check.tree import ROOT, Module, exists  # noqa: E402

BUILD_FILES = ("Makefile", "mk", "scripts", "images")
TOOLS = ("ipcgen.py", "ipcgen", "anon", "anonlib")
# A make that we start is not a part of the make that started us; and that a module stands alone needs no full counts.
NOT_PASSED_ON = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "SOAK")
ENVIRONMENT = {k: v for k, v in os.environ.items() if k not in NOT_PASSED_ON}
IGNORED = shutil.ignore_patterns("__pycache__")


def linked(module):
    """Modules whose libraries the module's tests and host programs link."""
    names = module.of_items("TEST_LIBS") + module.of_items("HOST_LIBS") + module.of_items("LINUX_LIBS")
    return set(names) - {module.name}


def copy(name, target):
    source, place = os.path.join(ROOT, name), os.path.join(target, name)
    os.makedirs(os.path.dirname(place), exist_ok=True)
    if os.path.isdir(source):
        shutil.copytree(source, place, ignore=IGNORED)
    elif os.path.exists(source):
        shutil.copy2(source, place)


def copy_interface(name, target):
    """A used module: its public headers, and of its data only what says which headers there are."""
    module = Module(name)
    if exists(module.path, "interface"):
        copy(f"{module.path}/interface", target)
    os.makedirs(os.path.join(target, module.path), exist_ok=True)
    with open(os.path.join(target, module.path, "module.mk"), "w", encoding="utf-8") as f:
        for key in ("NAME", "USES", "INTERFACES"):
            f.write(f"{key} := {' '.join(module.get(key))}\n")


def export(module, target):
    for name in BUILD_FILES + tuple(f"tools/{tool}" for tool in TOOLS):
        copy(name, target)
    copy(module.path, target)
    whole = linked(module)
    known = set(module.get("USES")) | whole | {used for name in whole for used in Module(name).get("USES")}
    for name in sorted(known - {module.name}):
        if not exists("modules", name, "module.mk"):
            raise SystemExit(f"{module.name} uses {name}, which does not exist")
        if name in whole:
            copy(f"modules/{name}", target)
        else:
            copy_interface(name, target)


def build_alone(name):
    module = Module(name)
    with tempfile.TemporaryDirectory(prefix=f"split-{name}-") as target:
        export(module, target)
        goals = ["objects", "unit"] if module.get("UNIT_TESTS") else ["objects"]
        goals += ["host"] if module.get("HOST_PROGRAMS") else []
        for goal in goals:
            done = subprocess.run(["make", "-C", target, goal, f"M={name}"], check=False,
                                  env=ENVIRONMENT)
            if done.returncode:
                print(f"{name}: make {goal} fails outside the tree")
                return False
    print(f"{name}: stands alone")
    return True


def main(names):
    for name in names:
        if not exists("modules", name, "module.mk"):
            raise SystemExit(f"there is no modules/{name}/module.mk")
    return 0 if all([build_alone(name) for name in names]) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
