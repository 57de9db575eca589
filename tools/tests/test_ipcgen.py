"""Tests of tools/ipcgen.py: the grammar's refusals, the tables, the summaries, and the generated C at work."""
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from ipcgen import c_header, interface, pages, tables

TOOLS = pathlib.Path(__file__).resolve().parents[1]
ROOT = TOOLS.parent
SAMPLE = TOOLS / "tests/ipcgen/sample.ipc"
FLAGS = "-std=gnu17 -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wshadow -Werror".split()
FREESTANDING = "-ffreestanding -mgeneral-regs-only -fPIE -O2 -D__ANONYMOS__=1".split()
INCLUDES = [f"-I{ROOT}/modules/{m}/interface" for m in ("base", "microkernel", "libanon")]


def tool(*args):
    return subprocess.run([sys.executable, str(TOOLS / "ipcgen.py"), *map(str, args)], capture_output=True,
                          text=True, check=False)


def every_interface():
    return sorted(ROOT.glob("modules/*/interface/*/*.ipc"))


class Refusals(unittest.TestCase):
    """Each of these must fail with the line and a reason."""

    def refused(self, text, reason):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "x.ipc"
            path.write_text(text)
            with self.assertRaisesRegex(interface.Refused, r"x\.ipc:\d+: .*" + reason):
                interface.parse(path)

    def op(self, text, reason):
        self.refused(f"interface x 0x1 v1\n{text}\n", reason)

    def test_head(self):
        self.refused("", "no interface")
        self.refused("interface x 1 v1\n", "expected, once")
        self.refused("interface x 0x0 v1\nop 1 f()\n", "out of range")
        self.refused("interface x 0x1 v1\ninterface y 0x2 v1\n", "expected, once")
        self.refused("interface x 0x1 v1\n", "no operation")
        self.refused("op 1 f()\n", "expected")

    def test_operations(self):
        self.op("op 1 f()\nop 1 g()", "used twice")
        self.op("op 1 f()\nop 2 f()", "used twice")
        self.op("op 0 f()", "out of range")
        self.op("op 65536 f()", "out of range")
        self.op("op 1 f() : E_NOSUCH", "errors.tbl")
        self.op("op 1 f(in u32 a", "ends inside")
        self.op("call 1 f()", "unknown statement")

    def test_fields(self):
        self.op("op 1 f(in u32 a, out u32 a)", "one name")
        self.op("op 1 f(in u32 status)", "cannot name")
        self.op("op 1 f(in u128 a)", "no type")
        self.op("op 1 f(in str a)", "have a bound")
        self.op("op 1 f(in u32<4> a)", "have a bound")
        self.op("op 1 f(in cap socket a)", "objects.tbl")
        self.op("op 1 f(u32 a)", "expected: in")
        self.op("op 1 f(in bytes<4093> a)", "4097 bytes")
        self.op("op 1 f(in str<2000> a, in str<2100> b)", "need")
        self.op("op 1 f(%s)" % ", ".join(f"in cap event e{i}" for i in range(5)), "too many")

    def test_structures(self):
        self.op("struct s\n\tu32 a\n\tu64 b\nend", "padded")
        self.op("struct s\n\tu64 b\n\tu32 a\nend", "padded at its end")
        self.op("struct s\nend", "empty")
        self.op("struct s\n\tu32 a\n\tu32 a\nend", "already")
        self.op("struct s\n\tu64 a[600]\nend", "exceeds")
        self.op("struct s\n\tu32 a", "ends inside")

    def test_tables(self):
        for kind, text, reason in (("errors", "1 bad x", "not a row"), ("objects", "1 thing NORIGHT x", "right"),
                                   ("errors", "-1 E_A x\n-1 E_B y", "twice"),
                                   ("syscalls", "1 f - (handle h{NOSUCH}) x", "right"),
                                   ("syscalls", "1 f - (u64 h{READ}) x", "right"),
                                   ("syscalls", "1 f - (u16 h) x", "no argument")):
            with tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder) / "x.tbl"
                path.write_text(text + "\n")
                with self.assertRaisesRegex(interface.Refused, reason):
                    tables.parse(kind, path)


class Layout(unittest.TestCase):
    def test_scalars_fill_words_until_capabilities_need_them(self):
        op = {o.name: o for o in interface.parse(SAMPLE).operations}
        self.assertEqual(interface.layout(op["caps"].way("in"))[0], {"n": 1})
        words, page = interface.layout(op["many"].way("in"))
        self.assertEqual(list(words.values()), list(range(8)))
        self.assertEqual([f.name for f in page], ["p0", "where", "p1"])

    def test_comments_become_documentation(self):
        parsed = interface.parse(SAMPLE)
        self.assertEqual(parsed.operations[0].doc, ["Every scalar type there and back, in words."])
        self.assertEqual(parsed.structs["point"].members[0].doc, "to the right")
        self.assertEqual(parsed.structs["point"].size, 24)

    def test_lines_stay_within_100_columns(self):
        text = c_header.header(interface.parse(SAMPLE))
        long = [line for line in text.splitlines() if len(line.expandtabs(8)) > 100]
        self.assertEqual(long, [])


class Summaries(unittest.TestCase):
    def test_committed_summaries_are_current(self):
        inputs = every_interface() + sorted(ROOT.glob("modules/microkernel/interface/*/*.tbl"))
        for path in inputs:
            summary = pathlib.Path(path).with_suffix(".abi")
            with self.subTest(path.name):
                self.assertEqual(tool("abi", path).stdout, summary.read_text(),
                                 f"run: python3 tools/ipcgen.py abi {path} > {summary}, and bump the version")

    def test_interface_numbers_are_unique(self):
        numbers = [interface.parse(p).number for p in every_interface()]
        self.assertEqual(len(numbers), len(set(numbers)))

    def test_one_line_per_operation(self):
        parsed = interface.parse(SAMPLE)
        lines = pages.abi_interface(parsed).splitlines()
        self.assertEqual(len(lines), 1 + len(parsed.structs) + len(parsed.operations))
        self.assertIn("op 7 later(in u32 n, out u32 m)", lines)

    def test_pages(self):
        self.assertIn("## caps (op 4)", tool("doc", SAMPLE).stdout)
        self.assertIn("| -13 | E_NOENT |", tool("doc", interface.TABLES / "errors.tbl").stdout)

    def test_wrong_use(self):
        self.assertEqual(tool("c", SAMPLE).returncode, 2)
        bad = tool("table", "errors", interface.TABLES / "rights.tbl", "/dev/null")
        self.assertEqual(bad.returncode, 1)
        self.assertRegex(bad.stderr, r"rights.tbl:\d+: not a row")


class Generated(unittest.TestCase):
    """Compiles what the tool writes, and runs it."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.out = pathlib.Path(cls.folder.name)
        for kind in ("syscalls", "errors", "rights", "objects"):
            tables_in = interface.TABLES / f"{kind}.tbl"
            assert tool("table", kind, tables_in, cls.out / f"microkernel/{kind}.h").returncode == 0
        tool("table", "kernel-syscalls", interface.TABLES / "syscalls.tbl", cls.out / "microkernel/syscall_rows.h")
        tool("c", SAMPLE, cls.out / "gen/sample_ipc.h")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def compile(self, *args):
        done = subprocess.run(["gcc", *FLAGS, *INCLUDES, f"-I{self.out}", *map(str, args)], capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.stderr, "")

    def compile_text(self, text, *args):
        source = self.out / "text.c"
        source.write_text(text)
        self.compile("-c", source, "-o", self.out / "text.o", *args)

    def test_every_interface_compiles_without_warnings(self):
        for path in every_interface():
            tool("c", path, self.out / "gen" / f"{path.stem}_ipc.h")
        text = "".join(f"#include <gen/{p.stem}_ipc.h>\n" for p in every_interface())
        self.compile_text(text, "-O1")
        self.compile_text(text, *FREESTANDING)

    def test_tables_compile_everywhere(self):
        headers = "".join(f"#include <microkernel/{h}.h>\n" for h in ("errors", "rights", "objects", "syscalls"))
        self.compile_text(headers)
        self.compile_text(headers, *FREESTANDING)
        self.compile_text(headers, "-ffreestanding", "-fno-pie", "-mcmodel=kernel", "-D__ANONYMOS_KERNEL__=1")

    def test_kernel_rows_make_a_dispatch_table(self):
        self.compile_text("""#include <microkernel/rights.h>
enum { U64, U32, PTR, OUT, HANDLE };
#define SYSCALL_ROW(number, name, blocks, argc, result) int number_of_##name(void);
#include <microkernel/syscall_rows.h>
#define SYSCALL_ROW(number, name, blocks, argc, result) int number_of_##name(void) { return number + blocks + argc + result; }
#include <microkernel/syscall_rows.h>
#define SYSCALL_ARG(number, name, index, kind, argument, right) {number, index, kind, right},
const unsigned args[][4] = {
#include <microkernel/syscall_rows.h>
};
""")

    def test_the_stub_puts_arguments_where_the_table_says(self):
        self.compile_text("""#include <microkernel/syscalls.h>
status_t probe(handle_t h, void *a, handle_t *out);
status_t probe(handle_t h, void *a, handle_t *out) { return sys_interrupt_create_msi(h, h, 7, a, out); }
""", *FREESTANDING)
        listing = subprocess.run(["objdump", "-d", self.out / "text.o"], capture_output=True, text=True, check=True).stdout
        self.assertRegex(listing, r"mov\s+\$0x97,%eax")
        self.assertRegex(listing, r"mov\s+\$0x7,%edx")
        self.assertEqual(len(re.findall("syscall", listing)), 1)

    def test_messages_round_trip_and_hostile_ones_are_refused(self):
        program = self.out / "wire_test"
        self.compile("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
                     TOOLS / "tests/ipcgen/wire_test.c", ROOT / "modules/base/src/random.c", "-o", program)
        done = subprocess.run([program], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"\n?\d+ passed, 0 failed\n$")


if __name__ == "__main__":
    unittest.main()
