"""Counting what a kernel ran: from a machine's memory to gcov's lines, and from those to the list of reasons."""
import glob
import os
import struct
import subprocess
import tempfile
import unittest
from unittest import mock

import coverage as report  # scripts/coverage.py
from anonlib import coverage

SOURCE = """int entered(int x)
{
	for (int i = 0; i < 3; i++)
		x += i;
	return x;
}
int never_entered(void)
{
	return 3;
}
"""
FLAGS = ["-ffreestanding", "-fno-pic", "-mcmodel=kernel", "-fno-stack-protector", "-O0", "-fprofile-arcs",
         "-ftest-coverage", "-fprofile-info-section=.gcov_info"]
LINK = ["-nostdlib", "-static", "-no-pie", "-Wl,--build-id=none", "-Wl,-z,noseparate-code", "-Wl,-e,entered",
        "-Wl,-Ttext=0xffffffff80010000", "-Wl,--defsym=__gcov_merge_add=0"]


class FromMemory(unittest.TestCase):
    """A kernel of two functions, and a file that pretends to be the memory it ran in."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="coverage-test-")
        self.addCleanup(scratch.cleanup)
        self.dir = scratch.name
        self.kernel, self.memory, source = (os.path.join(self.dir, n) for n in ("kernel.elf", "memory", "x.c"))
        with open(source, "w", encoding="utf-8") as f:
            f.write(SOURCE)
        subprocess.run(["gcc", *FLAGS, "-c", source, "-o", source[:-1] + "o"], check=True, cwd=self.dir)
        subprocess.run(["gcc", *LINK, source[:-1] + "o", "-o", self.kernel], check=True, cwd=self.dir)
        patch = mock.patch.object(coverage, "FOLDER", os.path.join(self.dir, "runs"))
        patch.start()
        self.addCleanup(patch.stop)

    def put(self, address, data):
        with open(self.memory, "r+b" if os.path.exists(self.memory) else "wb") as f:
            f.seek(address - coverage.KERNEL_BASE)
            f.write(data)

    def load(self, counted, moved=0):
        """The memory after a run in which the function of so many counters ran, and each of its arcs once."""
        elf = coverage.Elf(self.kernel)
        start, offset, length = elf.sections[".gcov_info"]
        words = struct.unpack(f"<{length // 8}Q", elf.data[offset:offset + length])
        self.put(start, struct.pack(f"<{length // 8}Q", *(word + moved for word in words)))
        for function in coverage.read_units(elf)[0].functions:
            self.put(function.address, (function.count == counted).to_bytes(8, "little") * function.count)

    def runs(self):
        return glob.glob(os.path.join(self.dir, "runs", "*.counts"))

    def lines(self):
        """(lines that ran, lines that did not), as gcov says from the sum of all runs."""
        report.add_up(self.runs())
        said = subprocess.run(["gcov", "--stdout", os.path.join(self.dir, "x.gcno")], check=True, cwd=self.dir,
                              stdout=subprocess.PIPE, text=True).stdout
        rows = [line.split(":") for line in said.splitlines()]
        return ({int(r[1]) for r in rows if r[0].strip("* ").isdigit()}, {int(r[1]) for r in rows if "####" in r[0]})

    def test_what_was_counted_ran(self):
        self.load(2)
        coverage.collect(self.kernel, self.memory)
        self.assertEqual(self.lines(), ({1, 3, 4, 5}, {7, 9}))

    def test_runs_are_added_up(self):
        for counted in (2, 1):
            self.load(counted)
            coverage.collect(self.kernel, self.memory)
        self.assertEqual(len(self.runs()), 2)
        self.assertEqual(self.lines(), ({1, 3, 4, 5, 7, 9}, set()))

    def test_a_kernel_that_moved_counts(self):
        self.load(2, moved=0x1a400000)
        coverage.collect(self.kernel, self.memory)
        self.assertEqual(self.lines(), ({1, 3, 4, 5}, {7, 9}))

    def test_a_kernel_at_no_place_of_its_own_is_not_believed(self):
        self.load(2, moved=0x1000)
        coverage.collect(self.kernel, self.memory)
        self.assertEqual(self.runs(), [])

    def test_an_earlier_kernel_does_not_count(self):
        self.load(2)
        coverage.collect(self.kernel, self.memory)
        with open(self.kernel, "ab") as f:
            f.write(b"built anew")
        self.assertEqual(self.lines(), (set(), {1, 3, 4, 5, 7, 9}))

    def test_other_memory_is_not_believed(self):
        self.put(coverage.KERNEL_BASE, b"\xff" * 0x40000)
        coverage.collect(self.kernel, self.memory)
        self.assertEqual(self.runs(), [])


class Reasons(unittest.TestCase):
    """A function of four lines, the middle two of which never ran, and one that was never entered."""

    def setUp(self):
        text = ["int f(int x)", "	if (x)", "		return 1;", "	return 2;", "int g(void)", "	return 3;"]
        self.source = report.File("f.c", {1: 5, 2: 0, 3: 0, 4: 5, 5: 0, 6: 0},
                                  {1: "f", 2: "f", 3: "f", 4: "f", 5: "g", 6: "g"}, text)

    def judge(self, *reasons):
        """(first lines that have no reason, reasons that have no line)"""
        listed = [report.Reason(0, "f.c", *reason, True) for reason in reasons]
        left = [piece[0] for _, piece in report.unexplained([self.source], listed)]
        return left, [(r.function, r.words) for r in listed if not r.is_used]

    def test_each_piece_wants_a_reason(self):
        self.assertEqual(self.judge(), ([2, 5], []))
        self.assertEqual(self.judge(("f", "if (x)"), ("g", "")), ([], []))

    def test_a_reason_wants_its_piece(self):
        self.assertEqual(self.judge(("f", "if (x)"), ("g", ""), ("f", "return 2")), ([], [("f", "return 2")]))

    def test_a_reason_wants_its_line(self):
        """Whether it ran or not, and whatever kind the reason is of."""
        kept, gone = (("f", "return 2"), ("f", "if (x)"), ("g", "")), (("f", "return 3"), ("g", "if (x)"), ("h", ""))
        for reason in kept + gone:
            reason = report.Reason(0, "f.c", *reason, False)
            self.assertEqual(reason.is_gone(self.source), (reason.function, reason.words) in gone)
        self.assertTrue(report.Reason(0, "e.c", "f", "", True).is_gone(None))

    def test_a_function_that_was_entered_is_not_excused_whole(self):
        self.assertEqual(self.judge(("f", ""), ("g", "")), ([2], [("f", "")]))


if __name__ == "__main__":
    unittest.main()
