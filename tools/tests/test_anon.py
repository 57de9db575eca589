"""tools/anon against a fake QEMU: framing, statuses, time-outs, disks, cleaning up."""
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ANON = os.path.join(HERE, "..", "anon")


class AnonCase(unittest.TestCase):
    """Runs tools/anon in a folder of its own with fakes for QEMU and the store tool."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="anon-test-")
        self.addCleanup(scratch.cleanup)
        self.dir = scratch.name
        self.env = dict(os.environ, ANON_QEMU=os.path.join(HERE, "fake_qemu.py"), TMPDIR=self.dir,
                        ANON_STORE=os.path.join(HERE, "fake_store.py"),
                        FAKE_STORE_LOG=self.path("store.log"), FAKE_ARGS=self.path("args"),
                        FAKE_PID=self.path("pid"))
        for name in ("kernel.elf", "boot.cpio"):
            with open(self.path(name), "wb"):
                pass

    def path(self, name):
        return os.path.join(self.dir, name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as f:
            return f.read()

    def command(self, *options, command="echo hello"):
        return [sys.executable, ANON, "exec", "--build", self.dir, *options, "--", command]

    def anon(self, *options, command="echo hello", stdin=b"", **env):
        if "--disk" not in options:
            options = ("--disk", "none", *options)
        return subprocess.run(self.command(*options, command=command), input=stdin, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=dict(self.env, **env), timeout=60)

    def qemu_state(self):
        """The kernel's letter for the fake QEMU's state; Z is a dead orphan nobody has reaped yet."""
        try:
            with open(f"/proc/{self.read('pid')}/stat", encoding="ascii") as f:
                return f.read().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return "gone"

    def assert_qemu_gone(self):
        self.assertIn(self.qemu_state(), ("gone", "Z"))
        self.assertEqual([n for n in os.listdir(self.dir) if n.startswith("anon-")], [])


class Output(AnonCase):
    def test_output_and_status_zero(self):
        done = self.anon()
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"hello\n", b""))

    def test_exit_status_is_passed_on(self):
        self.assertEqual(self.anon(command="exit 42").returncode, 42)

    def test_standard_error_is_separate(self):
        done = self.anon(command="both")
        self.assertEqual((done.stdout, done.stderr), (b"out\n", b"err\n"))

    def test_every_byte_value_passes(self):
        self.assertEqual(self.anon(command="bytes").stdout, bytes(range(256)) * 64)

    def test_input_reaches_the_command(self):
        data = os.urandom(300_000)
        self.assertEqual(self.anon(command="cat", stdin=data).stdout, data)

    def test_input_from_a_plain_file(self):
        with open(self.path("in"), "w+b") as f:
            f.write(b"abc" * 50_000)
            f.seek(0)
            done = subprocess.run(self.command("--disk", "none", command="cat"), stdin=f, env=self.env,
                                  stdout=subprocess.PIPE, check=True, timeout=60)
        self.assertEqual(done.stdout, b"abc" * 50_000)

    def test_no_stdin(self):
        self.assertEqual(self.anon("-n", command="cat", stdin=b"unread").stdout, b"")

    def test_unread_input_does_no_harm(self):
        self.assertEqual(self.anon(stdin=b"x" * 1_000_000).returncode, 0)

    def test_console_log_is_kept(self):
        self.anon("--log", self.path("console"))
        self.assertEqual(self.read("console"), "booting\n")


class Failures(AnonCase):
    def test_time_out_is_124_and_ends_qemu(self):
        done = self.anon("--timeout", "1", command="sleep 30")
        self.assertEqual(done.returncode, 124)
        self.assert_qemu_gone()

    def test_panic_is_125_with_last_words(self):
        done = self.anon(command="panic")
        self.assertEqual(done.returncode, 125)
        self.assertIn(b"kernel panic: the fake one", done.stderr)
        self.assertIn(b"fake+0x10", done.stderr)

    def test_panic_while_booting_is_125(self):
        done = self.anon(FAKE_BOOT="panic")
        self.assertEqual(done.returncode, 125)
        self.assertIn(b"kernel panic", done.stderr)

    def test_never_ready_is_125(self):
        done = self.anon("--timeout", "1", FAKE_BOOT="silent")
        self.assertEqual(done.returncode, 125)
        self.assertIn(b"did not become ready", done.stderr)
        self.assertIn(b"booting", done.stderr)
        self.assert_qemu_gone()

    def test_reset_is_125(self):
        self.assertEqual(self.anon(command="triple").returncode, 125)

    def test_garbage_is_125(self):
        self.assertEqual(self.anon(command="garbage").returncode, 125)

    def test_unclean_shutdown_is_125(self):
        done = self.anon(FAKE_BOOT="badend")
        self.assertEqual((done.returncode, done.stdout), (125, b"hello\n"))

    def test_missing_qemu_is_125(self):
        self.assertEqual(self.anon(ANON_QEMU="/nonexistent/qemu").returncode, 125)

    def test_missing_kernel_says_how_to_build(self):
        os.unlink(self.path("kernel.elf"))
        done = self.anon()
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"make kernel", done.stderr)

    def test_no_command_is_a_usage_error(self):
        done = subprocess.run([sys.executable, ANON, "exec"], check=False, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 2)

    def interrupt(self, number):
        child = subprocess.Popen(self.command("--disk", "none", command="sleep 30"), env=self.env,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        while not (os.path.exists(self.path("pid")) and self.read("pid")):
            time.sleep(0.05)
        time.sleep(0.2)
        child.send_signal(number)
        return child.wait(20)

    def test_interrupt_ends_qemu(self):
        self.assertEqual(self.interrupt(signal.SIGINT), 130)
        self.assert_qemu_gone()

    def test_termination_ends_qemu(self):
        self.assertEqual(self.interrupt(signal.SIGTERM), 143)
        self.assert_qemu_gone()

    def test_even_a_kill_ends_qemu(self):
        self.interrupt(signal.SIGKILL)
        time.sleep(0.3)
        self.assertIn(self.qemu_state(), ("gone", "Z"))


class Machines(AnonCase):
    def arguments(self, *options):
        self.assertEqual(self.anon(*options).returncode, 0)
        return self.read("args")

    def test_usual_machine(self):
        args = self.arguments()
        for text in ("-machine\npc\n", "-accel\ntcg\n", "-cpu\nmax\n", "-m\n256\n", "-smp\n1\n",
                     "-no-reboot", "isa-debug-exit,iobase=0xf4,iosize=4", "-append\ndebugexit exec=com2\n"):
            self.assertIn(text, args + "\n")
        self.assertNotIn("virtio-blk", args)

    def test_options_reach_qemu(self):
        args = self.arguments("--smp", "2", "--mem", "64", "--cpu", "max,-erms", "--icount",
                              "--machine", "q35", "--append", "loud=1", "--qemu=-foo")
        for text in ("-smp\n2\n", "-m\n64\n", "-cpu\nmax,-erms\n", "shift=0,sleep=off",
                     "-machine\nq35\n", "debugexit exec=com2 loud=1", "-foo"):
            self.assertIn(text, args)

    def test_options_after_dashes_are_the_commands(self):
        done = self.anon(command="echo --smp 3")
        self.assertEqual(done.stdout, b"--smp 3\n")


class Disks(AnonCase):
    def make(self, name, content=b""):
        with open(self.path(name), "wb") as f:
            f.write(content)
            f.truncate(4 << 20)
        return self.path(name)

    def test_missing_disk_is_created_blank_and_sparse(self):
        path = self.path("new.img")
        self.assertEqual(self.anon("--disk", path).returncode, 0)
        self.assertEqual(os.stat(path).st_size, 1 << 30)
        self.assertLess(os.stat(path).st_blocks, 64)
        self.assertIn(f"file={path}", self.read("args"))

    def test_volatile_uses_a_copy(self):
        path = self.make("d.img", b"data")
        self.assertEqual(self.anon("--disk", path, "--volatile").returncode, 0)
        self.assertNotIn(f"file={path}", self.read("args"))
        self.assert_qemu_gone()

    def test_put_and_get_around_the_run(self):
        path = self.make("d.img", b"formatted")
        done = self.anon("--disk", path, "--put", f"{HERE}:/tmp/in", "--get", "/tmp/out:here")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(self.read("store.log"), f"put {HERE} /tmp/in\nget /tmp/out here\n")

    def test_put_of_nothing_is_refused_before_booting(self):
        done = self.anon("--disk", self.make("d.img"), "--put", "/nonexistent:/x")
        self.assertEqual(done.returncode, 2)
        self.assertFalse(os.path.exists(self.path("args")))

    def test_pairs_without_a_colon_are_refused(self):
        self.assertEqual(self.anon("--disk", self.make("d.img"), "--put", "nonsense").returncode, 2)

    def test_commands_on_images(self):
        path = self.make("d.img", b"formatted")
        for words in (["ls", "/users"], ["fsck"], ["put", HERE, "/x"], ["get", "/x", "y"]):
            done = subprocess.run([sys.executable, ANON, words[0], "--disk", path, *words[1:]],
                                  env=self.env, check=False)
            self.assertEqual(done.returncode, 0)
        self.assertEqual(self.read("store.log"), f"ls /users\nfsck\nput {HERE} /x\nget /x y\n")

    def test_bad_image_fails_fsck(self):
        done = subprocess.run([sys.executable, ANON, "fsck", "--disk", self.make("d.img")],
                              env=dict(self.env, FAKE_FSCK="3"), check=False, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 1)


if __name__ == "__main__":
    unittest.main()
