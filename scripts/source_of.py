#!/usr/bin/env python3
"""Copies what a Linux program of ours is compiled from, in the form that modules/ports/build.sh takes: the sources with
their headers, the list `sources`, the compiler's `flags`. The linker tells which members of the libraries are in the
program, the objects' .d files which headers they include.

usage: source_of.py OUTPUT LINKER OBJECT... LIBRARY.a...
"""
import os
import re
import shutil
import subprocess
import sys


def linked(linker, inputs):
    """The objects that the program is made of; LIBRARY.a(x.o) lies somewhere below LIBRARY/."""
    done = subprocess.run([linker, "-static", "-Wl,--print-map", "-o", os.devnull, "-Wl,--start-group", *inputs, "-Wl,--end-group"],
                          check=True, stdout=subprocess.PIPE, text=True)
    objects = [name for name in inputs if name.endswith(".o")]
    for library, member in re.findall(r"^(\S+)\.a\((\S+\.o)\)$", done.stdout, re.MULTILINE):
        found = [os.path.join(folder, member) for folder, _, names in os.walk(library) if member in names]
        if library + ".a" in inputs and len(found) == 1:
            objects += found
    return objects


def prerequisites(object_path):
    """The source and then its headers, as the compiler listed them."""
    with open(object_path[:-2] + ".d", encoding="utf-8") as f:
        rule = f.read().split("\n\n")[0].replace("\\\n", " ").split("\n")[0]
    return rule.split(":", 1)[1].split()


def guest_path(path):
    """Generated headers lie in a folder of the build; in the copy they are beside the modules."""
    parts = path.split(os.sep)
    return os.path.join("gen", *parts[parts.index("gen") + 1:]) if "gen" in parts else path


def include_folders(files):
    """-I options under which every #include of these files is found."""
    folders = {"gen"} if any(f.startswith("gen" + os.sep) for f in files) else set()
    for path in files:
        parts = path.split(os.sep)
        if parts[0] == "modules":
            folders.add(os.path.join(*parts[:3]))  # modules/NAME/src or modules/NAME/interface
    # The shell's own folder first: its names win over the libraries'.
    return sorted(folders, key=lambda folder: (not folder.startswith("modules/shell"), folder))


def main():
    output, linker, inputs = sys.argv[1], sys.argv[2], sys.argv[3:]
    shutil.rmtree(output, ignore_errors=True)
    sources, files = [], set()
    for name in linked(linker, inputs):
        needed = prerequisites(name)
        sources.append(guest_path(needed[0]))
        for path in needed:
            target = guest_path(path)
            files.add(target)
            os.makedirs(os.path.dirname(os.path.join(output, target)), exist_ok=True)
            shutil.copyfile(path, os.path.join(output, target))
    shutil.copyfile("LICENSE", os.path.join(output, "LICENSE"))
    with open(os.path.join(output, "flags"), "w", encoding="ascii") as f:
        f.write(" ".join(["-D_GNU_SOURCE"] + ["-I" + folder for folder in include_folders(files)]) + "\n")
    with open(os.path.join(output, "sources"), "w", encoding="ascii") as f:
        f.write("".join(source + "\n" for source in sources))


if __name__ == "__main__":
    main()
