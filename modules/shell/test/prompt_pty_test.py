#!/usr/bin/env python3
"""A new user's tour of the shell at its prompt, on a pseudo-terminal.

usage: prompt_pty_test.py SHELL [NAME-PART]
"""
import os
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "src", "edit", "test"))
sys.dont_write_bytecode = True

from pty_session import SEQUENCE, WAIT, Session, expect, run_all  # noqa: E402

SHELL = os.path.abspath(sys.argv[1])
PROMPT = b"ready> "
HOME = tempfile.TemporaryDirectory()
KEYS = {"up": "\x1b[A", "paste": "\x1b[200~", "pasted": "\x1b[201~"}


def start(prompt=PROMPT, **environment):
    names = {"HOME": HOME.name, "PATH": "/usr/bin:/bin", "PS1": prompt.decode(), "ENV": "", "NO_COLOR": "1", "HISTFILE": "",
             **environment}
    return Session([SHELL, "+p"], prompt, **names)


def run(s, command, expected):
    """Types a command and reads its output up to the next prompt."""
    s.send(command + "\r")
    seen = s.wait(expected)
    return seen + s.prompt()


def screen(data):
    return SEQUENCE.sub(b"", data).decode(errors="replace")


def test_commands_and_pipelines(s):
    s.prompt()
    run(s, "echo hello | tr a-z A-Z", "\r\nHELLO\r\n")
    run(s, "+ 1 2; for 1..2 echo again", "\r\n3\r\nagain\r\nagain\r\n")
    run(s, "false; echo status $?", "\r\nstatus 1\r\n")
    run(s, "! true; echo $?", "\r\n1\r\n")


def test_completion(s):
    s.prompt()
    run(s, "cd; mkdir 'my folder'; touch 'my folder/a file'", "a file'\r\n")
    s.send("cat my\t")
    s.wait("cat my\\ folder/")
    s.send("\t")
    s.wait("a\\ file ")
    s.send("\x15unal\t")
    s.wait("unalias ")
    s.send("\x15echo $HISTF\t")
    s.wait("$HISTFILE")
    s.send("\x15obj de\t")
    s.wait("obj describe ")
    s.send("\x15\r")


def test_lists_possibilities(s):
    s.prompt()
    run(s, "cd; touch tour-one tour-two", "two\r\n")
    s.send("ls tour-\t\t")
    s.wait("tour-one  tour-two\r\n")
    s.wait(PROMPT + b"ls tour-")


def test_typing_mistakes(s):
    s.prompt()
    run(s, "exprot x=1", "exprot: not found; did you mean export?\r\n")
    run(s, "qqqq", "qqqq: not found\r\n")
    run(s, "/etc", "/etc: is a directory\r\n")
    run(s, "/etc/passwd", "/etc/passwd: not executable (chmod +x makes it so)\r\n")
    run(s, "cd /nonexistent", "/nonexistent")
    seen = run(s, "echo a | | b", "syntax error: unexpected `|'\r\n  echo a | | b\r\n           ^\r\n")
    expect("end of file" not in screen(seen), "one message")
    run(s, "echo $?", "\r\n2\r\n")


def test_several_lines(s):
    s.prompt()
    s.send("for i in a b\r")
    s.wait("\r\n> ")
    s.send("do echo item-$i\r")
    s.wait("\r\n> ")
    run(s, "done", "\r\nitem-a\r\nitem-b\r\n")
    s.send(KEYS["up"])
    s.wait("for i in a b\r\n> do echo item-$i\r\n> done")
    s.send("\r")
    s.wait("\r\nitem-a\r\nitem-b\r\n")


def test_here_document(s):
    s.prompt()
    s.send("x=value\r")
    s.prompt()
    s.send("cat <<END\r")
    s.wait("\r\n> ")
    s.send("it is $x\r")
    s.wait("\r\n> ")
    run(s, "END", "\r\nit is value\r\n")


def test_paste_waits_for_enter(s):
    s.prompt()
    s.send(KEYS["paste"] + "echo one\recho two" + KEYS["pasted"])
    expect("\none" not in screen(s.quiet()), "a paste ran")
    s.send("\r")
    s.wait("\r\none\r\ntwo\r\n")
    s.prompt()
    s.send(KEYS["paste"] + "sleep 100\recho never" + KEYS["pasted"] + "\r")
    time.sleep(0.5)
    s.send("\x03")
    expect("\nnever" not in screen(s.prompt()), "the rest of an interrupted paste ran")


def test_jobs(s):
    s.prompt()
    s.send("sleep 100\r")
    s.wait("sleep 100\r\n")
    time.sleep(0.5)
    s.send("\x1a")
    s.wait("[1] + Stopped                 sleep 100\r\n")
    s.prompt()
    s.send("fg %\t")
    s.wait("fg %1 ")
    s.send("\r")
    s.wait("\r\nsleep 100\r\n")
    time.sleep(0.3)
    s.send("\x1a")
    s.wait("Stopped")
    s.prompt()
    run(s, "bg; jobs", "] + Running                 sleep 100\r\n")
    s.send("exit\r")
    expect("stopped jobs" not in screen(s.wait("exit\r\n")), "the job runs")


def foreground_group(s, shell):
    """The group of the command that was just typed, as early as it can be seen."""
    limit = time.monotonic() + WAIT
    while (group := os.tcgetpgrp(s.fd)) == shell:
        expect(time.monotonic() < limit, "no command in the foreground")
    return group


def test_stop_before_the_program_runs(s):
    s.wait(PROMPT)
    shell = os.tcgetpgrp(s.fd)
    for _ in range(50):
        s.send("sleep 100\r")
        os.killpg(foreground_group(s, shell), signal.SIGTSTP)
        s.wait("+ Stopped                 sleep 100\r\n")
        s.wait(PROMPT)
        s.send("kill -9 %%; wait %%; echo go''ne\r")
        s.wait("gone\r\n")
        s.wait(PROMPT)


def test_a_job_keeps_the_terminal():
    s = start(GIVE_LATE="400")
    try:
        s.wait(PROMPT)
        s.send(f"GIVE_LATE= PS1='i''n> ' {SHELL} +p\r")
        s.wait(b"in> ")
        s.send("sh -c 'echo re\"\"ady; sleep 1; cat -n'\r")
        s.wait("ready\r\n")
        s.send("line\r")
        s.wait("     1\tline\r\n")
        s.send("\x04")
        s.wait(b"in> ")
        s.send("exit\r")
        s.wait(PROMPT)
    finally:
        s.close()


def test_warns_of_stopped_jobs(s):
    s.prompt()
    s.send("sleep 100\r")
    time.sleep(0.5)
    s.send("\x1a")
    s.wait("Stopped")
    s.prompt()
    run(s, "exit", "You have stopped jobs.\r\n")
    run(s, "kill %1; wait; echo gone", "gone\r\n")


def test_notices_come_while_editing(s):
    s.prompt()
    s.send("sleep 0.5 &\r")
    s.wait("[1] ")
    s.prompt()
    s.send("echo ha")
    s.wait("[1] + Done                    sleep 0.5\r\n")
    s.wait(PROMPT + b"echo ha")
    run(s, "lf", "\r\nhalf\r\n")


def test_interrupt_and_traps(s):
    s.prompt()
    s.send("echo half\x03")
    s.wait("^C\r\n")
    s.prompt()
    run(s, "echo $?", "\r\n130\r\n")
    s.send("trap 'echo caught' INT USR1\r")
    s.prompt()
    s.send("x\x03")
    s.wait("^C\r\ncaught\r\n")
    s.prompt()
    s.send("echo wh")
    s.wait("wh")
    os.kill(s.pid, signal.SIGUSR1)
    s.wait("caught\r\n")
    s.wait(PROMPT + b"echo wh")
    run(s, "ole", "\r\nwhole\r\n")
    s.send("trap 'exit 7' USR1\r")
    s.prompt()
    os.kill(s.pid, signal.SIGUSR1)
    status = s.end()
    expect(os.waitstatus_to_exitcode(status) == 7, f"status {status}")


def test_at(s):
    s.prompt()
    run(s, "at +1h echo later; at", "\techo later\r\n")
    run(s, "at -r 1; at; echo none", "at; echo none\r\nnone\r\n")
    s.send("at +1 echo timed\r")
    s.wait("timed\r\n")
    s.send("echo un")
    s.wait("[at 1] echo timed\r\ntimed\r\n")
    s.wait(PROMPT + b"echo un")
    run(s, "touched", "\r\nuntouched\r\n")


def test_history():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "history")
        s = start(HISTFILE=path)
        s.prompt()
        run(s, "echo 'two\\\rlines'", "\r\ntwo\\\r\nlines\r\n")
        run(s, "echo second", "\r\nsecond\r\n")
        run(s, "!!", "\r\necho second\r\nsecond\r\n")
        run(s, "!e; !1", "\r\necho second; echo 'two")
        run(s, "!nothing", "!nothing: not in the history\r\n")
        os.kill(s.pid, signal.SIGKILL)
        s.close()
        s = start(HISTFILE=path)
        s.prompt()
        s.send("\x12wo\\")
        s.wait("(reverse-search)`wo\\': echo second; echo 'two")
        s.send("\x07")
        run(s, "fc -l 1 2", "1\techo 'two\\\r\n\tlines'\r\n2\techo second\r\n")
        run(s, "history 2", "  fc -l 1 2\r\n    5  history 2\r\n")
        s.send(" secret\r")
        s.prompt()
        run(s, "history -d 6; history 1", "history -d 6; history 1\r\n")
        run(s, "HISTSIZE=2; fc -s echo=printf echo", "printf second; echo 'two")
        s.send("\x04")
        s.end()
        s.close()
        with open(path, encoding="utf-8") as f:
            kept = f.read()
        expect("secret" not in kept, f"a forgotten command is in the file: {kept!r}")
        expect(len(kept.replace("\\\n", "").splitlines()) == 2, f"HISTSIZE bounds the file: {kept!r}")


def test_output_without_newline(s):
    s.prompt()
    s.send("printf partial\r")
    seen = screen(s.prompt())
    expect("partial%" in seen, seen)


def test_end_of_input(s):
    s.prompt()
    run(s, "set -o ignoreeof", "eof\r\n")
    s.send("\x04")
    s.wait("Use \"exit\" to leave the shell.\r\n")
    s.prompt()
    run(s, "set +o ignoreeof", "eof\r\n")
    s.send("\x04")
    expect(s.end() == 0, "the end of input ends it")
    expect(s.modes() == (True, True, True), "the terminal is as it was")


def test_window_size(s):
    s.prompt()
    s.size(100, 40)
    s.send("\r")
    s.prompt()
    run(s, "echo $COLUMNS by $LINES", "\r\n100 by 40\r\n")


def test_help(s):
    s.prompt()
    run(s, "help cd", "cd [-L|-P] [FOLDER|-]\r\n    change the working directory\r\n")
    run(s, "apropos -e directory", "cd         (shell) change the working directory\r\n")


def test_objects_elsewhere(s):
    s.prompt()
    run(s, "/sys/power.shutdown", "/sys/power.shutdown: not found (this system has no object tree)\r\n")
    run(s, "echo $?", "\r\n127\r\n")


def test_edit_elsewhere(s):
    s.prompt()
    s.send("EDITOR=\"sed -i s/before/after/\"\r")
    s.prompt()
    s.send("echo before\x18\x05")
    s.wait(PROMPT + b"echo after")
    s.send("\r")
    s.wait("\r\nafter\r\n")


def test_usual_prompt():
    names = {"HOME": HOME.name, "PATH": "/usr/bin:/bin", "ENV": "", "HISTFILE": "", "NO_COLOR": "1"}
    old = os.environ.pop("PS1", None)
    s = Session([SHELL, "+p"], b"$ " if os.geteuid() else b"# ", **names)
    try:
        s.prompt()
        run(s, "cd /usr/bin", "bin\r\n")
        s.send("\r")
        s.wait(":/usr/bin")
    finally:
        s.close()
        if old is not None:
            os.environ["PS1"] = old


def test_dumb_terminal():
    s = start(TERM="dumb")
    try:
        s.wait(PROMPT)
        expect(s.modes() == (True, True, True), "the terminal's own modes")
        s.send("echo 'a\r")
        s.wait("\r\n> ")
        s.send("b'\r")
        s.wait("\r\na\r\nb\r\n")
        s.wait(PROMPT)
        s.send("xx\x03")
        s.wait("^C\r\n")
        s.wait(PROMPT)
        s.send("\x04")
        expect(os.waitstatus_to_exitcode(s.end()) == 130, "the interrupted command's status")
    finally:
        s.close()


def test_scripts_touch_nothing_of_the_prompt():
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([SHELL, "+p"], input=b"echo $COLUMNS-$- ; history\n", cwd=folder, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env={"HOME": folder, "PATH": "/nowhere"})
        expect(done.stdout == b"-s\n" and b"history: not found" in done.stderr, f"{done}")
        expect(os.listdir(folder) == [], "no history file")
        done = subprocess.run([SHELL, "-i"], input=b"echo hi\nif true\nthen echo yes; fi\n", cwd=folder, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env={"HOME": folder, "PATH": "/nowhere", "PS1": "P ", "HISTFILE": ""})
        expect(done.stdout == b"hi\nyes\n" and b"P " in done.stderr, f"{done}")


def test_end_within_a_command():
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([SHELL, "-i"], input=b"if true\n", check=False, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env={"HOME": folder, "PATH": "/nowhere", "HISTFILE": ""})
        expect(done.returncode == 2 and b"syntax error" in done.stderr and b"Sanitizer" not in done.stderr, f"{done}")


if __name__ == "__main__":
    sys.exit(run_all(globals(), start, sys.argv[2] if len(sys.argv) > 2 else ""))
