#!/usr/bin/env python3
"""Stands in for QEMU in the tests of anonlib: takes QEMU's arguments, answers like a guest.

The command says what to do: "echo WORDS", "both" (to both outputs), "cat" (copy input), "exit N",
"sleep S", "panic", "triple" (reset), "garbage", "bytes" (every byte value).
FAKE_BOOT says how the boot goes: ready (default), panic, silent, badend (unclean shutdown).
FAKE_ARGS names a file that gets the arguments, FAKE_PID one that gets the process id.
"""
import json
import os
import re
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from anonlib import frames  # noqa: E402

CLEAN, PANIC = 1, 3


def option(pattern):
    match = re.search(pattern, "\n".join(sys.argv))
    return match.group(1) if match else None


def note(variable, text):
    if variable in os.environ:
        with open(os.environ[variable], "w", encoding="utf-8") as f:
            f.write(text)


class FakeConsole:
    """The first serial port: a file, or named pipes with a log file; input lines are echoed.

    As QEMU does, it sends byte by byte and never waits.
    """

    def __init__(self):
        self.output = None
        pipe = option(r"pipe,id=com1,path=([^,\n]*)")
        path = option(r"logfile=(.*)") if pipe else option(r"file,id=com1,path=(.*)")
        self.file = open(path or os.devnull, "wb", buffering=0)
        if pipe:
            self.input = os.open(pipe + ".in", os.O_RDWR)
            self.output = os.open(pipe + ".out", os.O_RDWR | os.O_NONBLOCK)
            threading.Thread(target=self.echo, daemon=True).start()

    def write(self, data):
        self.file.write(data)
        if self.output:
            for byte in data:
                os.write(self.output, bytes([byte]))

    def echo(self):
        while data := os.read(self.input, 4096):
            self.write(b"you typed " + data.strip() + b"\r\n")
            if data.strip() == b"poweroff":
                os._exit(CLEAN)


def answer_monitor(console):
    """QMP in miniature: pressed keys are told on the console, a screenshot is an empty file."""
    fd = option(r"socket,id=qmp,fd=(\d+)")
    if not fd:
        return
    stream = socket.socket(fileno=int(fd)).makefile("rw")
    stream.write('{"QMP": {}}\n')
    stream.flush()
    for line in stream:
        request = json.loads(line)
        arguments = request.get("arguments", {})
        if request["execute"] == "send-key":
            console.write(b"key " + b"+".join(k["data"].encode() for k in arguments["keys"]) + b"\r\n")
        if request["execute"] == "screendump":
            open(arguments["filename"], "wb").close()
        stream.write('{"return": {}}\n')
        stream.flush()


class FakeGuest:
    """A guest in miniature: one command channel, one console."""

    def __init__(self):
        channel = option(r"socket,id=com2,fd=(\d+)")
        self.channel = socket.socket(fileno=int(channel)) if channel else None
        self.console = FakeConsole()
        self.decoder = frames.Decoder(b"CIQ")
        self.waiting = []

    def send(self, kind, payload=b""):
        self.channel.sendall(frames.encode(kind, payload))

    def next(self):
        while not self.waiting:
            data = self.channel.recv(65536)
            if not data:
                sys.exit(0)
            self.waiting += self.decoder.feed(data)
        return self.waiting.pop(0)

    def panic(self):
        self.console.write(b"line before\r\nkernel panic: the fake one\r\n  at fake+0x10\r\n")
        os._exit(PANIC)

    def copy_input(self):
        while (frame := self.next())[0] != b"I" or frame[1]:
            if frame[0] == b"I":
                self.send(b"O", frame[1])

    def command(self, text):
        word, _, rest = text.partition(" ")
        if word == "echo":
            self.send(b"O", rest.encode() + b"\n")
        elif word == "both":
            self.send(b"O", b"out\n")
            self.send(b"E", b"err\n")
        elif word == "cat":
            self.copy_input()
        elif word == "exit":
            return int(rest)
        elif word == "sleep":
            time.sleep(float(rest))
        elif word == "panic":
            self.panic()
        elif word == "triple":
            os._exit(0)
        elif word == "garbage":
            self.channel.sendall(b"this is no frame at all")
        elif word == "bytes":
            self.send(b"O", bytes(range(256)) * 64)
        return 0

    def live(self):
        threading.Thread(target=answer_monitor, args=(self.console,), daemon=True).start()
        self.console.write(b"booting\r\n")
        boot = os.environ.get("FAKE_BOOT", "ready")
        if boot == "panic":
            self.panic()
        if boot == "silent":
            time.sleep(60)
        if not self.channel:
            time.sleep(60)
        self.send(b"R")
        while True:
            kind, payload = self.next()
            if kind == b"Q":
                os._exit(PANIC if boot == "badend" else CLEAN)
            if kind == b"C":
                self.send(b"X", self.command(payload.decode()).to_bytes(4, "little"))


if __name__ == "__main__":
    note("FAKE_ARGS", "\n".join(sys.argv[1:]))
    note("FAKE_PID", str(os.getpid()))
    FakeGuest().live()
