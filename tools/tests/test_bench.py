"""The benchmark's host side: what it makes of the guests' output."""
import os
import re
import subprocess
import tempfile
import unittest

import bench

OSBENCH = os.path.join(bench.HERE, "bench", "osbench.c")
TICKS = "# osbench 1\nstat\t1225.0\ttsc\nstat\t1226.0\ttsc~\npipe_bw\t3399\tB/Mtsc\npipe_bw_per_KiB\t301.3\ttsc\ntcp_bw: FAIL 97 x\n"
COUNTED = "stat\t1290.0\ttsc\nstat\t2.00\tcount\npipe_bw_per_KiB\t0.09\tcount\n"


class Rows(unittest.TestCase):
    def test_counts_come_from_the_other_run(self):
        rows = bench.parse_osbench(TICKS, bench.parse_counts(COUNTED))
        self.assertEqual(rows, [("stat", "tsc", "1225.0", "2"), ("stat", "tsc~", "1226.0", "2"),
                                ("pipe_bw", "B/Mtsc", "3399", "-"), ("pipe_bw_per_KiB", "tsc", "301.3", "0.09"),
                                ("tcp_bw", "-", "not yet", "-")])

    def test_ratio(self):
        self.assertEqual(bench.ratio("tsc", 50, 100), "0.50")
        self.assertEqual(bench.ratio("B/Mtsc", 50, 100), "2.00")
        self.assertEqual(bench.ratio("tsc", 50, 0), "-")


class Counter(unittest.TestCase):
    """osbench, on this host, with a file that never changes and one that is not there."""

    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory(prefix="bench-test-")
        cls.addClassCleanup(scratch.cleanup)
        cls.dir = scratch.name
        cls.osbench = os.path.join(cls.dir, "osbench")
        subprocess.run(["musl-gcc", "-O2", "-static", "-w", "-o", cls.osbench, OSBENCH], check=True)

    def run_osbench(self, counter):
        path = os.path.join(self.dir, "counter")
        with open(path, "w", encoding="ascii") as f:
            f.write('{"writes":17,"rootWrites":12345}\n')
        env = {"OSBENCH_DIR": self.dir} | ({"OSBENCH_COUNTER": counter % path} if counter else {})
        return subprocess.run([self.osbench, "rdtsc"], env=env, stdout=subprocess.PIPE, text=True, check=False)

    def test_an_unchanged_counter_counts_nothing(self):
        self.assertEqual(bench.parse_counts(self.run_osbench("%s:rootWrites").stdout), {"rdtsc": "0"})

    def test_no_counter_no_rows(self):
        done = self.run_osbench(None)
        self.assertEqual(bench.parse_counts(done.stdout), {})
        self.assertIn("rdtsc\t", done.stdout)

    def test_a_missing_counter_is_told(self):
        for counter in ("%s:noSuchName", "%s.missing:rootWrites"):
            done = self.run_osbench(counter)
            self.assertEqual(done.returncode, 1)
            self.assertIn("FAIL", done.stdout)


STORE = ("# 0.999846318 ticks a nanosecond\nread_cold\t2065.3\t0.256\t4123\nidle_1ms\t960.0\t0.000\t1021200\n"
         "# storebench done\n")
PAGE = "Measured on 2020-01-01, x.\n\n## A\n\n| keep |\n\nWhy.\n\n## B\n\nWords.\n\n| old |\n|---|\n| 1 |\n\nMore.\n"


class Store(unittest.TestCase):
    def test_hashing_is_told_apart(self):
        self.assertEqual(bench.parse_store(STORE, 1000), [("read_cold", 2065.3, 256.0), ("idle_1ms", 960.0, 0.0)])

    def test_a_run_that_ended_early_is_none(self):
        with self.assertRaises(SystemExit):
            bench.parse_store(STORE.replace("done", ""), 1000)

    def test_lost_rows_are_bold(self):
        text = bench.store_table([("a", 300.0, 250.0), ("b", 10.0, 0.0)], {"a": ("ext4", "tsc", 100.0)})
        self.assertIn("| a | 300 | 250 | 0 | 100 | **3.00** | 0.50 |", text)
        self.assertIn("| b | 10 | 0 | 0 | 0 | - | - |", text)

    def test_only_the_heading_s_own_table_is_replaced(self):
        self.assertEqual(bench.replace_table(PAGE, "## B\n", "| new |\n"),
                         PAGE.replace("| old |\n|---|\n| 1 |\n", "| new |\n"))
        with self.assertRaises(SystemExit):
            bench.replace_table(PAGE, "## C\n", "| new |\n")

    def test_every_row_has_its_counterpart(self):
        with open(os.path.join(bench.HERE, "bench", "storebench.c"), encoding="utf-8") as f:
            rows = re.findall(r'^    \{"(\w+)", ', f.read(), re.M)
        self.assertGreater(len(rows), 8)
        self.assertEqual(set(rows), set(bench.read_baseline("ext4.tsv")))
