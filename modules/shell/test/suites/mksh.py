#!/usr/bin/env python3
"""mksh's check.t against the shell: what each case prints, its status, and whether there are messages.

Texts of messages are the shells' own and not compared. Cases for other systems and those that need a controlling terminal are left
out. Two things that mksh has built in and a great many cases use are given to them: print, as a program, and the parameter PATHSEP.
mksh.tsv lists the cases that differ, most of them for being about the Korn shell.
usage: mksh.py [--shell PROGRAM] [--show] [CASE...]
"""
import difflib
import os
import re
import sys

import suites

SUITE = suites.third_party("mksh-source", "src", "check.t")
CATEGORIES = {"os:linux", "int:64", "shell:legacy-yes", "shell:textmode-no", "shell:ebcdic-no"}
SECONDS = 20
PRINT = r"""#!/bin/sh
end='\n' form=%b to=1
while :; do
	case $1 in
	--) shift; break ;;
	-u[0-9]) to=${1#-u} ;;
	-[nr]*) case $1 in *n*) end= ;; esac; case $1 in *r*) form=%s ;; esac ;;
	*) break ;;
	esac
	shift
done
printf "$form$end" "$*" >&$to
"""
TAG = re.compile(r"^([a-z-]+):(.*)$")


def read_value(first, more):
    """A tag's value; "!" on its line takes away the last newline."""
    text = "".join(line[1:] + "\n" for line in more)
    first = first.strip()
    if first == "!":
        return text[:-1] if text.endswith("\n") else text
    return (first + "\n" + text if more else first) if first else text


def read_cases():
    """Each case as {tag: value}; file-setup is a list."""
    with open(SUITE, encoding="latin-1", newline="\n") as f:
        lines = f.read().split("\n")
    case, number = {"file-setup": []}, 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if line == "---":
            yield case
            case = {"file-setup": []}
            continue
        match = TAG.match(line)
        if not match:
            continue
        start = number
        while number < len(lines) and lines[number].startswith("\t"):
            number += 1
        value = read_value(match[2], lines[start:number])
        if match[1] == "file-setup":
            case[match[1]].append(value)
        else:
            case[match[1]] = value


def is_wanted(case):
    if "need-ctty" in case:
        return False
    words = [word.strip() for word in case.get("category", "").split(",") if word.strip()]
    if any(word[0] == "!" and word[1:] in CATEGORIES for word in words):
        return False
    return not words or any(word[0] == "!" or word in CATEGORIES for word in words)


def set_up(case, folder):
    for value in case["file-setup"]:
        kind, mode, rest = value.split(None, 2)
        name, text = rest[1:].split(rest[0], 1)
        path = os.path.join(os.fsencode(folder), name.encode("latin-1"))
        if kind == "symlink":
            os.symlink(text.lstrip("\n").rstrip("\n").encode("latin-1"), path)
            continue
        if kind == "dir":
            os.mkdir(path)
        else:
            with open(path, "w", encoding="latin-1", newline="\n") as f:
                f.write(text[1:] if text.startswith("\n") else text)
        os.chmod(path, int(mode, 8))


def is_status_right(wanted, status):
    """A number, or an expression of e (exit code), s (signal) and w (both)."""
    code, signal = (0, -status) if status < 0 else (status, 0)
    names = {"e": code, "s": signal, "w": code << 8 | signal}
    if not re.fullmatch(r"[esw0-9=!<>&|() ]+", wanted):
        raise ValueError(wanted)
    return eval(wanted, {"__builtins__": {}}, names) if re.search("[esw]", wanted) else int(wanted) == status


def is_output_right(case, stream, text):
    pattern = case.get(f"expected-{stream}-pattern", "").strip()
    if pattern:
        return re.search(pattern[1:pattern.rindex(pattern[0])], text) is not None
    return text == case.get(f"expected-{stream}", "")


def difference(case, out, err, status):
    found = []
    if not is_output_right(case, "stdout", out):
        wanted = case.get("expected-stdout", case.get("expected-stdout-pattern", ""))
        found += difflib.unified_diff(wanted.splitlines(), out.splitlines(), "right", "here", lineterm="", n=1)
    if bool(err) != any(tag.startswith("expected-stderr") for tag in case) and \
            not is_output_right(case, "stderr", err):
        found += ["messages: " + err[:300] if err else "no message"]
    if not is_status_right(case.get("expected-exit", "0").replace("&&", " and ").replace("||", " or "), status):
        found.append(f"status {status}, not {case.get('expected-exit', 0)}")
    return "\n".join(found)


def prepare(options):
    """A folder with print."""
    folder = os.path.abspath(os.path.join(options.build, "suites", "mksh"))
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "print"), "w", encoding="ascii") as f:
        f.write(PRINT)
    os.chmod(f.name, 0o755)
    return folder


def main():
    options = suites.arguments(__doc__).parse_args()
    folder_of_print = prepare(options)
    shell = os.path.abspath(options.shell)
    cases = {case["name"]: case for case in read_cases() if is_wanted(case)}

    def differs(name):
        case = cases[name]
        environment = {"HOME": "/", "PATH": folder_of_print + ":/usr/bin:/bin:/usr/sbin:/sbin", "PATHSEP": ":", "ENV": "/nonexistant",
                       "__progname": shell, "__perlname": "/usr/bin/perl", "LOGNAME": "root", "USER": "root"}
        variables = case.get("env-setup", "").replace("@utflocale@", "C.UTF-8")
        environment.update(pair.split("=", 1) for pair in variables.split(variables[:1] or "!") if "=" in pair)
        command, words = [shell], case.get("arguments", "")
        command += words.split(words[0])[1:-1] if words else []
        with suites.scratch() as folder:
            if "script" in case:
                with open(folder + ".sh", "w", encoding="latin-1", newline="\n") as f:
                    f.write(case["script"])
                command.append(folder + ".sh")
            set_up(case, folder)
            out, err, status = suites.run(command, folder, environment, SECONDS, case.get("stdin", "").encode("latin-1"), merged=False)
        return difference(case, out.decode("latin-1"), err.decode("latin-1"), status)

    return suites.judge(suites.choose(list(cases), options), differs, options, "mksh.tsv")


if __name__ == "__main__":
    sys.exit(main())
