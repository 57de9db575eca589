"""A program on a pseudo-terminal of its own, for tests: what a user types and sees."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

WAIT = 20
SEQUENCE = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|\x07|\r(?=\r)")


class Failure(Exception):
    """What a test found wrong."""


def expect(is_true, what):
    if not is_true:
        raise Failure(what)


class Session:
    """A process on a terminal of its own, and the prompt that it shows."""

    def __init__(self, arguments, prompt, columns=80, run=None, **environment):
        names = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "LINES")}
        names.update({"TERM": "xterm", **environment})
        self.shown = prompt
        self.output = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                self.size(columns, 24, 0)
                if run:
                    run()
                os.execve(arguments[0], arguments, names)
            finally:
                os._exit(127)
        self.size(columns, 24)

    def size(self, columns, rows, fd=None):
        fcntl.ioctl(self.fd if fd is None else fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def send(self, data):
        data = data.encode() if isinstance(data, str) else data
        while data:
            data = data[os.write(self.fd, data):]

    def read(self, seconds):
        """What comes within that time; b"" at the end as well."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return b""
        try:
            return os.read(self.fd, 65536)
        except OSError:
            return b""

    def wait(self, text):
        """Reads until text is there, and returns all up to its end. Escape sequences do not count."""
        text = text.encode() if isinstance(text, str) else text
        limit = time.monotonic() + WAIT
        while text not in SEQUENCE.sub(b"", self.output):
            data = self.read(0.2)
            self.output += data
            if not data and time.monotonic() > limit:
                raise Failure(f"no {text!r} in {self.output[-600:]!r}")
        end = next(i for i in range(len(self.output) + 1) if text in SEQUENCE.sub(b"", self.output[:i]))
        seen, self.output = self.output[:end], self.output[end:]
        return seen

    def prompt(self):
        """Waits for a prompt, drawn to its end."""
        seen = self.wait(self.shown)
        return seen + self.quiet()

    def quiet(self):
        """All that comes until nothing comes for a while."""
        seen, self.output = self.output, b""
        while data := self.read(0.1):
            seen += data
        return seen

    def expect_key(self, data, expected, what):
        """A key makes the editor send exactly that."""
        self.send(data)
        limit = time.monotonic() + WAIT
        while len(self.output) < len(expected) and time.monotonic() < limit:
            self.output += self.read(0.2)
        seen = self.quiet()
        expect(seen == expected, f"{what}: {seen!r}")

    def modes(self):
        flags = termios.tcgetattr(self.fd)[3]
        return bool(flags & termios.ICANON), bool(flags & termios.ECHO), bool(flags & termios.ISIG)

    def end(self):
        """Waits for the process to end; its wait status."""
        limit = time.monotonic() + WAIT
        while time.monotonic() < limit:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                return status
            self.output += self.read(0.05)
        raise Failure("it does not end")

    def close(self):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1


def run_all(tests, start, part=""):
    """Runs all functions named test_*: those with an argument on a session that start() gives. The exit status."""
    passed = failed = 0
    for name, test in list(tests.items()):
        if not name.startswith("test_") or part not in name:
            continue
        session = start() if test.__code__.co_argcount else None
        try:
            test(*([session] if session else []))
            passed += 1
        except (Failure, OSError) as failure:
            print(f"FAIL {name}: {failure}")
            failed += 1
        finally:
            if session:
                session.close()
    print(f"{passed} passed, {failed} failed")
    sys.stdout.flush()
    return failed != 0
