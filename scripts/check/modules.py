"""module.mk holds data that fits the tree, and each module has a README."""
import os

from . import Result
from .tree import HOSTED_KEYS, ITEM_KEYS, MODULE_KEYS, exists

NAME = "modules"
WHAT = "module.mk is data, its sources and libraries exist, each module has a README"
FLAGS = {"NOFPU", "FPU", "LTO"}


def check(tree):
    result = Result(len(tree.folders))
    owners = {}
    for name in tree.folders:
        if not exists("modules", name, "README.md"):
            result.find(f"modules/{name}", 0, "no README.md")
        if name not in tree.modules:
            result.find(f"modules/{name}", 0, "no module.mk")
            continue
        check_module(tree, tree.modules[name], result)
        for program in tree.modules[name].get("PROGRAMS"):
            if program in owners:
                result.find(f"modules/{name}/module.mk", 0, f"{program} is also in {owners[program]}")
            owners[program] = name
    return result


def check_module(tree, module, result):
    path = os.path.join(module.path, "module.mk")
    for number, text in module.mistakes:
        result.find(path, number, text)
    if module.get("NAME") != [module.name]:
        result.find(path, 0, f"NAME is not {module.name}")
    items = set(module.items())
    for key in set(module.values) - module.private:
        if key not in MODULE_KEYS and not is_item_key(key, items):
            result.find(path, 0, f"{key} is no known key")
    for used in module.get("USES"):
        if used not in tree.modules:
            result.find(path, 0, f"USES {used}, which does not exist")
    for source in sources(module):
        if not exists(module.path, source):
            result.find(path, 0, f"{source} does not exist")
    for library in [l for key in ("LIBS", "TEST_LIBS", "HOST_LIBS", "LINUX_LIBS") for l in module.of_items(key)]:
        if library not in tree.modules or not tree.modules[library].get("LIB"):
            result.find(path, 0, f"there is no library {library}")
    for embedded in module.of_items("EMBEDS"):
        if embedded not in module.get("SHARED_OBJECTS"):
            result.find(path, 0, f"there is no shared object {embedded}")
    for flag in module.of_items("FLAGS"):
        if flag not in FLAGS:
            result.find(path, 0, f"unknown flag {flag}")


def is_item_key(key, items):
    return any(key == f"{item}_{suffix}" for suffix in ITEM_KEYS for item in items)


def sources(module):
    lists = [module.get(key) for key in ("LIB", "KERNEL", "KERNEL_NOTEST", "KERNEL_SANITIZER", "KTEST_SANITIZER", "KTEST", "INTERFACES")]
    lists += [module.of_items(key) for key in ("SRC", "SHARED_SRC", "SHARED_SCRIPT") + HOSTED_KEYS]
    return list(dict.fromkeys(source for words in lists for source in words))
