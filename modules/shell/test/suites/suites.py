"""What the runners of other shells' test suites share: running a case by itself, the list of known differences,
and the count at the end.

A list (ash.tsv, ...) has a row for each case that comes out differently: the case, and why. "not POSIX: ..." is an
extension or a choice of the suite's own shell, "choice: ..." one of ours where the standard leaves it, "sometimes: ..." may go
either way. A difference without a row fails, and so does a row without a difference.
"""
import argparse
import concurrent.futures
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(HERE))))
WORKERS = 4  # cases mostly sleep
LATE = b"(did not end in time)\n"
RUNNING = set()  # leaders of the process groups of cases


def third_party(*parts):
    return os.path.join(ROOT, "third_party", *parts)


def run(command, folder, environment, seconds, stdin=b"", merged=True):
    """What a command wrote, and its status; whatever it started is ended with it."""
    child = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT if merged else subprocess.PIPE, start_new_session=True)
    RUNNING.add(child.pid)
    try:
        out, err = child.communicate(stdin, timeout=seconds)
        status = child.returncode
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        out, err = child.communicate()
        out, status = out + LATE, 124
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    RUNNING.discard(child.pid)
    return out, err or b"", status


def stop(number, _):
    """Ends with what was started, which is in sessions of its own and may loop for ever."""
    for group in list(RUNNING):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
    os._exit(128 + number)


@contextlib.contextmanager
def scratch(copy_of=None, without=()):
    """A folder of a case's own, perhaps a copy of another less the files that match patterns."""
    with tempfile.TemporaryDirectory(prefix="shell-suite-", ignore_cleanup_errors=True) as top:
        folder = os.path.join(top, os.path.basename(copy_of) if copy_of else "case")
        if copy_of:
            shutil.copytree(copy_of, folder, symlinks=True, ignore=shutil.ignore_patterns(*without))
        else:
            os.mkdir(folder)
        yield folder


def link(target, path):
    """path becomes a symbolic link to target, whatever an earlier run left there."""
    if os.path.lexists(path):
        os.unlink(path)
    os.symlink(os.path.abspath(target), path)


def read_causes(name):
    """{case: cause} of a list beside this file."""
    causes = {}
    with open(os.path.join(HERE, name), encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                case, cause = line.rstrip("\n").split("\t")
                causes[case] = cause
    return causes


def arguments(description, default_shell="build/host/sh-anon-host"):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--shell", default=os.path.join(ROOT, default_shell), help="the shell to try")
    parser.add_argument("--build", default=os.path.join(ROOT, "build"), help="where what is compiled lies")
    parser.add_argument("--list", default=None, help="list of differences; none: show them all")
    parser.add_argument("--show", action="store_true", help="how cases differ")
    parser.add_argument("cases", nargs="*", help="parts of names (default: all)")
    return parser


def choose(names, options):
    return [name for name in names if not options.cases or any(part in name for part in options.cases)]


def judge(names, differs, options, list_name, everything=()):
    """Runs differs(name) (text that shows the difference, or "") for every case and counts; returns the exit status. The list may name what is in
    everything."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    is_ours = options.list is None and os.path.realpath(options.shell).endswith("sh-anon-host")
    causes = read_causes(list_name) if is_ours or options.list else {}
    failed = known = 0
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for name, difference in zip(names, pool.map(differs, names)):
            cause = causes.get(name, "")
            is_stale = cause and not difference and not cause.startswith("sometimes: ")
            known += bool(difference and cause)
            if (difference and not cause) or is_stale:
                failed += 1
                print(f"{name}: passes, but is listed: {cause}" if is_stale else f"{name}: differs")
            if difference and (options.show or not cause):
                print("".join(f"    {line}\n" for line in difference.splitlines()[:60 if options.show else 20]), end="")
    strays = [] if options.cases else sorted(set(causes) - set(everything or names))
    for name in strays:
        print(f"{list_name}: there is no case {name}")
    print(f"{len(names)} cases, {known} known differences")
    print(f"{len(names) - failed} passed, {failed + len(strays)} failed")
    return 1 if failed or strays or not names else 0


def sample(names, count):
    """All of them under SOAK=1, else some at random (ANON_SEED=N: the same again)."""
    if os.environ.get("SOAK") == "1" or count >= len(names):
        return names
    seed = int(os.environ.get("ANON_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
    print(f"ANON_SEED={seed}")
    return sorted(random.Random(seed).sample(names, count))
