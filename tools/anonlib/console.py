"""The first serial port as a person uses it: type, and wait for words to appear."""
import re
import socket
import threading
import time

from .errors import AnonError


# Colours, and bracketed paste on and off: they say nothing.
SILENT = re.compile("\x1b\\[(?:[0-9;]*m|\\?2004[hl])|\r")
BEGUN = re.compile("\x1b(?:\\[[?0-9;]*)?\\Z")


def readable(text):
    """What the console said, as a scenario looks at it."""
    return SILENT.sub("", text)


class Console:
    """Reads all the time in a thread, so that the guest never waits for us.

    wait() looks only at what came after the last match, as a reader does.
    """

    def __init__(self):
        self.socket, self.theirs = socket.socketpair()
        self.text = ""
        self.seen = 0
        self.arrived = threading.Condition()
        self.closed = False
        self.thread = threading.Thread(target=self._read, daemon=True)

    def chardev(self, log_path):
        """The QEMU back end for the first serial port; also keeps a log."""
        return f"socket,fd={self.theirs.fileno()},logfile={log_path}"

    def started(self):
        """To be called when QEMU has its end."""
        self.theirs.close()
        self.thread.start()

    def close(self):
        """To be called when QEMU has ended."""
        self.socket.close()

    def send(self, text):
        self.socket.sendall(text.encode("utf-8"))

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
        while data := self._receive():
            arrived = begun + data.decode("utf-8", "replace")
            cut = BEGUN.search(arrived)
            begun = arrived[cut.start():] if cut else ""
            with self.arrived:
                self.text += readable(arrived[:len(arrived) - len(begun)])
                self.arrived.notify_all()
        with self.arrived:
            self.closed = True
            self.arrived.notify_all()

    def _receive(self):
        try:
            return self.socket.recv(65536)
        except OSError:
            return b""
