"""The first serial port as a person uses it: type, and wait for words to appear."""
import fcntl
import os
import re
import tempfile
import threading
import time

from .errors import AnonError


PIPE_BYTES = 1 << 20  # what Linux allows everybody
# Colours, and bracketed paste on and off: they say nothing.
SILENT = re.compile("\x1b\\[(?:[0-9;]*m|\\?2004[hl])|\r")
BEGUN = re.compile("\x1b(?:\\[[?0-9;]*)?\\Z")


def readable(text):
    """What the console said, as a scenario looks at it."""
    return SILENT.sub("", text)


class Console:
    """Reads all the time in a thread, so that the guest never waits for us.

    The port is a pair of named pipes: they hold a million single bytes while we are busy. A socket
    holds 280, then QEMU makes the guest wait and enters a byte twice in its log.
    wait() looks only at what came after the last match, as a reader does.
    """

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="anon-")
        self.path = os.path.join(self.folder.name, "com1")
        # Both ends are ours until QEMU has opened its own: no open waits, no read ends.
        self.theirs = [self._pipe(".in"), self._pipe(".out")]
        self.input = os.open(self.path + ".in", os.O_WRONLY)
        self.output = os.open(self.path + ".out", os.O_RDONLY)
        self.text = ""
        self.seen = 0
        self.arrived = threading.Condition()
        self.closed = False
        self.thread = threading.Thread(target=self._read, daemon=True)

    def _pipe(self, suffix):
        os.mkfifo(self.path + suffix)
        fd = os.open(self.path + suffix, os.O_RDWR)
        fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        return fd

    def chardev(self, log_path):
        """The QEMU back end for the first serial port; also keeps a log."""
        return f"pipe,path={self.path},logfile={log_path}"

    def started(self):
        """To be called when QEMU has opened its ends, or has ended."""
        for fd in self.theirs:
            os.close(fd)
        self.folder.cleanup()
        self.thread.start()

    def close(self):
        """To be called when QEMU has ended."""
        self.thread.join()
        os.close(self.input)
        os.close(self.output)

    def send(self, text):
        os.write(self.input, text.encode("utf-8"))

    def wait(self, pattern, deadline):
        """Waits until text (a string) or a compiled pattern appears; returns what came before it."""
        pattern = re.compile(re.escape(pattern)) if isinstance(pattern, str) else pattern
        with self.arrived:
            while not (match := pattern.search(self.text, self.seen)):
                if self.closed or time.monotonic() >= deadline:
                    reason = "the console closed" if self.closed else "time ran out"
                    raise AnonError(f"{reason} waiting for {pattern.pattern!r}; "
                                    f"the console said:\n{self.text[self.seen:][-1500:]}")
                self.arrived.wait(max(deadline - time.monotonic(), 0.01))
            before = self.text[self.seen:match.start()]
            self.seen = match.end()
            return before

    def _read(self):
        begun = ""
        while data := os.read(self.output, 65536):
            arrived = begun + data.decode("utf-8", "replace")
            cut = BEGUN.search(arrived)
            begun = arrived[cut.start():] if cut else ""
            with self.arrived:
                self.text += readable(arrived[:len(arrived) - len(begun)])
                self.arrived.notify_all()
        with self.arrived:
            self.closed = True
            self.arrived.notify_all()
