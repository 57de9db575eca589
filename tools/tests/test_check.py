"""The rules of make check, each against a small tree that breaks it; and the build's own scripts."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
HEAD = "/*\n * A purpose.\n */\n"
GOOD = {
    "docs/building.md": "# Building\n",
    "modules/base/README.md": "# base\n",
    "modules/base/module.mk": "NAME := base\nLIB := src/a.c\n",
    "modules/base/interface/base/a.h": "#pragma once\n\nint a(void);\n",
    "modules/base/src/a.c": HEAD + "#include <base/a.h>\n\nint a(void)\n{\n\treturn 1;\n}\n",
    "modules/top/README.md": "# top\n",
    "modules/top/module.mk": "NAME := top\nUSES := base\nLIB := \\\n\tsrc/b.c\n",
    "modules/top/src/b.c": HEAD + "#include <base/a.h>\n#include <stdint.h>\n",
}


class TreeCase(unittest.TestCase):
    """A tree of our scripts and a few files; GOOD passes every rule."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="check-test-")
        self.addCleanup(scratch.cleanup)
        self.dir = scratch.name
        shutil.copytree(os.path.join(ROOT, "scripts"), os.path.join(self.dir, "scripts"),
                        ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(os.path.join(ROOT, ".clang-format"), self.dir)
        for path, text in GOOD.items():
            self.write(path, text)

    def write(self, path=None, text=""):
        if path:
            place = os.path.join(self.dir, path)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "w", encoding="utf-8") as f:
                f.write(text)

    def check(self, rule):
        return subprocess.run([sys.executable, "scripts/check.py", rule], cwd=self.dir, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def holds(self, rule):
        done = self.check(rule)
        self.assertEqual(done.returncode, 0, done.stdout)

    def breaks(self, rule, *words):
        done = self.check(rule)
        self.assertEqual(done.returncode, 1, done.stdout)
        for word in words:
            self.assertIn(word, done.stdout)


class Rules(TreeCase):
    def test_good_tree_passes(self):
        for rule in ("modules", "format", "includes", "conditionals", "comments", "docs", "abi", "fpu",
                     "lengths"):
            self.holds(rule)

    def test_module_data(self):
        self.write("modules/top/module.mk", "NAME := topp\nUSES := base nowhere\nBOGUS := 1\nall:\n"
                   "LIB := src/none.c\nPROGRAMS := p\np_SRC := src/b.c\np_LIBS := top2\np_FLAGS := FAST\n")
        self.breaks("modules", "NAME is not top", "USES nowhere", "BOGUS is no known key", "not data",
                    "src/none.c does not exist", "no library top2", "unknown flag FAST")

    def test_missing_readme(self):
        os.unlink(os.path.join(self.dir, "modules/top/README.md"))
        self.breaks("modules", "modules/top: no README.md")

    def test_layout(self):
        self.write("modules/top/src/b.c", HEAD + "int  b( void );\n")
        self.breaks("format", "modules/top/src/b.c:4")

    def test_include_outside_uses(self):
        self.write("modules/base/src/a.c", HEAD + "#include <top/b.h>\n")
        self.breaks("includes", "top is not in the USES of base", "<top/b.h> is not in")

    def test_include_upwards_and_elsewhere(self):
        self.write("modules/top/src/b.c", HEAD + '#include "../src/b.h"\n#include "a.h"\n#include <stdio.h>\n')
        self.breaks("includes", '"../"', '"a.h" is not in', "<stdio.h>: only tests")

    def test_tests_may_use_the_c_library(self):
        self.write("modules/top/src/b_test.c", HEAD + "#include <stdio.h>\n")
        self.holds("includes")

    def test_generated_headers_are_known(self):
        self.write("modules/base/module.mk", "NAME := base\nINTERFACES := interface/base/x.ipc\n")
        self.write("modules/top/src/b.c", HEAD + "#include <base/x_ipc.h>\n")
        self.holds("includes")

    def test_cycles(self):
        self.write("modules/base/interface/base/a.h", "#pragma once\n#include <base/c.h>\n")
        self.write("modules/base/interface/base/c.h", "#pragma once\n#include <base/a.h>\n")
        self.write("modules/base/module.mk", "NAME := base\nUSES := top\n")
        self.breaks("includes", "include cycle", "USES cycle")

    def test_missing_pragma(self):
        self.write("modules/base/interface/base/a.h", "int a(void);\n")
        self.breaks("includes", "no #pragma once")

    def test_conditionals(self):
        self.write("modules/top/src/b.c", HEAD + "#ifdef __x86_64__\n#endif\n\nint b(void)\n{\n#if 0\n#endif\n"
                   "\treturn 1;\n}\n")
        self.breaks("conditionals", "b.c:4: architecture #if", "b.c:9: #if in a function body")

    def test_architecture_folder_is_free(self):
        self.write("modules/top/src/arch/x86_64/b.c", HEAD + "#ifdef __x86_64__\n#endif\n")
        self.holds("conditionals")

    def test_comments(self):
        self.write("modules/top/src/b.c", "int b;\n/* TODO: later */\n/* TODO(12): fine */\n")
        self.breaks("comments", "b.c:1: no purpose comment", "b.c:2: TODO", "2 findings")
        self.write("modules/top/src/b.c", "/* Too short. */\n")
        self.breaks("comments", "has 1 lines")

    def test_long_functions_and_files(self):
        long = "int f%d(void)\n{\n" + "\tx++;\n" * 70 + "\treturn 1;\n}\n\n"
        short = "int f%d(void)\n{\n\treturn 1;\n}\n\n"
        text = "".join((long if n < 3 else short) % n for n in range(30))
        self.write("modules/top/src/b.c", HEAD + text + "\n" * 1000)
        self.breaks("lengths", "3 of 30 functions exceed", "f2 has 74 lines", "lines, and the README does not")
        self.write("modules/top/README.md", "b.c is long because it is.\n")
        self.breaks("lengths", "3 of 30 functions exceed", "1 findings")

    def test_abi_summary(self):
        self.write("tools/ipcgen.py", "print('interface x 1 v1')\n")
        self.write("modules/top/interface/top/x.ipc", "x\n")
        self.breaks("abi", "no x.abi")
        self.write("modules/top/interface/top/x.abi", "interface x 1 v0\n")
        self.breaks("abi", "-interface x 1 v0", "+interface x 1 v1")
        self.write("modules/top/interface/top/x.abi", "interface x 1 v1\n")
        self.holds("abi")
        self.write("docs/reference/y.md", "another page\n")
        self.breaks("abi", "docs/reference/x.md: is not what modules/top/interface/top/x.ipc says")

    def test_pages(self):
        self.write("docs/a.md", "# A\n[b](../modules/base/README.md) [c](c.md) [d](#no) [e](#a) [f](https://x.y/z)\n"
                   "`src/a.c` `src/c.c` `<base/a.h>` `<base/b.h>` `return_code` `scripts/*.py` `modules/NAME/x.c`\n\n"
                   "    make build nothing    builds\n")
        self.write("Makefile", "build: x\n")
        self.write("modules/top/src/b.c", HEAD + "/* docs/gone.md tells. */\n")
        self.breaks("docs", "link to c.md", "#no: no such heading", "no file src/c.c", "no header <base/b.h>",
                    "the name return_code", "make nothing", "docs/gone.md does not exist", "7 findings")

    def test_pages_of_a_module(self):
        self.write("modules/top/README.md", "`b.c` `b*.c` `modules/base/src/a.c` `a.c`\n")
        self.breaks("docs", "modules/top/README.md:1: no file a.c", "1 findings")

    def test_levels(self):
        self.write("images/default.manifest", "service log\n\tlevel 0\nservice tree\n\tlevel 1\n")
        self.write("docs/architecture.md", "| 0 | `log` | all |\n| 2 | `tree` | names |\n")
        self.breaks("docs", "tree at level 1 is in the manifest, not here", "tree at level 2 is not in", "2 findings")


class Scripts(TreeCase):
    def compile(self, code, *flags):
        self.write("x.c", code)
        subprocess.run(["gcc", "-O1", "-c", *flags, "x.c", "-o", "x.o"], cwd=self.dir, check=True)
        return os.path.join(self.dir, "x.o")

    def nofpu(self, path, *options):
        return subprocess.run([sys.executable, "scripts/nofpu.py", *options, path], cwd=self.dir,
                              check=False, stderr=subprocess.PIPE, text=True)

    def test_floating_point_is_found(self):
        for code in ("double f(double x) { return x * 2; }",
                     "long double f(long double x) { return x * 2; }"):
            done = self.nofpu(self.compile(code))
            self.assertEqual(done.returncode, 1)
            self.assertIn("floating point in f:", done.stderr)

    def test_integer_code_passes(self):
        code = "long f(long x, char *p) { __builtin_memset(p, 0, 4096); return x * 2; }"
        self.assertEqual(self.nofpu(self.compile(code, "-mgeneral-regs-only")).returncode, 0)

    def test_state_may_be_moved_as_a_whole(self):
        path = self.compile('void f(void *p) { __asm__("fxsave64 (%0)" : : "r"(p) : "memory"); }')
        self.assertEqual(self.nofpu(path).returncode, 0)

    def test_only_the_kernel_may_reset_state(self):
        path = self.compile('void f(void *p) { __asm__("ldmxcsr (%0)" : : "r"(p)); }')
        self.assertEqual(self.nofpu(path).returncode, 1)
        self.assertEqual(self.nofpu(path, "--kernel").returncode, 0)

    def test_symbol_table(self):
        symbols = ("ffffffff80001000 T one\nffffffff80001000 t same\nffffffff80001010 t two\n"
                   "0000000000001000 T low\nffffffff80002000 D data\n")
        made = subprocess.run([sys.executable, "scripts/ksyms.py"], cwd=self.dir, input=symbols, check=True,
                              stdout=subprocess.PIPE, text=True).stdout
        self.assertIn("ksym_count:\t.long 2\n", made)
        self.assertIn(".quad 0xffffffff80001000", made)
        self.assertIn(".long 0x10", made)
        for word in ('"one"', '"two"'):
            self.assertIn(word, made)
        for word in ("same", "low", "data"):
            self.assertNotIn(word, made)

    def relocations(self, source):
        """What relocations.py makes of a kernel whose image is this one section."""
        self.write("k.S", '.section .low,"ax"\nstart: movq $word, %rax\n movl $start, %eax\n.text\n' + source)
        self.write("k.ld", "direct_link_base = 0xffff880000000000;\nSECTIONS { . = 0x100000; .low : { *(.low) } "
                           ". = 0xffffffff80200000; .text : { *(.text) } }\n")
        subprocess.run(["gcc", "-c", "-o", "k.o", "k.S"], cwd=self.dir, check=True)
        subprocess.run(["ld", "--no-warn-rwx-segments", "--emit-relocs", "-e", "0", "-T", "k.ld", "-o", "k", "k.o"], cwd=self.dir, check=True)
        return subprocess.run([sys.executable, "scripts/relocations.py", "k"], cwd=self.dir, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def test_relocations_are_sorted_by_what_moves(self):
        made = self.relocations("word: .quad word\n .quad start\n movabsq $direct_link_base, %rax\n"
                                "movq $word + 0x80000000, %rax\n call word\n").stdout
        lists = dict(re.findall(r"^(boot_\w+):\n((?:\t\.long .*\n)*)", made, re.MULTILINE))
        self.assertEqual(lists["boot_image_words"].split(), [".long", "0x200000", ".long", "0"])
        self.assertEqual(lists["boot_direct_words"].split(), [".long", "0x200012", ".long", "0"])
        self.assertEqual(lists["boot_image_halves"].split(), [".long", "0x100003", ".long", "0x20001d", ".long", "0"])

    def test_a_distance_that_changes_is_refused(self):
        refused = self.relocations("word: leaq start(%rip), %rax\n")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("by distance", refused.stderr)

    def test_archive_is_a_cpio_and_always_the_same(self):
        self.write("prog", "#!x\n")
        self.write("m", "manifest\n")
        command = [sys.executable, "scripts/mkarchive.py", "--manifest", "m", "--native", "prog", "--file",
                   "etc/deep/f=m"]
        made = []
        for name in ("one.cpio", "two.cpio"):
            os.utime(os.path.join(self.dir, "m"), (len(made), len(made)))
            subprocess.run([*command[:2], name, *command[2:]], cwd=self.dir, check=True)
            with open(os.path.join(self.dir, name), "rb") as f:
                made.append(f.read())
        self.assertEqual(made[0], made[1])
        listing = subprocess.run(["cpio", "-tv", "--quiet"], input=made[0], stdout=subprocess.PIPE, check=True)
        text = listing.stdout.decode()
        for line in ("-rw-r--r--   1 root     root            9", "native/prog", "etc/deep/f", "manifest"):
            self.assertIn(line, text)


if __name__ == "__main__":
    unittest.main()
