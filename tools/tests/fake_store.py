#!/usr/bin/env python3
"""Stands in for the store's host tool: notes how it was called."""
import os
import sys

with open(os.environ["FAKE_STORE_LOG"], "a", encoding="utf-8") as log:
    log.write(" ".join([sys.argv[1]] + sys.argv[3:]) + "\n")
if sys.argv[1] == "fsck":
    sys.exit(int(os.environ.get("FAKE_FSCK", "0")))
