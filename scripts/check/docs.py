"""The pages speak of what exists: links resolve; files, headers, make targets and C names they mention are there."""
import fnmatch
import functools
import os
import re

from . import Result
from .tree import ROOT, exists, lines_of, walk

NAME = "docs"
WHAT = "links of the pages resolve; files, make targets and C names they mention exist"
TOPS = ("docs", "images", "mk", "modules", "scripts", "tools")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
QUOTED = re.compile(r"`([^`]+)`")
COMMAND = re.compile(r"\bmake ((?:[a-z][a-z-]*(?: |$))+)")
PATH = re.compile(r"(?!\.\w+$)[\w.*{},-]+(?:/[\w.*{},-]+)*/?")
SUFFIXES = (".c", ".h", ".S", ".py", ".sh", ".md", ".tbl", ".ipc", ".abi", ".mk", ".ld", ".tsv", ".manifest")
C_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")
PLACEHOLDER = re.compile(r"(?:^|[/_.])(?:(?!README)[A-Z]+|x|name|file)(?=[/_.]|$)")
FOREIGN = ("volume_", "rt_sigframe", "io_uring")  # the example interface; names of Linux's own
LEVELS_PAGE, MANIFEST = os.path.join("docs", "architecture.md"), "images/default.manifest"
LEVEL_ROW = re.compile(r"\| (\d+) \| ([^|]*) \|")
MENTION = re.compile(r"\bdocs/[\w/.-]+\.md\b")


def check(tree):
    result = Result()
    for page in pages():
        result.looked_at += 1
        check_page(tree, page, result)
    for path in tree.files + list(walk("scripts")) + list(walk("mk")) + list(walk("images")):
        if path.endswith((".c", ".h", ".S", ".ipc", ".tbl", ".py", ".mk", ".manifest")):
            check_mentions(path, result)
    if exists(LEVELS_PAGE) and exists(MANIFEST):
        check_levels(result)
    return result


def check_levels(result):
    """The table of levels names each service of the default image at its level, and no other."""
    told = {(name, int(level)) for line in lines_of(LEVELS_PAGE) if (row := LEVEL_ROW.match(line))
            for level, cell in [row.groups()] for name in QUOTED.findall(cell)}
    true, name = set(), ""
    for words in map(str.split, lines_of(MANIFEST)):
        if words[:1] == ["service"]:
            name = words[1]
        elif words[:1] == ["level"]:
            true.add((name, int(words[1])))
    for name, level in sorted(told ^ true):
        result.find(LEVELS_PAGE, 0, f"{name} at level {level} is " +
                    ("in the manifest, not here" if (name, level) in true else "not in the manifest"))


def pages():
    """README.md, all of docs/, and every README of a folder."""
    found = ["README.md"] if exists("README.md") else []
    for top in TOPS:
        found += [p for p in walk(top) if p.endswith(".md") and (top == "docs" or p.endswith("README.md"))]
    return found


def check_mentions(path, result):
    for number, line in enumerate(lines_of(path), 1):
        for place in MENTION.findall(line):
            if not exists(place) and not PLACEHOLDER.search(place):
                result.find(path, number, f"{place} does not exist")


def check_page(tree, page, result):
    is_code = False
    for number, line in enumerate(lines_of(page), 1):
        if line.startswith("```"):
            is_code = not is_code
        elif is_code:
            continue
        elif line.startswith("    "):
            check_targets(page, number, line, result)
        else:
            for target in LINK.findall(line):
                check_link(page, number, target, result)
            for text in QUOTED.findall(line):
                check_targets(page, number, text, result)
                check_text(tree, page, number, text, result)


def check_link(page, number, target, result):
    if re.match(r"\w+:", target):
        return
    path, _, anchor = target.partition("#")
    place = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
    if not exists(place):
        result.find(page, number, f"link to {target}, which does not exist")
    elif anchor and anchor not in anchors(place):
        result.find(page, number, f"link to {target}: no such heading")


def anchors(page):
    heads = [line.lstrip("#").strip().lower() for line in lines_of(page) if line.startswith("#")]
    return {re.sub(r"[^\w -]", "", head).replace(" ", "-") for head in heads}


def check_targets(page, number, text, result):
    for words in COMMAND.findall(text.strip().split("  ")[0]):
        for word in words.split():
            if word not in make_targets():
                result.find(page, number, f"make {word}: no such target")


def check_text(tree, page, number, text, result):
    """One piece of quoted text: a file's path, a header or a C name; anything else is not judged."""
    header = re.fullmatch(r"<([\w-]+/[\w-]+\.h)>", text)
    word = re.fullmatch(r"([\w.]+)\([^)]*\)", text)
    name = word.group(1) if word else text
    if header:
        if not is_header(tree, header.group(1)):
            result.find(page, number, f"no header <{header.group(1)}>")
    elif looks_like_path(text):
        if not is_path(page, text):
            result.find(page, number, f"no file {text}")
    elif C_NAME.fullmatch(name) and not is_known(name):
        result.find(page, number, f"the name {name} is nowhere in the sources")


def is_known(name):
    return name in words_of_sources() or name.startswith(FOREIGN) or name.endswith("_name")


def looks_like_path(text):
    if not PATH.fullmatch(text) or PLACEHOLDER.search(text):
        return False
    return text.endswith(SUFFIXES) or text.split("/")[0] in TOPS or text.startswith(("src/", "interface/"))


def is_header(tree, target):
    owner, name = target.split("/", 1)
    if exists("modules", owner, "interface", target) or PLACEHOLDER.search(target):
        return True
    stem = re.sub(r"(_ipc)?\.h$", "", name)
    folder = os.path.join("modules", owner, "interface", owner)
    return any(exists(folder, stem + suffix) for suffix in (".ipc", ".tbl")) or \
        name == "syscall_rows.h" and "microkernel" in tree.modules


def module_of(page):
    """Whose page it is: modules/M/README.md and docs/modules/M.md are M's; "" for all others."""
    match = re.match(r"modules/([^/]+)/README\.md$|docs/modules/([^/]+)\.md$", page)
    return (match.group(1) or match.group(2)) if match else ""


def is_path(page, text):
    """A file, folder or pattern: from the top, from the page, or the end of some path of the tree; on a module's page a
    source without a folder is one of that module's."""
    if "/" not in text and text.endswith((".c", ".S")) and module_of(page):
        text = f"modules/{module_of(page)}/*/{text}"
    for pattern in expand(text.rstrip("/")):
        if exists(pattern) or exists(os.path.dirname(page), pattern) or exists("build", pattern):
            continue
        if not any(fnmatch.fnmatch(path, "*/" + pattern) for path in all_paths()):
            return False
    return True


def expand(pattern):
    """The alternatives of {a,b}."""
    match = re.search(r"\{([^}]*)\}", pattern)
    if not match:
        return [pattern]
    return [one for choice in match.group(1).split(",")
            for one in expand(pattern[:match.start()] + choice + pattern[match.end():])]


@functools.lru_cache(maxsize=None)
def all_paths():
    """Every file and folder of the source tree, with a slash in front."""
    files = [name for name in os.listdir(ROOT) if os.path.isfile(os.path.join(ROOT, name))]
    files += [path for top in TOPS for path in walk(top)]
    folders = {path[:end.start()] for path in files for end in re.finditer("/", path)}
    return ["/" + path for path in sorted(folders.union(files))]


@functools.lru_cache(maxsize=None)
def words_of_sources():
    """Every word of the sources, so that a name in a page can be looked up."""
    kinds = (".c", ".h", ".S", ".ipc", ".tbl", ".py", ".ld", ".mk")
    found = set()
    for path in all_paths():
        if path.endswith(kinds):
            for line in lines_of(path[1:]):
                found.update(re.findall(r"\w+", line))
    return found


@functools.lru_cache(maxsize=None)
def make_targets():
    files = ["Makefile"] + [path for path in walk("mk") if path.endswith(".mk")]
    return {word for path in files if exists(path) for line in lines_of(path)
            if (match := re.match(r"([a-z][a-z -]*):(?!=)", line)) for word in match.group(1).split()}
