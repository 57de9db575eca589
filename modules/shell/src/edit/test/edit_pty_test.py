#!/usr/bin/env python3
"""Drives the line editor's demo on a pseudo-terminal: what a user sees and what programs find.

usage: edit_pty_test.py DEMO [NAME-PART]
"""
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import termios
import time

from pty_session import SEQUENCE, WAIT, Failure, Session, expect, run_all

DEMO = sys.argv[1]
PAGE = os.path.join("docs", "modules", "shell-editing.md")
PROMPT = b"demo$ "


def start(*arguments, **more):
    return Session([DEMO, "demo", *arguments], PROMPT, **more)


def test_typing(s):
    s.prompt()
    s.send("echo hi\r")
    s.wait("got: echo hi\r\n")
    s.prompt()
    s.send("\x04")
    s.wait("end")
    expect(s.end() == 0, "status")


def test_one_write_of_what_changed(s):
    s.prompt()
    s.expect_key("x", b"\x1b[32mx\x1b[m", "a character in its colour")
    s.expect_key(" ", b" ", "a blank")
    s.expect_key("y", b"y", "a character")
    s.expect_key("\x01", b"\b\b\b", "the start of the line")
    s.expect_key("\x05", b"\x1b[3C", "the end of the line")
    s.expect_key("\x7f", b"\b\x1b[K", "a character less")
    s.expect_key("\x00", b"\x07", "a bell")


def test_modes(s):
    s.prompt()
    expect(s.modes() == (False, False, False), "raw while editing")
    s.send("modes\r")
    s.wait("\r\ncanonical echo signals\r\n")
    s.prompt()
    s.send("exit\r")
    s.end()
    expect(s.modes() == (True, True, True), "restored at the end")


def test_bracketed_paste_is_switched(s):
    expect(b"\x1b[?2004h" in s.prompt(), "on while editing")
    s.send("modes\r")
    expect(b"\x1b[?2004l" in s.wait("canonical"), "off for commands")


def test_type_ahead_is_the_commands(s):
    s.send("read\rfor the command\r")
    s.wait("read: for the command\r\n")
    s.prompt()
    s.send("echo 1\recho 2\r")
    s.wait("got: echo 1\r\n")
    s.wait("got: echo 2\r\n")


def test_paste_does_not_run(s):
    s.prompt()
    s.send("\x1b[200~echo a\recho b\r\x1b[201~")
    expect(b"got" not in s.quiet(), "a pasted newline ran the command")
    s.send("\r")
    s.wait("got: echo a\\necho b\\n\r\n")


def test_big_paste(s):
    s.prompt()
    text = "".join(f"line {i}\r" for i in range(3000))
    s.send("\x1b[200~" + text[:3000])
    for at in range(3000, len(text), 3000):
        s.send(text[at:at + 3000])
    s.send("\x1b[201~")
    s.quiet()
    s.send("\r")
    s.wait("line 2999\\n\r\n")


def test_several_lines(s):
    s.prompt()
    s.send("echo 'a\r")
    s.wait("\r\n> ")
    s.send("b'\x1b[A\x1b[Ac\x7f\r")
    s.send("\x05\r" * 3)
    s.wait("got: ")


def test_interrupt(s):
    s.prompt()
    s.send("echo half\x03")
    s.wait("^C\r\n")
    s.wait("interrupted\r\n")
    s.prompt()
    s.send("echo whole\r")
    s.wait("got: echo whole\r\n")


def test_resize(s):
    s.prompt()
    s.send("echo " + "0123456789" * 5)
    s.wait("0123456789" * 5)
    s.quiet()
    s.size(30, 24)
    seen = s.wait(PROMPT + b"echo 0123456789012345678")
    expect(b"\x1b[2A\r\x1b[J" in seen, f"wraps anew: {seen!r}")
    s.send("x\r")
    s.wait("got: echo " + "0123456789" * 5 + "x\r\n")


def test_notice_above_the_line(s):
    s.prompt()
    s.send("echo ha")
    s.wait("ha")
    os.kill(s.pid, signal.SIGUSR1)
    seen = s.wait("[notice]\r\n")
    expect(b"\r\x1b[J" in seen, "the line goes away")
    s.wait(PROMPT + b"echo ha")
    s.send("lf\r")
    s.wait("got: echo half\r\n")


def test_termination_restores_the_modes(s):
    s.prompt()
    s.send("stop\r")
    s.prompt()
    status = s.end()
    expect(os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGTERM, f"status {status}")
    expect(s.modes() == (True, True, True), "restored")


def test_hang_up_ends_it(s):
    s.prompt()
    os.close(s.fd)
    s.fd = -1
    limit = time.monotonic() + WAIT
    while (ended := os.waitpid(s.pid, os.WNOHANG)) == (0, 0) and time.monotonic() < limit:
        time.sleep(0.05)
    expect(ended[0], "it goes on without a terminal")
    s.pid = 0


def job_control():
    """A shell's part, on the terminal's other side: runs the demo as a job, resumes it whenever it stops."""
    modes = termios.tcgetattr(0)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    job = os.fork()
    if job == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.execve(DEMO, [DEMO, "demo"], dict(os.environ, TERM="xterm"))
    while True:
        _, status = os.waitpid(job, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            os._exit(0)
        is_restored = termios.tcgetattr(0)[3] == modes[3]
        os.tcsetpgrp(0, os.getpgrp())
        termios.tcsetattr(0, termios.TCSANOW, modes)
        os.write(1, b"stopped by %d, %s\r\n" % (os.WSTOPSIG(status), b"cooked" if is_restored else b"raw"))
        time.sleep(0.2)
        os.tcsetpgrp(0, job)
        os.kill(-job, signal.SIGCONT)


def test_stop_and_continue():
    s = start(run=job_control)
    try:
        s.prompt()
        s.send("echo ha")
        s.wait("ha")
        s.send("\x1a")
        s.wait("stopped by %d, cooked\r\n" % signal.SIGTSTP)
        s.wait(PROMPT + b"echo ha")
        s.quiet()
        expect(s.modes() == (False, False, False), "raw again")
        os.kill(os.tcgetpgrp(s.fd), signal.SIGSTOP)
        s.wait("stopped by %d, raw\r\n" % signal.SIGSTOP)
        s.wait(PROMPT + b"echo ha")
        s.quiet()
        expect(s.modes() == (False, False, False), "raw after SIGSTOP")
        s.send("lf\r")
        s.wait("got: echo half\r\n")
        s.prompt()
        s.send("modes\r")
        s.wait("\r\ncanonical echo signals\r\n")
        s.send("exit\r")
        s.end()
    finally:
        s.close()


def test_completion(s):
    s.prompt()
    s.send("exi\t\x15wi\t")
    s.wait("with\\ blank ")
    s.send("\x15rea\t")
    expect(b"\x07" in s.wait("read") + s.quiet(), "a bell where it is not certain")
    s.send("\t")
    s.wait("read    readme\r\n" + PROMPT.decode() + "read")
    s.send("\r")
    s.send("x\r")
    s.wait("read: x")


def test_long_list_is_asked_about(s):
    s.prompt()
    s.size(40, 10)
    s.send("ma\t")
    s.wait("ny")
    s.send("\t")
    s.wait("Show all 150 possibilities? (y or n) ")
    s.send("n")
    s.wait(PROMPT + b"many")
    s.send("\t\t")
    s.wait("(y or n) ")
    s.send("y")
    s.wait("many000")
    s.wait("--More--")
    s.send("\r")
    s.wait("--More--")
    s.send(" ")
    s.wait("--More--")
    s.send("q")
    s.wait(PROMPT + b"many")
    s.send("149\t")
    s.wait("149/")


def test_preset_and_edit_elsewhere(s):
    s.prompt()
    s.send("again some text\r")
    s.wait("got: again some text\r\n")
    s.wait(PROMPT + b"some text")
    s.send("\x18\x05")
    s.wait(PROMPT + b"elsewhere some text")
    s.send("\r")
    s.wait("got: elsewhere some text\r\n")


def test_partial_line_keeps_what_was_printed(s):
    s.prompt()
    s.send("partial\r")
    seen = s.wait(PROMPT)
    expect(b"no newline%" + b" " * 79 + b"\r" in SEQUENCE.sub(b"", seen), f"{seen!r}")


def test_no_colour():
    s = start(NO_COLOR="1")
    try:
        s.prompt()
        s.expect_key("x", b"x", "no colour")
    finally:
        s.close()


def test_dumb_terminal():
    s = start(TERM="dumb")
    try:
        seen = s.wait(PROMPT)
        expect(seen == PROMPT, f"a plain prompt: {seen!r}")
        expect(s.modes() == (True, True, True), "the terminal's own modes")
        s.send("echo 'a\r")
        s.wait("\r\n> ")
        s.send("b'\r")
        s.wait("got: echo 'a\\nb'\r\n")
        s.send("\x04")
        expect(s.end() == 0, "status")
    finally:
        s.close()


def test_no_terminal():
    done = subprocess.run([DEMO, "demo"], input=b"one\ntwo\\\nthree\n\xff\x00x\nlast", stdout=subprocess.PIPE, check=False)
    lines = done.stdout.split(b"\n")
    expect(lines[:4] == [b"demo$ got: one", b"demo$ > got: two\\\\nthree", b"demo$ got: \xffx", b"demo$ got: last"],
           f"{done.stdout!r}")
    expect(lines[4] == b"demo$ end" and done.returncode == 0, f"{done.stdout!r}")


def test_history_file():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "history")
        for keys, expected in (("echo 'a\rb'\r", "got: echo 'a\\nb'"), ("\x1b[A\x1b[F\r", "got: echo 'a\\nb'")):
            s = start(path)
            try:
                s.prompt()
                s.send(keys)
                s.wait(expected + "\r\n")
                s.prompt()
                s.send("\x04")
                s.end()
            finally:
                s.close()
        with open(path, encoding="utf-8") as f:
            expect(f.read() == "echo 'a\\\nb'\n", "the file")


def test_page_lists_the_bindings(s):
    if not os.path.exists(PAGE):
        return  # the module stands alone
    s.prompt()
    s.send("bindings\r")
    seen = s.wait(PROMPT).decode().replace("\r", "").split("\n")
    bound = {tuple(line.rsplit(" ", 1)) for line in seen[2:-1]}
    with open(PAGE, encoding="utf-8") as f:
        rows = re.findall(r"^\| (`[^|]*`) \| `([a-z-]+)` \|", f.read(), re.MULTILINE)
    told = {(key, command) for keys, command in rows for key in re.findall(r"`([^`]+)`", keys)}
    told |= {(f"M-{digit}", "digit-argument") for digit in range(10)}
    expect(bound == told, f"only bound: {sorted(bound - told)}; only on the page: {sorted(told - bound)}")


def test_any_bytes_at_all(s):
    seed = int(os.environ.get("TEST_SEED", "1"))
    chance = random.Random(seed)
    s.prompt()
    for _ in range(25):
        data = bytes(chance.randrange(256) for _ in range(40))
        s.send(data.replace(b"\x04", b"").replace(b"\x1a", b"").replace(b"\x1c", b""))
        s.quiet()
        if chance.random() < 0.3:
            s.size(chance.randrange(1, 100), chance.randrange(1, 30))
    s.send("\x1b[201~\x03\x03\x03")
    s.quiet()
    s.size(80, 24)
    s.send("\x15echo alive\r")
    s.wait("got: echo alive\r\n")


if __name__ == "__main__":
    sys.exit(run_all(globals(), start, sys.argv[2] if len(sys.argv) > 2 else ""))
