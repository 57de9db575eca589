"""The source tree as the rules see it: modules with their data, files with their lines."""
import functools
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MODULE_KEYS = ("NAME", "USES", "LIB", "KERNEL", "KERNEL_NOTEST", "KERNEL_SANITIZER", "KTEST_SANITIZER", "KTEST", "PROGRAMS", "INTERFACES",
               "UNIT_TESTS", "HOST_PROGRAMS", "LINUX_PROGRAMS", "SHARED_OBJECTS", "EXPLORERS",
               "FUZZERS", "PORTS")
ITEM_KEYS = ("TEST_SRC", "TEST_LIBS", "HOST_SRC", "HOST_LIBS", "LINUX_SRC", "LINUX_LIBS", "SRC", "LIBS",
             "FLAGS", "EMBEDS", "SHARED_SRC", "SHARED_SCRIPT", "EXPLORED", "FROM")
ITEM_LISTS = ("PROGRAMS", "UNIT_TESTS", "HOST_PROGRAMS", "LINUX_PROGRAMS", "SHARED_OBJECTS",
              "EXPLORERS", "FUZZERS", "PORTS")
HOSTED_KEYS = ("TEST_SRC", "HOST_SRC", "LINUX_SRC")
REFERENCE = re.compile(r"\$\((\w+)\)")
ASSIGNMENT = re.compile(r"^([\w-]+)\s*(:=|\+=)\s*(.*)$")


class Module:
    """One folder of modules/ and the data in its module.mk."""

    def __init__(self, name):
        self.name = name
        self.path = os.path.join("modules", name)
        self.values = {}
        self.mistakes = []  # (line, text)
        self.private = set()  # lists that the file names for its own use, as $(LIST)
        self._read()

    def _read(self):
        number = start = 0
        pending = ""
        for number, line in enumerate(lines_of(os.path.join(self.path, "module.mk")), 1):
            start = start if pending else number
            pending += line.split("#")[0].rstrip()
            if pending.endswith("\\"):
                pending = pending[:-1] + " "
                continue
            self._assign(start, pending.strip())
            pending = ""

    def _assign(self, number, line):
        match = ASSIGNMENT.match(line)
        if match:
            key, operator, words = match.groups()
            words = REFERENCE.sub(self._expand, words)
            self.values[key] = (self.values.get(key, []) if operator == "+=" else []) + words.split()
        elif line:
            self.mistakes.append((number, f"not data (only KEY := words): {line}"))

    def _expand(self, reference):
        self.private.add(reference.group(1))
        return " ".join(self.get(reference.group(1)))

    def get(self, key):
        return self.values.get(key, [])

    def items(self):
        return [item for key in ITEM_LISTS for item in self.get(key)]

    def of_items(self, key):
        """The words of ITEM_key over all items."""
        return [word for item in dict.fromkeys(self.items()) for word in self.get(f"{item}_{key}")]

    def hosted_sources(self):
        """Sources that see the C library: tests, host and Linux programs, but not the LIB."""
        return {s for key in HOSTED_KEYS for s in self.of_items(key)} - set(self.get("LIB"))


@functools.lru_cache(maxsize=None)
def lines_of(path):
    """The lines of a file below ROOT, without their ends."""
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as f:
        return f.read().splitlines()


def walk(top):
    for folder, folders, names in os.walk(os.path.join(ROOT, top)):
        folders[:] = sorted(f for f in folders if f != "__pycache__")
        for name in sorted(names):
            yield os.path.relpath(os.path.join(folder, name), ROOT)


class Tree:
    """Everything under modules/."""

    def __init__(self, build):
        self.build = build
        top = os.path.join(ROOT, "modules")
        self.folders = sorted(os.listdir(top)) if os.path.isdir(top) else []
        self.modules = {n: Module(n) for n in self.folders if exists("modules", n, "module.mk")}
        self.files = list(walk("modules"))
        self.c_files = [f for f in self.files if f.endswith((".c", ".h"))]

    def module_of(self, path):
        return path.split(os.sep)[1]


def exists(*parts):
    return os.path.exists(os.path.join(ROOT, *parts))
