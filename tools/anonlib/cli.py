"""The command line of tools/anon."""
import argparse
import contextlib
import os
import signal
import sys
import tempfile
import termios
import time

from . import disk, guest, machine, play, process, scenario
from .errors import AnonError, SystemFailed, UsageError


def add_machine_options(parser):
    parser.add_argument("--disk", metavar="F", help="disk image (default fs.img; none: no disk)")
    parser.add_argument("--volatile", action="store_true",
                        help="work on a private copy of the disk (or a blank one) and forget it")
    parser.add_argument("--smp", type=int, default=1, metavar="N")
    parser.add_argument("--mem", type=int, default=256, metavar="MIB")
    parser.add_argument("--cpu", default="max", metavar="MODEL")
    parser.add_argument("--icount", action="store_true", help="the clock counts instructions")
    parser.add_argument("--machine", metavar="TYPE", help="QEMU machine type")
    parser.add_argument("--build", default=os.path.join(machine.ROOT, "build"), metavar="DIR")
    parser.add_argument("--kernel", metavar="F")
    parser.add_argument("--archive", metavar="F", help="boot archive instead of BUILD/boot.cpio")
    parser.add_argument("--extras", action="store_true",
                        help="with compiler, manual pages and sources for the disk; the ISO has them always")
    parser.add_argument("--append", action="append", default=[], metavar="WORDS",
                        help="for the kernel command line")
    parser.add_argument("--qemu", action="append", default=[], metavar="ARG",
                        help="one more argument for QEMU")


def add_run(commands):
    run = commands.add_parser("run", help="boot with the console on this terminal")
    add_machine_options(run)
    run.add_argument("--iso", action="store_true", help="boot the ISO by BIOS")
    run.add_argument("--uefi", action="store_true", help="boot the ISO by UEFI")
    run.add_argument("--usb", action="store_true", help="the ISO as a USB stick, not as a CD")
    run.add_argument("--gui", action="store_true", help="open a window for the screen")
    run.add_argument("--gdb", action="store_true", help="wait for GDB on port 1234")
    run.add_argument("--accel", default=machine.best_accelerator(), help="tcg or kvm")


def add_exec(commands):
    execute = commands.add_parser("exec", help="boot headless, run COMMAND, shut down")
    add_machine_options(execute)
    execute.add_argument("--timeout", type=float, default=120, metavar="S")
    execute.add_argument("--put", action="append", default=[], metavar="HOST:GUEST",
                         help="copy in before booting")
    execute.add_argument("--get", action="append", default=[], metavar="GUEST:HOST",
                         help="copy out after shutting down")
    execute.add_argument("--log", metavar="F", help="keep the console log in F")
    execute.add_argument("-n", "--no-stdin", action="store_true",
                         help="give COMMAND an empty input (so it is when ours is a terminal)")
    execute.add_argument("words", nargs=argparse.REMAINDER, metavar="-- COMMAND...",
                         help="for /bin/sh -c; @NAME runs a native program of the boot archive")


def add_disk_commands(commands):
    for name, arguments, text in [
            ("put", ["host", "guest"], "copy a file or folder into a disk image"),
            ("get", ["guest", "host"], "copy a file or folder out of a disk image"),
            ("ls", ["guest"], "list a folder of a disk image"),
            ("fsck", [], "check a disk image")]:
        sub = commands.add_parser(name, help=text)
        sub.add_argument("--disk", metavar="F", help="disk image (default fs.img)")
        for argument in arguments:
            sub.add_argument(argument, nargs="?" if name == "ls" else None, default="/")


def add_play(commands):
    play_parser = commands.add_parser("play", help="play a scenario (.scn)")
    play_parser.add_argument("--build", default=os.path.join(machine.ROOT, "build"), metavar="DIR")
    play_parser.add_argument("--soak", action="store_true", help="with the full counts")
    play_parser.add_argument("--patience", type=float, default=1, metavar="N",
                             help="N times the usual time limits, on a slow host or with a slow kernel")
    play_parser.add_argument("--smp", type=int, default=1, metavar="N", help="CPUs, where a scenario leaves it open")
    play_parser.add_argument("files", nargs="+", metavar="FILE")


def parser():
    top = argparse.ArgumentParser(prog="anon", description="anonymOS from the host: run it, run "
                                  "commands in it, copy files in and out of its disks.")
    commands = top.add_subparsers(dest="command", required=True)
    add_run(commands)
    add_exec(commands)
    add_machine_options(commands.add_parser("debug", help="boot under GDB, with symbols"))
    add_disk_commands(commands)
    add_play(commands)
    return top


class Disk:
    """The disk a command works on: none, a file, or a private copy of it that goes away."""

    def __init__(self, options):
        self.scratch = None
        if options.disk == "none":
            self.path = None
            return
        self.path = options.disk or disk.DEFAULT
        if getattr(options, "volatile", False):
            self._private()
        else:
            disk.ensure(self.path)

    def _private(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="anon-disk-")
        private = os.path.join(self.scratch.name, "disk.img")
        if os.path.exists(self.path):
            disk.copy_sparse(self.path, private)
        else:
            disk.create_blank(private)
        self.path = private

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.scratch:
            self.scratch.cleanup()


def machine_of(options, disk_path, **more):
    return machine.Machine(
        build=options.build, kernel=options.kernel, archive=options.archive, extras=options.extras,
        model=options.machine, cpu=options.cpu, smp=options.smp, mem=options.mem, disk=disk_path, icount=options.icount,
        append=list(options.append), extra=list(options.qemu), **more)


def split_pair(text, guest_first):
    """HOST:GUEST or GUEST:HOST; guest paths are absolute, so a host path may contain colons."""
    first, _, second = text.partition(":") if guest_first else text.rpartition(":/")
    if not guest_first and second:
        second = "/" + second
    if not first or not second:
        raise UsageError(f"{text!r} is not of the form {'GUEST:HOST' if guest_first else 'HOST:GUEST'}")
    return first, second


def command_text(words):
    words = words[1:] if words[:1] == ["--"] else words
    if not words:
        raise UsageError("nothing to run: anon exec [options] -- COMMAND...")
    return " ".join(words)


def copy_frames(kind, data):
    """Passes the guest's output on, byte for byte."""
    os_stream = sys.stdout.buffer if kind == b"O" else sys.stderr.buffer
    os_stream.write(data)
    os_stream.flush()


def input_fd(options):
    """Our standard input for the command, unless it is a terminal, closed or not wanted."""
    try:
        return None if options.no_stdin or os.isatty(0) else os.fstat(0) and 0
    except OSError:
        return None


def do_exec(options):
    command = command_text(options.words)
    puts = [split_pair(p, False) for p in options.put]
    gets = [split_pair(g, True) for g in options.get]
    with Disk(options) as image:
        if (puts or gets) and not image.path:
            raise UsageError("--put and --get need a disk")
        for host, inside in puts:
            disk.put(image.path, host, inside)
        status = boot_and_run(options, image.path, command)
        for inside, host in gets:
            disk.get(image.path, inside, host)
    return status


def boot_and_run(options, disk_path, command):
    deadline = time.monotonic() + options.timeout
    with guest.Guest(machine_of(options, disk_path)) as system:
        try:
            status = system.run(command, deadline, copy_frames, input_fd(options))
            system.shut_down(deadline)
        finally:
            if options.log:
                with open(options.log, "wb") as f:
                    f.write(system.qemu.console_log())
    return status


def boot_of(options):
    if options.uefi:
        return "uefi-usb" if options.usb else "uefi"
    if options.usb:
        return "usb"
    return "iso" if options.iso else "pvh"


@contextlib.contextmanager
def terminal_kept():
    """Gives the terminal back as it was, even when QEMU had no chance to."""
    saved = termios.tcgetattr(0) if os.isatty(0) else None
    try:
        yield
    finally:
        if saved:
            termios.tcsetattr(0, termios.TCSADRAIN, saved)


def do_run(options):
    boot = boot_of(options)
    with Disk(options) as image:
        box = machine_of(options, image.path, boot=boot, com1="mon:stdio", gui=options.gui,
                         accel="tcg" if options.icount else options.accel, reboot=True,
                         debug_exit=False, gdb="tcp::1234" if options.gdb else None)
        if options.gdb:
            print("anon: waiting for GDB on port 1234", file=sys.stderr)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the guest's
        with terminal_kept(), process.Qemu(box, foreground=True) as qemu:
            status = qemu.wait()
    return status


def do_debug(options):
    kernel = options.kernel or os.path.join(options.build, "kernel.elf")
    log = os.path.join(options.build, "debug.log")
    with Disk(options) as image, tempfile.TemporaryDirectory(prefix="anon-gdb-") as scratch:
        port = os.path.join(scratch, "gdb")
        box = machine_of(options, image.path, com1=f"file,path={log}", debug_exit=False,
                         gdb=f"unix:{port},server=on,wait=off")
        with process.Qemu(box):
            print(f"anon: the console is in {log}", file=sys.stderr)
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is GDB's
            wait_for_path(port)
            return os.spawnlp(os.P_WAIT, "gdb", "gdb", "-q", kernel, "-ex", f"target remote {port}",
                              "-x", os.path.join(machine.ROOT, "scripts", "gdb", "anonymos.py"))


def wait_for_path(path):
    for _ in range(100):
        if os.path.exists(path):
            return
        time.sleep(0.05)
    raise SystemFailed("QEMU did not start")


def do_disk(options):
    image = options.disk or disk.DEFAULT
    if options.command == "put":
        disk.ensure(image)
    if not os.path.exists(image):
        raise UsageError(f"disk image {image} does not exist")
    if options.command == "put":
        disk.put(image, options.host, options.guest)
    elif options.command == "get":
        disk.get(image, options.guest, options.host)
    elif options.command == "ls":
        disk.store("ls", image, options.guest)
    else:
        disk.store("fsck", image)
    return 0


def do_play(options):
    """Plays scenarios; prints what failed and one line of counts."""
    passed = failed = 0
    for path in options.files:
        held = play_one(path, options)
        passed, failed = passed + (held is True), failed + (held is False)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def play_one(path, options):
    """True, False, or None when the scenario was skipped."""
    story = scenario.parse(path)
    need = play.missing_need(story, options.build)
    if need or (story.soak_only and not options.soak):
        print(f"skipped: {f'needs {need}' if need else 'only for make soak'}")
        return None
    module = os.path.basename(os.path.dirname(os.path.dirname(os.path.abspath(path))))
    name = f"{module}-{os.path.splitext(os.path.basename(path))[0]}"
    player = play.Player(story, os.path.abspath(os.path.join(options.build, "test", name)),
                         options.build, options.soak, options.patience, options.smp)
    start = time.monotonic()
    try:
        checks = player.play()
    except AnonError as error:
        print(f"{path}: {error}\n(seed {player.seed}: set ANON_SEED to repeat; files in {player.folder})")
        return False
    print(f"{path}: {checks} checks held in {time.monotonic() - start:.1f} s")
    return True


COMMANDS = {"run": do_run, "play": do_play, "exec": do_exec, "debug": do_debug,
            "put": do_disk, "get": do_disk, "ls": do_disk, "fsck": do_disk}


def main(arguments=None):
    options = parser().parse_args(arguments)
    process.signals_as_exceptions()
    try:
        return COMMANDS[options.command](options)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 141
    except AnonError as error:
        print(f"anon: {error}", file=sys.stderr)
        if getattr(error, "last_words", ""):
            print("anon: its last words:\n" + error.last_words, file=sys.stderr)
        return error.status
