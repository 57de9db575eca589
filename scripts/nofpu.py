#!/usr/bin/env python3
"""Disassembles programs and refuses any that compute with SSE, AVX, MMX or x87 state.

Monitors and the kernel never save the FPU on their way in, so one stray instruction would spill one
program's registers into another's.  Instructions that move the whole state are allowed: no compiler makes them.
--kernel allows those that reset it, too.
usage: nofpu.py [--kernel] FILE...
"""
import re
import subprocess
import sys

REGISTERS = re.compile(r"%(?:[xyz]?mm\d+|st(?:\(\d\))?|k[0-7])\b")
MOVE = re.compile(r"^(?:fx(?:save|rstor)|xsave|xrstor)")
STATE = re.compile(r"^(?:fninit|fnclex|fwait|ldmxcsr|stmxcsr|emms)")
PREFIXES = {"rep", "repz", "repnz", "lock", "notrack", "bnd", "data16", "addr32", "cs", "ds", "es", "ss"}


def offends(mnemonic, operands, kernel):
    """True when one instruction uses floating-point or vector state."""
    if MOVE.match(mnemonic):
        return False
    if STATE.match(mnemonic):
        return not kernel
    return mnemonic.startswith("f") or bool(REGISTERS.search(operands))


def split_instruction(text):
    """'rep movsb %ds:..' -> ('movsb', operands)"""
    words = text.split()
    while len(words) > 1 and words[0] in PREFIXES:
        words.pop(0)
    return words[0], " ".join(words[1:]).split("#")[0]


def findings(path, kernel):
    """Lines 'FUNCTION: INSTRUCTION' for every offending instruction of one ELF file."""
    dump = subprocess.run(["objdump", "-d", "--no-show-raw-insn", path], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    function, found = "?", []
    for line in dump.splitlines():
        if line.endswith(">:"):
            function = line.split("<", 1)[1][:-2]
        elif ":\t" in line:
            text = line.split(":\t", 1)[1].strip()
            if text and not text.startswith("(bad)") and offends(*split_instruction(text), kernel):
                found.append(f"{function}: {text}")
    return found


def main(arguments):
    kernel = "--kernel" in arguments
    bad = 0
    for path in [a for a in arguments if not a.startswith("--")]:
        found = findings(path, kernel)
        bad += len(found)
        for line in found[:20]:
            print(f"{path}: floating point in {line}", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
