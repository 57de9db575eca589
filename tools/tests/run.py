#!/usr/bin/env python3
"""Runs the host tools' own tests and ends with one "N passed, N failed" line."""
import os
import sys
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "scripts"), HERE]
    suite = unittest.defaultTestLoader.discover(HERE)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=1).run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed - len(result.skipped)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
