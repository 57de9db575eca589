"""Framing on the second serial port: one type byte, a 4-byte little-endian length, the payload.

guest -> host:  R ready, O standard output, E standard error, X exit status (4 bytes), L log text
host -> guest:  C command (UTF-8), I standard input (empty: end of input), Q shut down
After X the guest waits for the next C or for Q; I frames that come between are ignored.
"""
import struct

HEADER = struct.Struct("<BI")
FROM_GUEST = b"ROEXL"
LIMIT = 1 << 20  # no sender has a reason for longer frames; more means we lost step


class FrameError(Exception):
    """The stream is not one of frames."""


def encode(kind, payload=b""):
    """The bytes of one frame; kind is a one-byte bytes object."""
    return HEADER.pack(kind[0], len(payload)) + payload


class Decoder:
    """Turns a byte stream, fed in any pieces, into (kind, payload) pairs."""

    def __init__(self, kinds=FROM_GUEST):
        self.kinds = kinds
        self.buffer = bytearray()

    def feed(self, data):
        """Adds bytes; returns the frames that are complete now."""
        self.buffer += data
        frames = []
        while (frame := self._next()) is not None:
            frames.append(frame)
        return frames

    def _next(self):
        if len(self.buffer) < HEADER.size:
            return None
        kind, length = HEADER.unpack_from(self.buffer)
        if kind not in self.kinds or length > LIMIT:
            raise FrameError(f"not a frame: {bytes(self.buffer[:24])!r}")
        end = HEADER.size + length
        if len(self.buffer) < end:
            return None
        payload = bytes(self.buffer[HEADER.size:end])
        del self.buffer[:end]
        return bytes([kind]), payload
