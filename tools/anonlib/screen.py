"""Reads the text screen back from a picture of it.

No recognition is needed: the cells lie on a grid of 8 by 16 pixels from the top left corner, and BUILD/host/screen-glyphs
prints the very font that the system draws with.  A cell has two colours at most; which of them is the ink does not matter,
so reversed text and the cursor read like any other.  What is not text shows as a question mark upside down.
"""
import os
import subprocess

from .errors import AnonError

WIDTH, HEIGHT = 8, 16
UNKNOWN = "\u00bf"


def load_font(build):
    """Characters by their bitmap, a number of 128 bits; every one also with ink and ground exchanged."""
    program = os.path.join(build, "host", "screen-glyphs")
    if not os.path.exists(program):
        raise AnonError(f"{program} does not exist; build it with: make host")
    listing = subprocess.run([program], check=True, stdout=subprocess.PIPE, text=True).stdout
    font = {}
    for line in listing.splitlines():
        code, bitmap = (int(word, 16) for word in line.split())
        font[bitmap] = chr(code)
        font.setdefault(bitmap ^ ((1 << WIDTH * HEIGHT) - 1), chr(code))
    return font


def read_ppm(path):
    """(width, height, pixels) of a binary PPM file; three bytes a pixel."""
    with open(path, "rb") as f:
        data = f.read()
    words = data.split(maxsplit=4)
    if len(words) < 4 or words[0] != b"P6" or words[3] != b"255":
        raise AnonError(f"{path} is no picture in the PPM format")
    width, height = int(words[1]), int(words[2])
    pixels = data[-3 * width * height:] if width * height else b""
    if len(pixels) != 3 * width * height:
        raise AnonError(f"{path} is cut short")
    return width, height, pixels


def read_cell(lines, font):
    """The character in one cell, given the pixels of its lines."""
    ground = lines[0][:3]
    if all(line == ground * WIDTH for line in lines):
        return " "
    bitmap = 0
    for line in lines:
        for x in range(0, 3 * WIDTH, 3):
            bitmap = bitmap << 1 | (line[x:x + 3] != ground)
    return font.get(bitmap, UNKNOWN)


def read_text(path, font):
    """The lines of text in a picture, without spaces at their ends."""
    width, height, pixels = read_ppm(path)
    pitch = 3 * width
    rows = []
    for top in range(0, height - HEIGHT + 1, HEIGHT):
        row = ""
        for left in range(0, width - WIDTH + 1, WIDTH):
            starts = (y * pitch + 3 * left for y in range(top, top + HEIGHT))
            row += read_cell([pixels[s:s + 3 * WIDTH] for s in starts], font)
        rows.append(row.rstrip())
    return "\n".join(rows).rstrip("\n")
