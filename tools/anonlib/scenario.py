"""Scenario files (.scn): the parser.  docs/testing.md describes the language.

A file is lines: settings first, then steps.  `repeat N [soak M]` ... `end` encloses steps.
Texts are quoted as in Python ("a\\n"), patterns stand between slashes (/a+b/).
"""
import ast
import re
from dataclasses import dataclass, field

from .errors import UsageError
from .machine import BOOTS


@dataclass
class Step:
    """One line: the verb, its decoded argument, where it stands, and enclosed steps for repeat."""
    verb: str
    value: object
    line: int
    body: list = field(default_factory=list)


@dataclass
class Scenario:
    """A parsed file: settings by name (lists where a setting may be given often) and steps."""
    path: str
    title: str = ""
    boot: str = "pvh"
    mem: int = 256
    smp: int = None          # 1, or what the player is told
    cpu: str = "max"
    machine: str = None
    kernel: str = "usual"    # or debug: the one that checks itself
    archive: str = None      # none, init=PROGRAM, image=NAME, or a file beside the scenario
    disk: str = "blank"      # blank, none, or a file to copy
    disk_mib: int = 1024
    time: float = 60
    soak_time: float = None  # the limit under SOAK, default ten times the usual
    icount: bool = False
    serial: bool = True
    soak_only: bool = False
    extras: bool = False
    append: list = field(default_factory=list)
    qemu: list = field(default_factory=list)
    needs: list = field(default_factory=list)
    steps: list = field(default_factory=list)


def text(rest):
    """A quoted text, a /pattern/, or bare words taken as they are."""
    if len(rest) > 1 and rest[0] == "/" and rest[-1] == "/":
        return re.compile(rest[1:-1], re.MULTILINE)
    if rest[:1] in "\"'" and rest:
        return ast.literal_eval(rest)
    return rest


def span(rest):
    """"2" or "0.5..3": seconds, as (least, most)."""
    least, _, most = rest.partition("..")
    return float(least), float(most or least)


def counts(rest):
    """"5" or "5 soak 50": how often, and how often under SOAK."""
    words = rest.split()
    if len(words) == 3 and words[1] == "soak":
        return int(words[0]), int(words[2])
    return int(rest), int(rest)


def pair(rest):
    first, second = rest.split()
    return first, second


def nothing(rest):
    if rest:
        raise ValueError("takes no argument")


def yes_no(rest):
    return {"yes": True, "no": False}[rest]


def one_of(*choices):
    def read(rest):
        if rest not in choices:
            raise ValueError(f"must be one of {' '.join(choices)}")
        return rest
    return read


SETTINGS = {"title": str, "boot": one_of(*BOOTS), "mem": int, "smp": int, "cpu": str, "machine": str,
            "kernel": one_of("usual", "debug"), "archive": str, "disk": str, "disk-mib": int, "time": float, "soak-time": float,
            "icount": yes_no, "serial": yes_no, "extras": yes_no, "soak-only": yes_no, "append": str, "qemu": str, "needs": str}
STEPS = {"exec": str, "spawn": str, "status": int, "host": str,
         "expect": text, "expect-not": text, "expect-console": text, "expect-no-console": text,
         "send": text, "wait": text, "key": str.split, "type": text, "screenshot": str,
         "wait-screen": text, "nmi": nothing,
         "start": nothing, "stop": nothing, "kill": nothing, "ended": str, "sleep": span,
         "put": pair, "get": pair, "fsck": nothing}


def parse(path):
    """Reads a scenario; a mistake is a UsageError naming file and line."""
    scenario = Scenario(path)
    open_blocks = [scenario.steps]
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            try:
                read_line(scenario, open_blocks, line, number)
            except (ValueError, KeyError, SyntaxError, IndexError) as error:
                raise UsageError(f"{path}:{number}: {line!r}: {error}") from error
    if len(open_blocks) != 1:
        raise UsageError(f"{path}: repeat without end")
    return scenario


def read_line(scenario, open_blocks, line, number):
    verb, _, rest = line.partition(" ")
    rest = rest.strip()
    if verb == "repeat":
        step = Step(verb, counts(rest), number)
        open_blocks[-1].append(step)
        open_blocks.append(step.body)
    elif verb == "end":
        if len(open_blocks) == 1:
            raise ValueError("end without repeat")
        open_blocks.pop()
    elif verb in STEPS:
        open_blocks[-1].append(Step(verb, STEPS[verb](rest), number))
    elif verb in SETTINGS:
        set_value(scenario, verb, SETTINGS[verb](rest))
    else:
        raise ValueError("unknown word")


def set_value(scenario, name, value):
    if scenario.steps:
        raise ValueError("settings come before steps")
    name = name.replace("-", "_")
    if isinstance(getattr(scenario, name), list):
        getattr(scenario, name).append(value)
    else:
        setattr(scenario, name, value)
