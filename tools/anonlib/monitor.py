"""QEMU's monitor (QMP): keys pressed on the machine's keyboard, screenshots of its screen."""
import json
import socket
import time

from .errors import AnonError

HOLD_MS = 15
PRESS_SECONDS = 0.035
NAMED = {" ": "spc", "\n": "ret", "\t": "tab", "-": "minus", "=": "equal", "[": "bracket_left",
         "]": "bracket_right", ";": "semicolon", "'": "apostrophe", "`": "grave_accent",
         "\\": "backslash", ",": "comma", ".": "dot", "/": "slash", "\x1b": "esc", "\x7f": "backspace"}
SHIFTED = dict(zip('!@#$%^&*()_+{}:"~|<>?', "1234567890-=[];'`\\,./"))


def keys_of(character):
    """The QEMU key codes that type one character on a US keyboard."""
    if character in SHIFTED:
        return ["shift"] + keys_of(SHIFTED[character])
    if character.isupper():
        return ["shift", character.lower()]
    if character in NAMED:
        return [NAMED[character]]
    if character.isalnum() and character.isascii():
        return [character]
    raise AnonError(f"no key types {character!r}")


class Monitor:
    """A QMP connection over a socket pair; one request at a time."""

    def __init__(self):
        self.socket, self.theirs = socket.socketpair()
        self.socket.settimeout(20)
        self.stream = None

    def started(self):
        """To be called when QEMU has its end."""
        self.theirs.close()
        self.stream = self.socket.makefile("rw", encoding="utf-8", newline="\n")
        self.stream.readline()
        self.command("qmp_capabilities")

    def close(self):
        self.socket.close()

    def command(self, name, **arguments):
        """Sends one command and returns its result, skipping events."""
        self.stream.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self.stream.flush()
        while line := self.stream.readline():
            answer = json.loads(line)
            if "error" in answer:
                raise AnonError(f"QEMU refused {name}: {answer['error'].get('desc')}")
            if "return" in answer:
                return answer["return"]
        raise AnonError(f"QEMU closed its monitor during {name}")

    def press(self, names):
        """Presses keys together: ["ctrl", "c"].  Not faster than QEMU's queue of keys empties, or some would be lost."""
        keys = [{"type": "qcode", "data": name} for name in names]
        self.command("send-key", keys=keys, **{"hold-time": HOLD_MS})
        time.sleep(PRESS_SECONDS)

    def type(self, text):
        for character in text:
            self.press(keys_of(character))

    def interrupt(self):
        """The button that no processor can ignore; our kernel answers it with a panic, and QEMU may end before it
        answers us."""
        try:
            self.command("inject-nmi")
        except (AnonError, ConnectionError):
            pass

    def screenshot(self, path, form="png"):
        self.command("screendump", filename=path, format=form)
