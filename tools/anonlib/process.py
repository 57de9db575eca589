"""A QEMU process that never outlives us, and what its console said.

The process is ended by its own process id on every way out: normal end, exception, a signal to us
(SIGTERM and SIGHUP become exceptions), and by the kernel should we be killed outright.
"""
import ctypes
import os
import re
import signal
import subprocess
import tempfile
import shutil

from . import coverage
from .errors import SystemFailed

PR_SET_PDEATHSIG = 1
LAST_LINES = 40
ESCAPES = re.compile(rb"\x1b\[[0-9;?=]*[A-Za-z]|\x1bc|[\x00-\x08\x0b-\x1f]")


def die_with_parent():
    """Runs in the child before exec: the kernel kills it when its parent dies."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def signals_as_exceptions():
    """Makes SIGTERM and SIGHUP unwind the stack, so that cleaning up is never skipped."""
    def stop(number, _frame):
        raise SystemExit(128 + number)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def qemu_program():
    return os.environ.get("ANON_QEMU", "qemu-system-x86_64")


class Qemu:
    """One started machine.  Use as a context manager; leaving it ends QEMU and its scratch files."""

    def __init__(self, machine, pass_fds=(), foreground=False):
        self.scratch = tempfile.mkdtemp(prefix="anon-")
        self.log_path = os.path.join(self.scratch, "com1.log")
        self.extra_words = b""
        self.child = None
        self.machine = None
        try:
            self._start(machine, pass_fds, foreground)
        except BaseException:
            self.close()
            raise

    def _start(self, machine, pass_fds, foreground):
        machine.com1 = machine.com1.replace("@LOG@", self.log_path)
        if coverage.FOLDER:
            machine.memory_file = os.path.join(self.scratch, "memory")
        self.machine = machine
        command = [qemu_program()] + machine.arguments(self.scratch)
        try:
            self.child = subprocess.Popen(
                command, pass_fds=pass_fds, preexec_fn=die_with_parent,
                start_new_session=not foreground,
                stdin=None if foreground else subprocess.DEVNULL,
                stdout=None if foreground else subprocess.DEVNULL,
                stderr=None if foreground else open(self._errors_path(), "wb"))
        except OSError as error:
            raise SystemFailed(f"cannot start {command[0]}: {error.strerror}; "
                               "run scripts/setup_dev_env.sh") from error

    def _errors_path(self):
        return os.path.join(self.scratch, "qemu.err")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def pid(self):
        return self.child.pid

    def poll(self):
        return self.child.poll()

    def wait(self, seconds=None):
        """Exit status of QEMU, or None when it still runs after so many seconds."""
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def kill(self):
        """Ends QEMU at once, as pulling the plug does."""
        if self.child and self.child.poll() is None:
            self.child.kill()
            self.child.wait()

    def close(self):
        self.kill()
        if self.machine and self.machine.memory_file and os.path.exists(self.machine.memory_file):
            coverage.collect(self.machine.kernel_path(), self.machine.memory_file)
        shutil.rmtree(self.scratch, ignore_errors=True)

    def console_log(self):
        """Everything the first serial port said, when com1 writes to @LOG@."""
        return read_file(self.log_path)

    def last_words(self):
        """The end of the console log, from the panic on if there is one, and QEMU's own errors."""
        text = ESCAPES.sub(b"", self.console_log() + self.extra_words).decode("utf-8", "replace")
        lines = [line.rstrip() for line in text.splitlines() if line.strip()]
        panics = [i for i, line in enumerate(lines) if "panic" in line.lower()]
        start = max(panics[0] - 5, 0) if panics else max(len(lines) - LAST_LINES, 0)
        errors = read_file(self._errors_path()).decode("utf-8", "replace").splitlines()
        return "\n".join(lines[start:start + 3 * LAST_LINES] + errors[-10:])

    def failed(self, what):
        """The exception for a system that failed, with its last words."""
        return SystemFailed(what, self.last_words())


def read_file(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:
        return b""
