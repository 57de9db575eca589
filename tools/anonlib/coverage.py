"""What a kernel of KIND=coverage counted, taken from the memory of a machine that has ended.

gcc gives such a kernel a counter for each piece of code that runs as a whole. The kernel does nothing with them: the machine's
memory is a file of ours, and there they lie, however it ended. With ANON_COVERAGE=FOLDER every machine leaves a file of
counts in that folder; scripts/coverage.py adds them up and writes them as the .gcda files that gcov reads.
"""
import array
import os
import struct
import sys
import tempfile
import zlib
from dataclasses import dataclass

from .errors import AnonError

FOLDER = os.environ.get("ANON_COVERAGE")
KERNEL_BASE = 0xffffffff80000000  # a kernel address, as linked, less this is the physical address (kernel.ld)
PLACES = set(range(0, 1 << 30, 2 << 20))  # how far a kernel can be from where it is linked
MERGE_FUNCTIONS = {b"*22B": 8}    # by the version gcc writes: the length of an array in its struct gcov_info
GCDA_MAGIC, TAG_FUNCTION, TAG_ARCS = 0x67636461, 0x01000000, 0x01a10000


class Elf:
    """The sections of an ELF64 file, and its bytes by virtual address."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = f.read()
        self.identity = zlib.crc32(self.data)
        start, = struct.unpack_from("<Q", self.data, 40)
        size, count, names = struct.unpack_from("<HHH", self.data, 58)
        rows = [struct.unpack_from("<IIQQQQ", self.data, start + i * size) for i in range(count)]
        self.sections = {self._text(rows[names][4] + name): (address, offset, length)
                         for name, kind, _, address, offset, length in rows if kind == 1}

    def _text(self, at):
        return self.data[at:self.data.index(b"\0", at)].decode()

    def _offset(self, address):
        for start, offset, length in self.sections.values():
            if start <= address < start + length:
                return address - start + offset
        raise AnonError(f"nothing lies at {address:#x} in the kernel's file")

    def read(self, layout, address):
        return struct.unpack_from(layout, self.data, self._offset(address))

    def text(self, address):
        return self._text(self._offset(address))


@dataclass
class Function:
    """What gcov identifies a function by, and where its counters lie."""
    ident: tuple
    address: int
    count: int


@dataclass
class Unit:
    """One compiled file: where its .gcda file belongs, and the head of that file."""
    path: str
    head: tuple
    functions: list


def read_units(elf):
    """The files that count, as gcc describes them in the kernel itself."""
    start, _, length = elf.sections.get(".gcov_info", (0, 0, 0))
    return [read_unit(elf, elf.read("<Q", at)[0]) for at in range(start, start + length, 8)]


def read_unit(elf, at):
    version, _, stamp, checksum, path = elf.read("<4s4xQIIQ", at)
    if version not in MERGE_FUNCTIONS:
        raise AnonError(f"coverage counts of this gcc ({version}) are not understood; see MERGE_FUNCTIONS")
    at += 32 + 8 * MERGE_FUNCTIONS[version]
    count, table = elf.read("<I4xQ", at)
    functions = [read_function(elf, elf.read("<Q", table + 8 * i)[0]) for i in range(count)]
    return Unit(elf.text(path), (GCDA_MAGIC, struct.unpack("<I", version)[0], stamp, checksum), functions)


def read_function(elf, at):
    *ident, count, address = elf.read("<8xIII4xI4xQ", at)
    return Function(tuple(ident), address, count)


def write_gcda(unit, counts):
    """counts: an iterator of this unit's numbers, in order."""
    words = struct.pack("<4I", *unit.head)
    for function in unit.functions:
        words += struct.pack("<5I", TAG_FUNCTION, 12, *function.ident)
        words += struct.pack("<2I", TAG_ARCS, 8 * function.count)
        words += struct.pack(f"<{function.count}Q", *(next(counts) for _ in range(function.count)))
    with open(unit.path, "wb") as f:
        f.write(words)


def is_moved_copy(words, linked):
    """The same addresses, all moved by as much and to where kaslr.c moves a kernel, which is in virtual memory only."""
    moved = {a - b for a, b in zip(array.array("Q", words), array.array("Q", linked))}
    return len(words) == len(linked) and len(moved) == 1 and moved <= PLACES


def collect(kernel, memory_path):
    """Keeps the counts that a machine's memory holds, unless the kernel never came to run in it."""
    elf = Elf(kernel)
    start, offset, length = elf.sections.get(".gcov_info", (0, 0, 0))
    with open(memory_path, "rb") as memory:
        memory.seek(start - KERNEL_BASE if length else 0)
        if not length or not is_moved_copy(memory.read(length), elf.data[offset:offset + length]):
            return
        counts = array.array("Q")
        for unit in read_units(elf):
            for function in unit.functions:
                memory.seek(function.address - KERNEL_BASE)
                counts.frombytes(memory.read(8 * function.count))
    os.makedirs(FOLDER, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=FOLDER, prefix="run-", suffix=".counts", delete=False) as f:
        f.write(b"%d %s\n" % (elf.identity, os.path.abspath(kernel).encode()) + counts.tobytes())


def read_run(path):
    """(kernel, its identity, counts) of one machine."""
    with open(path, "rb") as f:
        head, _, numbers = f.read().partition(b"\n")
    counts = array.array("Q", numbers)
    if sys.byteorder == "big":
        counts.byteswap()
    identity, kernel = head.split(b" ", 1)
    return kernel.decode(), int(identity), counts
