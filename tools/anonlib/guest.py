"""Running commands in the guest over the second serial port (see frames.py)."""
import os
import selectors
import socket
import struct
import time

from . import frames
from .errors import TimedOut
from .machine import DEBUG_EXIT_CANNOT_START, DEBUG_EXIT_CLEAN, DEBUG_EXIT_PANIC
from .process import Qemu

QUEUE_BYTES = 65536  # no more standard input is read while so much waits to be sent
SHUTDOWN_GRACE = 20  # seconds a clean shutdown may take beyond the command's own time


def describe_exit(status):
    """What QEMU's exit status says about the guest."""
    if status == DEBUG_EXIT_PANIC:
        return "panic"
    if status == DEBUG_EXIT_CANNOT_START:
        return "it cannot start on this machine"
    if status == DEBUG_EXIT_CLEAN:
        return "the system shut down by itself"
    if status == 0:
        return "the machine was reset or powered off"
    return f"QEMU ended with status {status}"


class Guest:
    """A booted system that takes commands.  Use as a context manager."""

    def __init__(self, machine, pass_fds=()):
        self.socket, theirs = socket.socketpair()
        self.decoder = frames.Decoder()
        self.ready = False
        self.stdin_ended = False
        self.out = bytearray()  # frames waiting to be written
        machine.com2_fd = theirs.fileno()
        if machine.com1 == "null":
            machine.com1 = "file,path=@LOG@"
        try:
            self.qemu = Qemu(machine, pass_fds=[theirs.fileno(), *pass_fds])
        finally:
            theirs.close()
        self.socket.setblocking(False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.qemu.close()

    def run(self, command, deadline, on_output, stdin=None):
        """Runs one command; returns its exit status.

        on_output(kind, data) gets b"O" and b"E" bytes as they come; stdin is a file descriptor
        to copy to the command, or None for an empty input; deadline is a time.monotonic() value.
        """
        self.begin(command, deadline)
        if stdin is None:
            self._queue(b"I")
        while True:
            for kind, payload in self._pump(deadline, "command", stdin):
                if kind == b"X":
                    return struct.unpack("<I", payload[:4])[0] & 0xff
                if kind in (b"O", b"E"):
                    on_output(kind, payload)
            stdin = None if self.stdin_ended else stdin

    def begin(self, command, deadline):
        """Sends a command as soon as the guest is ready for one, and does not wait for its end.

        A line for the guest's shell, or, behind an "@", a native program of the boot archive with its arguments."""
        self._wait_ready(deadline)
        kind, text = (b"N", command[1:]) if command.startswith("@") else (b"C", command)
        self._queue(kind, text.encode("utf-8", "surrogateescape"))
        self._flush(deadline)

    def shut_down(self, deadline):
        """Asks the guest to shut down and expects it to do so cleanly."""
        self._wait_ready(deadline)
        self._queue(b"Q")
        deadline = max(deadline, time.monotonic() + SHUTDOWN_GRACE)
        self._flush(deadline)
        status = self.qemu.wait(max(deadline - time.monotonic(), 0.1))
        if status is None:
            raise self.qemu.failed("the system did not shut down")
        if status != DEBUG_EXIT_CLEAN:
            raise self.qemu.failed(f"unclean shutdown: {describe_exit(status)}")

    def _wait_ready(self, deadline):
        while not self.ready:
            self._pump(deadline, "ready")

    def _queue(self, kind, payload=b""):
        self.out += frames.encode(kind, payload)

    def _flush(self, deadline):
        """Writes what is queued, unless QEMU ends first."""
        self.socket.setblocking(True)
        self.socket.settimeout(max(deadline - time.monotonic(), 0.1))
        try:
            self.socket.sendall(self.out)
            self.out.clear()
        except OSError:
            pass
        self.socket.setblocking(False)

    def _pump(self, deadline, stage, stdin=None):
        """Moves bytes in both directions once; returns the frames that arrived."""
        self.stdin_ended = False
        with selectors.PollSelector() as selector:
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self.out else 0)
            selector.register(self.socket, events)
            if stdin is not None and len(self.out) < QUEUE_BYTES:
                selector.register(stdin, selectors.EVENT_READ)
            ready = selector.select(max(deadline - time.monotonic(), 0))
        if not ready:
            self._out_of_time(stage)
        arrived = []
        for key, mask in ready:
            if key.fileobj is not self.socket:
                self._read_input(stdin)
                continue
            if mask & selectors.EVENT_WRITE:
                self._write_some()
            if mask & selectors.EVENT_READ:
                arrived += self._read_some()
        return arrived

    def _read_input(self, stdin):
        data = os.read(stdin, 4096)
        self._queue(b"I", data)
        self.stdin_ended = not data

    def _write_some(self):
        try:
            del self.out[:self.socket.send(self.out[:QUEUE_BYTES])]
        except BlockingIOError:
            pass
        except OSError:
            self._gone()

    def _read_some(self):
        try:
            data = self.socket.recv(65536)
        except BlockingIOError:
            return []
        except ConnectionError:
            data = b""
        if not data:
            self._gone()
        try:
            arrived = self.decoder.feed(data)
        except frames.FrameError as error:
            raise self.qemu.failed(f"garbage on the command channel: {error}") from error
        for kind, payload in arrived:
            if kind == b"R":
                self.ready = True
            elif kind == b"L":
                self.qemu.extra_words += payload
        return arrived

    def _gone(self):
        status = self.qemu.wait(5)
        self.qemu.kill()
        what = "QEMU closed the command channel" if status is None else describe_exit(status)
        raise self.qemu.failed(f"the system failed: {what}")

    def _out_of_time(self, stage):
        if stage == "ready":
            raise self.qemu.failed("the system did not become ready in time")
        raise TimedOut("the command took too long")
