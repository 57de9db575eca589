"""Images that are others but for a few lines (scripts/manifest.py)."""
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPT = os.path.join(os.path.dirname(os.path.dirname(HERE)), "scripts", "manifest.py")
BASE = "# all\nport tool\n\nservice a\n\tlevel 0\n\n# next\nservice b\n\tlevel 1\n"


class ManifestCase(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="manifest-test-")
        self.addCleanup(scratch.cleanup)
        self.dir = scratch.name
        self.write("base", BASE)

    def write(self, name, text):
        with open(os.path.join(self.dir, f"{name}.manifest"), "w", encoding="utf-8") as f:
            f.write(text)

    def whole(self, text):
        self.write("it", text)
        return subprocess.run([sys.executable, SCRIPT, os.path.join(self.dir, "it.manifest")], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def assert_refused(self, text, words):
        done = self.whole(text)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(words, done.stderr)
        self.assertNotIn("Traceback", done.stderr)

    def test_plain_ones_stay_as_they_are(self):
        self.assertEqual(self.whole(BASE).stdout, BASE)

    def test_lines_join_their_entries(self):
        text = "# differs\nfrom base # in two\nservice a\n\tkeep\n\tpriority 3\nservice b # last\n\tcap log\n"
        self.assertEqual(self.whole(text).stdout,
                         BASE.replace("level 0\n", "level 0\n\tkeep\n\tpriority 3\n") + "\tcap log\n")

    def test_refusals_name_file_and_line(self):
        self.assert_refused("from nowhere\n", "nowhere.manifest: No such file")
        self.assert_refused("from\n", "it.manifest:1: from NAME")
        self.assert_refused("from base\nkeep\n", "it.manifest:2: no entry of the other image is open for: keep")
        self.assert_refused("from base\nservice c\n\tkeep\n", "it.manifest:3: no entry")
        self.assert_refused("from base\nservice\n", "it.manifest:2: service NAME")
        self.write("second", "from base\n")
        self.assert_refused("from second\n", "second is not whole itself")


if __name__ == "__main__":
    unittest.main()
