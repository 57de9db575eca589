"""Fetching third-party files, from a mirror of two packages."""
import hashlib
import os
import shutil
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PARTS = ("left", "right")
# Like apt-get, it needs lists before it finds a source, and can't be run twice on the same lists.
APT_GET = """#!/bin/sh
for word; do
	case $word in
	Dir::State::Lists=*) lists=${word#*=} ;;
	update) mkdir "$lists/busy" && sleep 0.3 && rmdir "$lists/busy" && : >"$lists/done" ;;
	*=1.0) [ -f "$lists/done" ] || { echo "E: no lists" >&2; exit 1; }
		echo "source of ${word%=*}" >"${word%=*}.orig.part" ;;
	esac
done
"""


class Fetch(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="fetch-test-")
        self.addCleanup(scratch.cleanup)
        self.dir = scratch.name
        for folder in ("scripts", "bin"):
            os.mkdir(os.path.join(self.dir, folder))
        shutil.copy(os.path.join(ROOT, "scripts", "fetch_modules.sh"), os.path.join(self.dir, "scripts"))
        apt_get = os.path.join(self.dir, "bin", "apt-get")
        with open(apt_get, "w", encoding="utf-8") as f:
            f.write(APT_GET)
        os.chmod(apt_get, 0o755)
        with open(os.path.join(self.dir, "scripts", "third_party.tsv"), "w", encoding="utf-8") as f:
            for part in PARTS:
                sum_ = hashlib.sha256(f"source of {part}\n".encode()).hexdigest()
                f.write("\t".join((part, part, "1.0", "src", "test", f"{part}.orig.part", sum_, "none")) + "\n")
        for part in PARTS:  # unpacked already: the mirror's files are no tarballs
            os.makedirs(os.path.join(self.dir, "third_party", part, "src"))

    def start(self, *words):
        path = os.path.join(self.dir, "bin") + os.pathsep + os.environ["PATH"]
        return subprocess.Popen([os.path.join(self.dir, "scripts", "fetch_modules.sh"), *words], text=True,
                                env={**os.environ, "PATH": path}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def test_two_at_once(self):
        for run in [self.start(part) for part in PARTS]:
            said, _ = run.communicate(timeout=60)
            self.assertEqual(run.returncode, 0, said)
            self.assertIn("1.0: fetched", said)

    def test_there_already(self):
        self.start().communicate(timeout=60)
        said, _ = self.start().communicate(timeout=60)
        self.assertEqual(said.splitlines(), [f"{part} 1.0: there" for part in PARTS])

    def test_another_sum(self):
        table = os.path.join(self.dir, "scripts", "third_party.tsv")
        with open(table, encoding="utf-8") as f:
            rows = f.read()
        with open(table, "w", encoding="utf-8") as f:
            f.write(rows.replace("left.orig.part\t", "left.orig.part\t0"))
        run = self.start("left")
        said, _ = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 1, said)
        self.assertIn("SHA-256 of what was fetched", said)
        self.assertFalse(os.path.exists(os.path.join(self.dir, "third_party", "left", "left.orig.part")))


if __name__ == "__main__":
    unittest.main()
