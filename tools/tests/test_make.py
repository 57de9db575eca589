"""The make files themselves, on a small tree: isolation of modules, incremental builds, messages."""
import os
import shutil
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
ENVIRONMENT = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "BUILD")}
FILES = {
    "modules/one/module.mk": "NAME := one\nMINE := src/one.c\nLIB := $(MINE)\nUNIT_TESTS := t\n"
                             "t_TEST_SRC := src/t.c\nt_TEST_LIBS := one\n",
    "modules/one/interface/one/one.h": "#pragma once\nint one(void);\n",
    "modules/one/src/one.c": "#include <one/one.h>\nint one(void)\n{\n\treturn 1;\n}\n",
    "modules/one/src/t.c": "#include <stdio.h>\n#include <one/one.h>\nint main(void)\n{\n"
                           '\tprintf("%d passed, 0 failed\\n", one());\n\treturn 0;\n}\n',
    "modules/two/module.mk": "NAME := two\nUSES := one\nPROGRAMS := prog\nprog_SRC := src/prog.c $(MINE)\n"
                             "prog_LIBS := one\nprog_FLAGS := NOFPU\nt_TEST_SRC := none\n",
    "modules/two/src/prog.c": "#include <one/one.h>\nvoid _start(void);\nvoid _start(void)\n{\n\tone();\n}\n",
}


class MakeCase(unittest.TestCase):
    """A copy of the build with two small modules: one, a library with a test, and two, a program."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="make-test-")
        self.addCleanup(scratch.cleanup)
        self.dir = scratch.name
        for name in ("mk", "scripts", "images"):
            shutil.copytree(os.path.join(ROOT, name), os.path.join(self.dir, name),
                            ignore=shutil.ignore_patterns("__pycache__", "*.manifest"))
        shutil.copy(os.path.join(ROOT, "Makefile"), self.dir)
        for path, text in FILES.items():
            self.write(path, text)

    def write(self, path, text):
        place = os.path.join(self.dir, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "w", encoding="utf-8") as f:
            f.write(text)

    def make(self, *words, status=0):
        done = subprocess.run(["make", *words], cwd=self.dir, env=ENVIRONMENT, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, status, done.stdout)
        return done.stdout

    def exists(self, path):
        return os.path.exists(os.path.join(self.dir, path))


class Builds(MakeCase):
    def test_modules_do_not_see_each_others_variables(self):
        self.assertIn("src/prog.c", self.make("native"))
        self.assertEqual(self.make("-s", "unit-list").split(), ["build/unit/one/t"])

    def test_nothing_to_do_the_second_time(self):
        self.make("objects", "unit-programs")
        again = self.make("objects", "unit-programs")
        self.assertNotIn("CC", again)
        self.assertNotIn("LINK", again)

    def test_a_header_rebuilds_those_who_include_it(self):
        self.make("native", "unit-programs")
        self.write("modules/one/interface/one/one.h", "#pragma once\nint one(void);\nint other(void);\n")
        again = self.make("native", "unit-programs")
        for name in ("one/src/one.c [native]", "two/src/prog.c [native]", "one/src/t.c [unit]"):
            self.assertIn(name, again)

    def test_changed_flags_rebuild(self):
        self.make("native")
        self.assertIn("CC", self.make("native", "WARNINGS=-Wall"))

    def test_debug_lies_apart(self):
        self.make("native", "KIND=debug")
        self.assertTrue(self.exists("build/debug/native/prog"))
        self.assertFalse(self.exists("build/native/prog"))

    def test_one_module(self):
        self.assertNotIn("two", self.make("objects", "M=one"))
        self.assertIn("there is no modules/three", self.make("objects", "M=three", status=2))

    def test_unit_tests_run(self):
        said = self.make("unit", "M=one")
        self.assertEqual(said.splitlines()[-1], "1 passed, 0 failed")

    def test_floating_point_in_a_monitor_fails_the_build(self):
        self.write("modules/two/src/prog.c", "void _start(void);\nvoid _start(void)\n{\n"
                   '\t__asm__ volatile("fld1");\n}\n')
        self.assertIn("floating point in _start: fld1", self.make("native", status=2))
        self.assertFalse(self.exists("build/native/prog"))

    def test_a_tree_without_kernel_says_so(self):
        said = self.make("build", "NO_PORTS=1")
        self.assertIn("no kernel yet", said)
        self.assertTrue(self.exists("build/boot.cpio"))

    def test_split_check_finds_a_forbidden_include(self):
        self.make("split-check", "M=one")
        self.make("split-check", "M=two")
        self.write("modules/one/src/secret.h", "#pragma once\n")
        self.write("modules/two/src/prog.c", '#include "../../one/src/secret.h"\n' + FILES["modules/two/src/prog.c"])
        self.make("native")
        self.assertIn("fails outside the tree", self.make("split-check", "M=two", status=2))


if __name__ == "__main__":
    unittest.main()
