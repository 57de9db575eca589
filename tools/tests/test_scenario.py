"""Scenario files: the parser, and the player against the fake QEMU."""
import os
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

from anonlib import console, frames, monitor, play, scenario
from anonlib.errors import AnonError, UsageError

HERE = os.path.dirname(os.path.abspath(__file__))


class ScenarioCase(unittest.TestCase):
    """A folder with a pretended build in it, and the fakes in the environment."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="scn-test-")
        self.addCleanup(scratch.cleanup)
        self.dir = scratch.name
        for name in ("kernel.elf", "boot.cpio"):
            with open(os.path.join(self.dir, name), "wb"):
                pass
        fakes = {"ANON_QEMU": os.path.join(HERE, "fake_qemu.py"), "ANON_SEED": "7",
                 "ANON_STORE": os.path.join(HERE, "fake_store.py"),
                 "FAKE_STORE_LOG": os.path.join(self.dir, "store.log"),
                 "FAKE_PID": os.path.join(self.dir, "pid"), "FAKE_ARGS": os.path.join(self.dir, "args")}
        patch = mock.patch.dict(os.environ, fakes)
        patch.start()
        self.addCleanup(patch.stop)

    def touch(self, name, text=""):
        with open(os.path.join(self.dir, name), "w", encoding="utf-8") as f:
            f.write(text)

    def parse(self, text):
        path = os.path.join(self.dir, "x.scn")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return scenario.parse(path)

    def play(self, text, soak=False):
        folder = os.path.join(self.dir, "out")
        player = play.Player(self.parse(text), folder, self.dir, soak)
        return player.play()

    def assert_fails(self, text, *words):
        with self.assertRaises(AnonError) as caught:
            self.play(text)
        for word in words:
            self.assertIn(word, str(caught.exception))


class Parsing(ScenarioCase):
    def test_settings_and_steps(self):
        parsed = self.parse('# head\ntitle A thing\nmem 64\nappend a=1\nappend b\nexec ls "x"\n'
                            'expect "a\\tb"\nexpect /a+b/\n')
        self.assertEqual((parsed.title, parsed.mem, parsed.append), ("A thing", 64, ["a=1", "b"]))
        self.assertEqual([s.verb for s in parsed.steps], ["exec", "expect", "expect"])
        self.assertEqual(parsed.steps[0].value, 'ls "x"')
        self.assertEqual(parsed.steps[1].value, "a\tb")
        self.assertTrue(parsed.steps[2].value.search("xaab"))

    def test_repeat(self):
        parsed = self.parse("repeat 2 soak 9\nrepeat 3\nkill\nend\nsleep 0.5..2\nend\n")
        outer = parsed.steps[0]
        self.assertEqual((outer.value, outer.body[0].value), ((2, 9), (3, 3)))
        self.assertEqual(outer.body[1].value, (0.5, 2.0))

    def test_mistakes_name_their_line(self):
        for text in ("bogus 1\n", "kill\nmem 3\n", "repeat 2\n", "end\n", "boot floppy\n", "mem x\n",
                     "stop now\n", 'expect "a\n'):
            with self.assertRaises(UsageError) as caught:
                self.parse(text)
            self.assertIn("x.scn", str(caught.exception))


class Playing(ScenarioCase):
    def test_commands(self):
        self.assertEqual(self.play('exec echo hi\nexpect "hi"\nexpect-not "ho"\nexec exit 3\nstatus 3\n'), 5)

    def test_failing_command(self):
        self.assert_fails("exec echo hi\nexec exit 3\n", "line 2", "status 3")

    def test_failing_expectation(self):
        self.assert_fails('exec echo hi\nexpect "ho"\n', "line 2", "hi")

    def test_console(self):
        self.play('wait "booting"\nsend "abc\\n"\nwait "you typed abc"\nexpect-console "booting"\n')

    def test_console_never_says_it(self):
        self.assert_fails('time 1\nwait "never"\n', "line 2", "booting")

    def test_keys_and_screenshot(self):
        self.play('key ctrl-c\nwait "key ctrl+c"\ntype "A/"\nwait "key shift+a"\nwait "key slash"\n'
                  "screenshot one\n")
        self.assertTrue(os.path.exists(os.path.join(self.dir, "out", "one.png")))

    def test_clean_end(self):
        self.play('wait "booting"\nsend "poweroff\\n"\nended clean\n')

    def test_panic_end(self):
        self.play("spawn panic\nended panic\n")
        self.assert_fails("spawn panic\nended clean\n", "panic")

    def arguments_of(self, setting, **options):
        """What QEMU is given, a word each."""
        play.Player(self.parse(f"{setting}\nexec echo x\n"), os.path.join(self.dir, "out"), self.dir, **options).play()
        with open(os.path.join(self.dir, "args"), encoding="utf-8") as f:
            return f.read().splitlines()

    def value_of(self, option, setting, **options):
        words = self.arguments_of(setting, **options)
        return words[words.index(option) + 1]

    def boot_archive_of(self, setting):
        """What QEMU is given as its -initrd; None without."""
        words = self.arguments_of(setting)
        return words[words.index("-initrd") + 1] if "-initrd" in words else None

    def test_other_boot_archives(self):
        self.assertEqual(self.boot_archive_of("title x"), os.path.join(self.dir, "boot.cpio"))
        self.assertIsNone(self.boot_archive_of("archive none"))
        self.touch("y.cpio")
        self.assertEqual(self.boot_archive_of("archive y.cpio"), os.path.join(self.dir, "y.cpio"))

    def test_other_first_program(self):
        os.makedirs(os.path.join(self.dir, "native"))
        self.touch("native/first", "the program")
        subprocess.run([sys.executable, os.path.join(play.ROOT, "scripts", "mkarchive.py"),
                        os.path.join(self.dir, "boot.cpio"), "--file", f"kept={self.dir}/native/first"], check=True)
        with open(self.boot_archive_of("archive init=first"), "rb") as f:
            archive = f.read()
        self.assertIn(b"init\0", archive)
        self.assertIn(b"kept\0", archive)
        self.assertEqual(archive.count(b"the program"), 2)

    def test_other_image(self):
        os.makedirs(os.path.join(self.dir, "native"))
        self.touch("native/first", "the program")
        subprocess.run([sys.executable, os.path.join(play.ROOT, "scripts", "mkarchive.py"),
                        os.path.join(self.dir, "boot.cpio"), "--file", f"kept={self.dir}/native/first"], check=True)
        with open(self.boot_archive_of("archive image=shared-root"), "rb") as f:
            archive = f.read()
        self.assertIn(b"kept\0", archive)
        self.assertIn(b"\tshared_root\n", archive)
        self.assertIn(b"service files\n", archive)
        self.assert_fails("archive image=no-such\nexec echo x\n", "no-such.manifest")

    def test_debug_kernel(self):
        self.touch("debug.elf")
        for setting, name in (("kernel debug", "debug.elf"), ("title x", "kernel.elf")):
            self.assertEqual(self.value_of("-kernel", setting), os.path.join(self.dir, name))

    def test_cpus(self):
        self.assertEqual(self.value_of("-smp", "title x"), "1")
        self.assertEqual(self.value_of("-smp", "title x", smp=4), "4")
        self.assertEqual(self.value_of("-smp", "smp 2", smp=4), "2")
        self.assertEqual(self.value_of("-smp", "icount yes", smp=4), "1")

    def test_patience(self):
        self.assert_fails('time 1\nsleep 1.5\nexec echo x\n', "time is over")
        player = play.Player(self.parse('time 1\nsleep 1.5\nexec echo x\n'), os.path.join(self.dir, "out"), self.dir,
                             patience=20)
        self.assertEqual(player.play(), 1)

    def test_kill_and_boot_again(self):
        self.assertEqual(self.play("repeat 2 soak 3\nspawn sleep 20\nsleep 0..0.1\nkill\nexec echo x\n"
                                   "stop\nend\n"), 2)

    def test_disk_steps(self):
        self.play("disk-mib 2\nput x.scn /tmp/x\nexec echo hi\nstop\nfsck\nget /a b\n")
        with open(os.path.join(self.dir, "store.log"), encoding="utf-8") as f:
            words = [line.split()[0] for line in f]
        self.assertEqual(words, ["put", "fsck", "get"])

    def test_disk_steps_need_a_stopped_machine(self):
        self.assert_fails("exec echo hi\nfsck\n", "stop or kill")

    def test_host_command(self):
        self.play('host echo $((2 + 2)); test -e "$DISK"\nexpect "4"\n')

    def test_soak_repeats_more(self):
        self.assertEqual(self.play("repeat 1 soak 3\nexec echo x\nend\n", soak=True), 3)


class Small(unittest.TestCase):
    def test_console_holds_single_bytes(self):
        listener = console.Console()
        qemu = os.open(listener.path + ".out", os.O_WRONLY | os.O_NONBLOCK)
        for _ in range(100000):
            os.write(qemu, b".")
        os.write(qemu, b"end")
        os.close(qemu)
        listener.started()
        self.assertEqual(len(listener.wait("end", time.monotonic() + 20)), 100000)
        listener.close()

    def test_frames_in_pieces(self):
        decoder = frames.Decoder()
        whole = frames.encode(b"O", b"abc") + frames.encode(b"X", b"\1\0\0\0")
        got = [frame for i in range(len(whole)) for frame in decoder.feed(whole[i:i + 1])]
        self.assertEqual(got, [(b"O", b"abc"), (b"X", b"\1\0\0\0")])

    def test_frames_refuse_nonsense(self):
        for data in (b"Zxxxxxx", b"O\xff\xff\xff\xff"):
            with self.assertRaises(frames.FrameError):
                frames.Decoder().feed(data)

    def test_keys(self):
        self.assertEqual(monitor.keys_of("a"), ["a"])
        self.assertEqual(monitor.keys_of("_"), ["shift", "minus"])
        self.assertEqual(monitor.keys_of("\n"), ["ret"])
        with self.assertRaises(AnonError):
            monitor.keys_of("é")


if __name__ == "__main__":
    unittest.main()
