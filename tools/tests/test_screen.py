"""Reading text back from a picture of the screen."""
import os
import tempfile
import unittest

from anonlib import screen
from anonlib.errors import AnonError

BAR, DOT = 0x40 << 120 | 0x40 << 112, 0x10  # two made-up letters: a stroke at the top, a dot at the bottom
ALL = (1 << 128) - 1
FONT = {BAR: "l", BAR ^ ALL: "l", DOT: ".", DOT ^ ALL: "."}


def picture(rows, colours):
    """A PPM of cells; colours gives (ground, ink) of each."""
    data = b""
    for row, pair in zip(rows, colours):
        for y in range(16):
            for bitmap in row:
                byte = bitmap >> 8 * (15 - y) & 0xff
                data += b"".join(pair[byte >> x & 1] for x in range(7, -1, -1))
    return b"P6\n%d %d\n255\n" % (8 * len(rows[0]), 16 * len(rows)) + data


class Reading(unittest.TestCase):
    def read(self, data):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.ppm")
            with open(path, "wb") as f:
                f.write(data)
            return screen.read_text(path, FONT)

    def test_text_in_any_colours(self):
        plain, reversed_ = (b"\0\0\0", b"\xff\xff\xff"), (b"\xff\xff\xff", b"\0\0\0")
        text = self.read(picture([[BAR, 0, DOT, 0], [BAR, DOT, 0, 0]], [plain, reversed_]))
        self.assertEqual(text, "l .\nl.")

    def test_what_is_no_text(self):
        self.assertEqual(self.read(picture([[5]], [(b"\0\0\0", b"\1\1\1")])), screen.UNKNOWN)

    def test_what_is_no_picture(self):
        for data in (b"", b"P5 1 1 255\nx", b"P6\n8 16\n255\nabc"):
            with self.assertRaises(AnonError):
                self.read(data)


if __name__ == "__main__":
    unittest.main()
