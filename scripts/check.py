#!/usr/bin/env python3
"""Checks the sources against the house rules, one rule after the other.

Each rule counts as one test; what it found is listed under it.  Remarks do not fail.
usage: check.py [--build DIR] [--all] all|size|RULE...
"""
import argparse
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from check import abi, comments, conditionals, docs, format, fpu, includes, lengths, modules, scripts, split  # noqa: E402
from check.tree import ROOT, Tree  # noqa: E402

RULES = (modules, format, includes, conditionals, comments, docs, abi, fpu, lengths, scripts, split)
SHOWN = 25


def run_rule(rule, tree, show_all):
    """Prints one rule's line and findings; true when it holds."""
    start = time.monotonic()
    result = rule.check(tree)
    print(f"{rule.NAME:<14} {result.looked_at:>5} looked at {len(result.findings):>5} findings "
          f"{time.monotonic() - start:>6.1f} s   {rule.WHAT}")
    for kind, lines in (("", result.findings), ("remark: ", result.remarks)):
        limit = len(lines) if show_all else SHOWN
        for line in lines[:limit]:
            print(f"    {kind}{line}")
        if len(lines) > limit:
            print(f"    {kind}... and {len(lines) - limit} more (--all shows them)")
    sys.stdout.flush()
    return not result.findings


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--all", action="store_true", help="show every finding")
    parser.add_argument("rules", nargs="+", metavar="RULE", help="all, size (the tables), or rule names")
    options = parser.parse_args()
    os.chdir(ROOT)
    tree = Tree(options.build)
    if options.rules == ["size"]:
        lengths.table(tree)
        return 0
    names = {rule.NAME: rule for rule in RULES}
    chosen = RULES if "all" in options.rules else [names[name] for name in options.rules]
    held = [run_rule(rule, tree, options.all) for rule in chosen]
    print(f"{sum(held)} passed, {len(held) - sum(held)} failed")
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
