#!/usr/bin/env python3
"""Prints width_rows.h from the Unicode data that Python has.

A range may take in code points that Unicode has not assigned.  usage: widths.py | clang-format > .../width_rows.h
"""
import unicodedata

ESCAPED = ([0x061C, 0x180E, 0x200B, 0x2028, 0x2029, 0xFEFF] + list(range(0x200E, 0x2010)) + list(range(0x202A, 0x202F)) +
           list(range(0x2060, 0x2070)) + list(range(0xFFF9, 0xFFFC)) + list(range(0xE0000, 0xE0080)))


def kind(code):
    """WIDE, JOINS, ESCAPED, "" (one column) or None (not assigned)."""
    character = chr(code)
    category = unicodedata.category(character)
    if code in ESCAPED:
        return "ESCAPED"
    if category == "Cn":
        return None
    if category in ("Mn", "Me") or code in (0x200C, 0x200D) or 0x1160 <= code < 0x1200:
        return "JOINS"
    return "WIDE" if unicodedata.east_asian_width(character) in "WF" else ""


def ranges():
    """(kind, first, last) in order, merged over what is not assigned."""
    found = []
    for code in range(0xA0, 0x110000):
        what = kind(code)
        if what is None:
            continue
        if found and found[-1][0] == what:
            found[-1][2] = code
        else:
            found.append([what, code, code])
    return [row for row in found if row[0]]


def main():
    rows = ", ".join(f"{{0x{first:x}, 0x{last:x}, {what}}}" for what, first, last in ranges())
    print(f"/*\n * Code points that do not take one column, in order; made by edit/test/widths.py from Unicode "
          f"{unicodedata.unidata_version}.\n */\n#pragma once\n#include \"edit/utf8.h\"\n")
    print("enum { ESCAPED = -1, JOINS = 0, WIDE = 2 };\n")
    print("static const struct range {\nuint32_t first, last;\nint8_t width;\n} ranges[] = {" + rows + "};")


if __name__ == "__main__":
    main()
