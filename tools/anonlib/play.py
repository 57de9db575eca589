"""Plays a scenario: one disk, boots as its steps ask for them, a report at the end."""
import os
import random
import re
import shutil
import subprocess
import time

from . import archive, disk, screen
from .console import Console, readable
from .errors import AnonError
from .guest import Guest, describe_exit
from .machine import DEBUG_EXIT_CANNOT_START, DEBUG_EXIT_CLEAN, DEBUG_EXIT_PANIC, ROOT, Machine
from .monitor import Monitor
from .process import Qemu

ENDS = {"clean": DEBUG_EXIT_CLEAN, "panic": DEBUG_EXIT_PANIC, "refused": DEBUG_EXIT_CANNOT_START, "off": 0, "reset": 0}
SCREEN_POLL = 0.3  # seconds between two looks at the screen
STEPS_WITH_CHANNEL = ("exec", "spawn", "stop")


class StepFailed(AnonError):
    """A step did not hold; names the line."""


def shorten(value, limit=1500):
    return value if len(value) <= limit else "..." + value[-limit:]


def holds(wanted, value):
    """Whether a text or a compiled pattern occurs in value."""
    return wanted in value if isinstance(wanted, str) else bool(wanted.search(value))


class Running:
    """One boot: QEMU with console, monitor and, where a step needs it, the command channel."""

    def __init__(self, machine, with_channel, serial):
        self.console = Console()
        self.monitor = Monitor()
        machine.com1 = self.console.chardev("@LOG@") if serial else "none"
        machine.monitor_fd = self.monitor.theirs.fileno()
        passed = [machine.monitor_fd]
        self.guest = Guest(machine, passed) if with_channel else None
        self.qemu = self.guest.qemu if with_channel else Qemu(machine, passed)
        self.monitor.started()
        self.console.started()

    def close(self):
        """Ends QEMU; returns all that the console said."""
        self.qemu.kill()
        log = self.qemu.console_log()
        if self.guest:
            self.guest.socket.close()
        self.qemu.close()
        self.console.close()
        self.monitor.close()
        return log


class Player:
    """Runs the steps of one scenario; its files (disk, console.log, pictures) lie in folder."""

    def __init__(self, scenario, folder, build, soak=False, patience=1, smp=1):
        self.scenario = scenario
        self.folder = folder
        self.build = build
        self.soak = soak
        self.smp = smp  # of machines whose scenario leaves it open
        self.running = None
        self.output = ""
        self.status = 0
        self.seed = int(os.environ.get("ANON_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
        self.random = random.Random(self.seed)
        self.image = None
        self.console_text = ""
        self.checks = 0
        limit = scenario.time
        if soak:
            limit = scenario.soak_time or 10 * limit
        self.deadline = time.monotonic() + limit * patience

    def play(self):
        """All steps; raises AnonError at the first that fails.  Returns how many checks held."""
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        try:
            self._make_disk()
            self._steps(self.scenario.steps)
            if self.running:
                self._step_stop(None)
        finally:
            self._close()
            if self.image and os.path.exists(self.image):
                os.unlink(self.image)
        return self.checks

    def _make_disk(self):
        if self.scenario.disk == "none":
            return
        self.image = os.path.join(self.folder, "disk.img")
        if self.scenario.disk == "blank":
            disk.create_blank(self.image, self.scenario.disk_mib << 20)
        else:
            source = os.path.join(os.path.dirname(self.scenario.path), self.scenario.disk)
            disk.copy_sparse(source, self.image)

    def _steps(self, steps):
        for index, step in enumerate(steps):
            if time.monotonic() > self.deadline:
                raise StepFailed(f"line {step.line}: the scenario's time is over")
            following = steps[index + 1].verb if index + 1 < len(steps) else None
            try:
                self._step(step, following)
            except AnonError as error:
                if isinstance(error, StepFailed):
                    raise
                words = getattr(error, "last_words", "")
                raise StepFailed(f"line {step.line}: {step.verb}: {error}" +
                                 (f"\n{words}" if words else "")) from error

    def _step(self, step, following):
        if step.verb == "repeat":
            for _ in range(step.value[1 if self.soak else 0]):
                self._steps(step.body)
            return
        if step.verb == "exec":
            self._exec(step.value, following != "status")
            return
        getattr(self, "_step_" + step.verb.replace("-", "_"))(step.value)

    # Boots

    def _machine(self):
        s = self.scenario
        kernel = os.path.join(self.build, "debug.elf") if s.kernel == "debug" else None
        return Machine(boot=s.boot, build=self.build, kernel=kernel, archive=self._archive(), model=s.machine, cpu=s.cpu,
                       smp=self._cpus(), mem=s.mem, disk=self.image, icount=s.icount, extras=s.extras, append=list(s.append),
                       extra=list(s.qemu))

    def _cpus(self):
        """Under icount several CPUs would take turns, and be slow."""
        return self.scenario.smp or (1 if self.scenario.icount else self.smp)

    def _archive(self):
        """None for the usual one, else what `archive` says: another first program or image, a file, or none at all."""
        kind, _, name = (self.scenario.archive or "").partition("=")
        made = {"init": archive.with_init, "image": archive.with_image}.get(kind)
        if made:
            return made(self.build, os.path.join(self.folder, "boot.cpio"), name)
        return {"": None, "none": ""}.get(kind, self._beside(kind))

    def _boot(self):
        if self.running:
            return self.running
        channel = uses_channel(self.scenario.steps) and self.scenario.boot == "pvh"
        self.running = Running(self._machine(), channel, self.scenario.serial)
        return self.running

    def _close(self):
        if not self.running:
            return
        log = self.running.close()
        self.running = None
        self.console_text += readable(log.decode("utf-8", "replace"))
        with open(os.path.join(self.folder, "console.log"), "ab") as f:
            f.write(log)

    def _step_start(self, _):
        if self.running:
            raise AnonError("the machine runs already")
        self._boot()

    def _step_stop(self, _):
        running = self._boot()
        if running.guest:
            running.guest.shut_down(self.deadline)
        self._close()

    def _step_kill(self, _):
        self._boot().qemu.kill()
        self._close()

    def _step_ended(self, how):
        """The machine ends by itself, as it is said."""
        status = self._boot().qemu.wait(max(self.deadline - time.monotonic(), 0.1))
        words = self.running.qemu.last_words()
        self._close()
        if status is None:
            raise AnonError(f"the machine still runs; the console said last:\n{words}")
        if status != ENDS[how]:
            raise AnonError(f"the machine ended otherwise: {describe_exit(status)}\n{words}")
        self.checks += 1

    # Commands

    def _exec(self, command, must_succeed):
        running = self._boot()
        if not running.guest:
            raise AnonError("exec needs boot pvh")
        pieces = []
        self.status = running.guest.run(self._fill(command), self.deadline,
                                        lambda _kind, data: pieces.append(data))
        self.output = b"".join(pieces).decode("utf-8", "replace")
        if must_succeed and self.status:
            raise AnonError(f"status {self.status}; it said:\n{shorten(self.output)}")
        self.checks += 1

    def _step_spawn(self, command):
        self._boot().guest.begin(self._fill(command), self.deadline)

    def _step_status(self, wanted):
        self._check(self.status == wanted, f"status {self.status}, not {wanted}; it said:\n"
                    f"{shorten(self.output)}")

    def _step_host(self, command):
        environment = dict(os.environ, DISK=self.image or "", FOLDER=self.folder, ROOT=ROOT,
                           BUILD=self.build)
        done = subprocess.run(["/bin/sh", "-c", command], stdin=subprocess.DEVNULL, check=False,
                              env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=max(self.deadline - time.monotonic(), 1))
        self.output = done.stdout.decode("utf-8", "replace")
        self._check(done.returncode == 0, f"status {done.returncode}; it said:\n{self.output}")

    def _fill(self, command):
        return command.replace("$SOAK", "1" if self.soak else "0").replace("$SEED", str(self.seed))

    # What must hold

    def _check(self, truth, message):
        if not truth:
            raise AnonError(message)
        self.checks += 1

    def _step_expect(self, wanted):
        self._check(holds(wanted, self.output), f"not in the output:\n{shorten(self.output)}")

    def _step_expect_not(self, unwanted):
        self._check(not holds(unwanted, self.output), f"in the output:\n{shorten(self.output)}")

    def _console_so_far(self):
        now = self.running.console.text if self.running else ""
        return self.console_text + now

    def _step_expect_console(self, wanted):
        self._check(holds(wanted, self._console_so_far()),
                    f"the console never said it, but:\n{shorten(self._console_so_far())}")

    def _step_expect_no_console(self, unwanted):
        self._check(not holds(unwanted, self._console_so_far()), "the console said it")

    # Hands and eyes

    def _step_send(self, words):
        self._boot().console.send(words)

    def _step_wait(self, wanted):
        self._boot().console.wait(wanted, self.deadline)
        self.checks += 1

    def _step_key(self, chords):
        for chord in chords:
            self._boot().monitor.press(chord.split("-"))

    def _step_type(self, words):
        self._boot().monitor.type(words)

    def _step_screenshot(self, name):
        self._boot().monitor.screenshot(os.path.join(self.folder, f"{name}.png"))

    def _step_nmi(self, _):
        self._boot().monitor.interrupt()

    def _step_wait_screen(self, wanted):
        """Looks at the screen until it shows the text."""
        font = screen.load_font(self.build)
        while not holds(wanted, shown := self._read_screen(font)):
            if time.monotonic() > self.deadline:
                self._step_screenshot("last-look")
                raise AnonError(f"the screen does not show it, but:\n{shown}")
            time.sleep(SCREEN_POLL)
        self.checks += 1

    def _read_screen(self, font):
        picture = os.path.join(self.folder, "screen.ppm")
        self._boot().monitor.screenshot(picture, "ppm")
        try:
            return screen.read_text(picture, font)
        finally:
            os.unlink(picture)

    def _step_sleep(self, seconds):
        time.sleep(min(self.random.uniform(*seconds), max(self.deadline - time.monotonic(), 0)))

    # The disk, while nothing runs

    def _stopped_disk(self):
        if self.running:
            raise AnonError("stop or kill the machine first")
        if not self.image:
            raise AnonError("there is no disk")
        return self.image

    def _step_put(self, names):
        disk.put(self._stopped_disk(), self._beside(names[0]), names[1])

    def _step_get(self, names):
        disk.get(self._stopped_disk(), names[0], os.path.join(self.folder, names[1]))

    def _step_fsck(self, _):
        disk.store("fsck", self._stopped_disk())
        self.checks += 1

    def _beside(self, name):
        return os.path.join(os.path.dirname(self.scenario.path), name)


def uses_channel(steps):
    return any(s.verb in STEPS_WITH_CHANNEL or uses_channel(s.body) for s in steps)


def missing_need(scenario, build):
    """The first thing a scenario needs that this tree does not have, or None."""
    for need in scenario.needs:
        path = need.replace("$BUILD", build)
        if not os.path.exists(os.path.join(ROOT, path)):
            return re.sub("^" + re.escape(ROOT + "/"), "", path)
    return None
