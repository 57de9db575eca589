#!/usr/bin/env python3
"""Speed and memory of the system: `make bench`.

The rows are added together with what they measure; until there are any this says so.
usage: bench.py [--build DIR]
"""
import argparse

ROWS = ()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.parse_args()
    if not ROWS:
        print("no benchmarks yet")


if __name__ == "__main__":
    main()
