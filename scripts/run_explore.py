#!/usr/bin/env python3
"""Explores the kernel's cores exhaustively and runs the Spin model of IPC; then shows that both notice faults.

The explorers are host programs of kernel sources (modules/microkernel/src/explore; the page on
verification tells more).  A seeded fault is one text of one source exchanged for another, in a copy that is
compiled and linked instead of it; the explorer must report a violation, and a text that is not found exactly
once is a failure, too.
SOAK=1 goes deeper.
usage: run_explore.py BUILD
"""
import os
import re
import resource
import subprocess
import sys
from dataclasses import dataclass

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MODULE = "modules/microkernel"
INCLUDES = ["-iquote", f"{MODULE}/src", f"-I{MODULE}/interface", "-Imodules/base/interface"]
MODEL = f"{MODULE}/src/explore/ipc.pml"
SOAK = os.environ.get("SOAK") == "1"


@dataclass
class Check:
    """A program with its arguments, and those of the deeper run."""
    arguments: str
    soak: str

    def command(self):
        return (self.soak if SOAK else self.arguments).split()


@dataclass
class Seed:
    """A fault: what it is, where, and which exploration must notice it."""
    name: str
    source: str
    old: str
    new: str
    arguments: str


CHECKS = [
    Check("explore_caps 5", "explore_caps 7"),
    Check("explore_pages 5", "explore_pages 7"),
    Check("explore_ipc 0 10", "explore_ipc 0 14"),
    Check("explore_ipc 1 10", "explore_ipc 1 13"),
    Check("explore_ipc 2 10", "explore_ipc 2 16"),
    Check("explore_waits 5", "explore_waits 8"),
    Check("explore_race 0 0 2000", "explore_race 0 1 2000"),
    Check("explore_race 1 0 2000", "explore_race 1 1 2000"),
    Check("explore_race 2 0 2000", "explore_race 2 1 2000"),
]

SEEDS = [
    Seed("what is being revoked grows", "derivation.c",
         "while (node && !node->is_revoking)", "while (node)", "explore_caps 5"),
    Seed("closing a handle forgets the second child", "derivation.c",
         "while ((child = node->children) != NULL) {\n\t\tunlink_node(object, child);\n"
         "\t\tlink_below(object, node->parent, child);\n\t}\n\tnode->parent",
         "if ((child = node->children) != NULL) {\n\t\tunlink_node(object, child);\n"
         "\t\tlink_below(object, node->parent, child);\n\t}\n\tnode->parent", "explore_caps 5"),
    Seed("a moved handle keeps its old place as a parent", "derivation.c",
         "\t\tchild->parent = node;\n\told->parent", "\t\tchild->parent = old;\n\told->parent",
         "explore_caps 5"),
    Seed("revoking begins at the top", "derivation.c",
         "\twhile (node->children)\n\t\tnode = node->children;",
         "\tif (node->children)\n\t\tnode = node->children;", "explore_caps 5"),
    Seed("rights are not cut", "handle.c",
         "&from->node, rights & from->node.rights,", "&from->node, rights | from->node.rights,",
         "explore_caps 5"),
    Seed("a closed handle keeps its reference", "handle.c",
         "handle_closed(object, entry->process, rights);\n\tkobject_unref(object);",
         "handle_closed(object, entry->process, rights);", "explore_caps 5"),
    Seed("a copied leaf has no reference", "arch/x86_64/pagetable_share.c",
         "\tif (value & PTE_PRIVATE)\n\t\tpage_ref(leaf_page(value));\n", "", "explore_pages 5"),
    Seed("a copied leaf's original stays writable", "arch/x86_64/pagetable_share.c",
         "\t\t__atomic_fetch_and(leaf, ~PTE_WRITE, __ATOMIC_RELAXED);\n", "", "explore_pages 5"),
    Seed("a shared table is taken over", "arch/x86_64/pagetable_share.c",
         "__ATOMIC_ACQUIRE) == 1)", "__ATOMIC_ACQUIRE) >= 1)", "explore_pages 5"),
    Seed("a shared page is written to", "fault.c",
         "entry.flags & PT_PRIVATE && !page_is_shared(entry.page)",
         "entry.flags & PT_PRIVATE", "explore_pages 5"),
    Seed("the last reference but one frees a page", "page.c",
         "if (!__atomic_sub_fetch(&page->refs, 1, __ATOMIC_ACQ_REL))",
         "if (__atomic_sub_fetch(&page->refs, 1, __ATOMIC_ACQ_REL) <= 1)", "explore_pages 5"),
    Seed("a reply object dies silently", "reply.c",
         "\tif (reply->caller)\n\t\tthread_cancel_wait(reply->caller, E_GONE);\n", "",
         "explore_ipc 0 8"),
    Seed("an armed reply object can be received with", "ipc.c",
         "(reply->caller || reply_is_armed(reply))", "(reply->caller)", "explore_ipc 2 8"),
    Seed("callers queue least important first", "endpoint.c",
         "->priority >= thread->priority", "->priority <= thread->priority", "explore_ipc 0 8"),
    Seed("callers are not told that nobody serves any more", "endpoint.c",
         "--endpoint->receive_rights == 0)\n\t\tkobject_shrink(object);",
         "--endpoint->receive_rights == 0)\n\t\t(void)object;",
         "explore_ipc 0 8"),
    Seed("an answered call times out later", "ipc.c",
         "\treply_abandon(caller);\n\tdeadline_clear(&caller->deadline);",
         "\treply_abandon(caller);", "explore_ipc 0 8"),
    Seed("a lent priority is kept", "reply.c",
         "\tif (reply->receiver)\n\t\tpriority_update(reply->receiver);\n", "", "explore_ipc 0 8"),
    Seed("a caller that queues raises nobody", "ipc.c",
         "\tif (is_first)\n\t\tpriority_update_servers(endpoint);\n", "", "explore_ipc 0 8"),
    Seed("who has been received lends nothing", "priority.c",
         "\tif (reply && reply->caller)", "\tif (reply && reply->caller && !thread->serves)", "explore_ipc 0 8"),
    Seed("a raise outlives the caller that gave up", "thread.c",
         "\t\tpriority_update_servers(called);", "\t\t(void)called;", "explore_ipc 0 8"),
    Seed("a raise outlives the queue for the other server", "ipc.c",
         "\tpriority_update_servers(endpoint);\n\treturn status == OK;", "\treturn status == OK;",
         "explore_ipc 1 8"),
    Seed("a raise goes to one that may not receive any more", "endpoint.c",
         "\tif (rights & RIGHT_RECEIVE)\n\t\tdismiss_servers(endpoint, process);\n", "", "explore_ipc 0 8"),
    Seed("a dead thread keeps its message page", "thread.c",
         "\tif (thread->message_page.value)\n\t\tpage_unpin(thread->message_page);\n", "",
         "explore_ipc 0 8"),
    Seed("a run queue's bit stays", "sched.c",
         "\tif (__builtin_expect(list_is_empty(list), true))\n\t\tqueue->ready &= ~(1u << priority);", "",
         "explore_ipc 0 8"),
    Seed("a thread that dies stays current elsewhere", "sched.c",
         "\ttake_off(thread);\n}", "\t(void)take_off;\n}", "explore_ipc 0 8"),
    Seed("a thread that is made ready is told to nobody", "sched.c",
         "\t\tcpu_pend_on(cpu, PENDING_SCHEDULE);\n\telse if",
         "\t\tcpu_pend(PENDING_SCHEDULE);\n\telse if", "explore_ipc 0 8"),
    Seed("a receiver can be called before it has left its CPU", "ipc_fast.c",
         "\tsched_switch_direct(cpu, thread, caller);\n\tendpoint_add_receiver(endpoint, thread);",
         "\tendpoint_add_receiver(endpoint, thread);\n\tsched_switch_direct(cpu, thread, caller);",
         "explore_race 0 0 420"),
    Seed("an unpark that finds no wait is lost", "thread.c",
         "\telse\n\t\tthread->is_unparked = true;", "", "explore_waits 4"),
    Seed("a latched unpark stays", "thread.c",
         "\t\tthread->is_unparked = false;\n", "", "explore_waits 4"),
    Seed("a kick leaves a settled wait alone", "word.c",
         "thread->is_interruptible = is_interruptible;", "", "explore_waits 4"),
    Seed("a kick before a settled wait is forgotten", "word.c",
         "|| !mask || thread->arch.kicked & LATCHED_KICK)", "|| !mask)", "explore_waits 4"),
    Seed("an interrupted wait goes on in its guest", "word.c",
         "\tif (status != OK) {\n\t\tthread->arch.kicked", "\tif (status > OK) {\n\t\tthread->arch.kicked",
         "explore_waits 4"),
    Seed("a wake takes who waits at another word", "word.c",
         "return a.id == b.id && a.offset == b.offset;", "return a.id == b.id;", "explore_waits 5"),
    Seed("who is moved to another word is found at the old one", "word.c",
         "queue(thread, order->to);", "queue(thread, order->from);", "explore_waits 5"),
    Seed("a wake looks at no mask", "word.c",
         "thread->wait_mask & order->mask", "thread->wait_mask", "explore_waits 5"),
    Seed("a direct switch to a server lends nothing", "ipc_fast.c",
         "\tif (receiver->priority < thread->priority)\n\t\treceiver->priority = thread->priority;\n", "",
         "explore_race 0 0 2000"),
    Seed("a lent priority is kept by the common answer", "ipc_fast.c",
         "\tthread->priority = thread->base_priority;\n", "", "explore_race 0 0 2000"),
    Seed("another's reply object is answered from", "ipc_fast.c",
         "reply->receiver == thread && ", "", "explore_race 2 0 2000"),
    Seed("a receiver is taken without the endpoint's lock", "ipc_fast.c",
         "\tif (!spin_try(&endpoint->lock))\n\t\treturn false;\n", "", "explore_race 0 0 420"),
    Seed("the exclusive lock does not wait for who shares it", "kernel_lock.c",
         "\twhile (kernel_mode_of(other) == KERNEL_SHARED)\n\t\tspin_once(cpu);",
         "\t(void)cpu, (void)other;", "explore_race 0 0 420"),
]

MODEL_CHECKS = ["-DCALLS=2 -DKILLS=0 -DTIME_OUTS=false", "-DCALLS=1 -DKILLS=1"]
MODEL_SOAK = MODEL_CHECKS + ["-DCALLS=2 -DKILLS=1", "-DCALLS=1 -DKILLS=2"]
MODEL_SEEDS = ("SEED_EARLY_RECEIVE", "SEED_REPLY_OUTLIVES", "SEED_NO_DRAIN")
MODEL_SEEDED = "-DCALLS=1 -DKILLS=1"


class Results:
    def __init__(self):
        self.passed = self.failed = 0

    def note(self, is_good, text):
        self.passed += bool(is_good)
        self.failed += not is_good
        print(text if is_good else f"FAILED: {text}", flush=True)


def run(command, cwd=ROOT):
    """Exit status and output; a signal counts as a status below 0."""
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace")
    return done.returncode, done.stdout


def seconds_of_children():
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime


def run_check(check, folder, results):
    program, *arguments = check.command()
    start = seconds_of_children()
    status, output = run([os.path.join(folder, program)] + arguments)
    spent = seconds_of_children() - start
    if status == 0:
        results.note(True, f"{output.splitlines()[0]} ({spent:.1f} s)")
    else:
        results.note(False, f"{' '.join(check.command())}: status {status}\n{output}")


def build_seed(seed, build, folder):
    """The explorer with that fault; None and why when it cannot be made."""
    program = seed.arguments.split()[0]
    with open(os.path.join(ROOT, MODULE, "src", seed.source), encoding="utf-8") as file:
        text = file.read()
    if text.count(seed.old) != 1:
        return None, f"its text is in {seed.source} {text.count(seed.old)} times"
    copy, seeded = os.path.join(folder, "seeded.c"), os.path.join(folder, "seeded")
    with open(copy, "w", encoding="utf-8") as file:
        file.write(text.replace(seed.old, seed.new))
    with open(os.path.join(build, "obj/explore.flags"), encoding="utf-8") as file:
        compiler = file.read().split()
    with open(os.path.join(build, "explore", program + ".objects"), encoding="utf-8") as file:
        objects = file.read().split()
    original = os.path.join(os.path.relpath(build, ROOT), "obj/explore/microkernel/src",
                            seed.source[:-2] + ".o")
    if original not in objects:
        return None, f"{original} is not a part of {program}"
    status, output = run(compiler + ["-w"] + INCLUDES + [f"-I{build}/gen", "-c", copy, "-o",
                                                         copy[:-2] + ".o"])
    if status == 0:
        linked = [copy[:-2] + ".o" if name == original else name for name in objects]
        status, output = run([compiler[0], "-no-pie", "-Wl,-z,relro,-z,now", "-o", seeded] + linked)
    return (seeded, "") if status == 0 else (None, output)


def run_seed(seed, build, folder, results):
    program, why = build_seed(seed, build, folder)
    if not program:
        results.note(False, f"seeded fault: {seed.name}: cannot be made: {why}")
        return
    _, output = run([program] + seed.arguments.split()[1:])
    found = re.search(r"VIOLATION: (.*)\ntrace \((\d+) steps\)", output)
    if found:
        results.note(True, f"seeded fault: {seed.name}: found in {found.group(2)} steps: {found.group(1)}")
    else:
        results.note(False, f"seeded fault: {seed.name}: not found by {seed.arguments}\n{output}")


def run_model(definitions, folder):
    """Errors (None: it could not be run), and the output."""
    commands = [["spin"] + definitions.split() + ["-a", os.path.join(ROOT, MODEL)],
                ["gcc", "-w", "-O1", "-DSAFETY", "-DCOLLAPSE", "-o", "pan", "pan.c"],
                ["./pan", "-m1000000"]]
    for command in commands:
        status, output = run(command, folder)
        if status != 0:
            return None, output
    if "Search not completed" in output and "errors: 0" in output:
        return None, output
    found = re.search(r"errors: (\d+)", output)
    return int(found.group(1)) if found else None, output


def check_model(folder, results):
    for definitions in MODEL_SOAK if SOAK else MODEL_CHECKS:
        start = seconds_of_children()
        errors, output = run_model(definitions, folder)
        spent = seconds_of_children() - start
        states = re.search(r"(\d+) states, stored", output)
        depth = re.search(r"depth reached (\d+)", output)
        if errors == 0 and "max search depth too small" not in output:
            results.note(True, f"Spin model {definitions}: {states.group(1)} states, depth "
                               f"{depth.group(1)}, errors: 0 ({spent:.1f} s)")
        else:
            trail = run(["spin"] + definitions.split() + ["-t", "-p", os.path.join(ROOT, MODEL)], folder)[1]
            results.note(False, f"Spin model {definitions}\n{output}\n{trail}")
    for seed in MODEL_SEEDS:
        errors, output = run_model(f"-D{seed} {MODEL_SEEDED}", folder)
        what = re.search(r"pan:1: (.*)", output)
        results.note(errors and what, f"Spin model with {seed}: "
                     f"{what.group(1) if what else output}")


def main():
    build = os.path.join(ROOT, sys.argv[1])
    folder = os.path.join(build, "explore")
    scratch = os.path.join(build, "explore", "seeds")
    os.makedirs(scratch, exist_ok=True)
    results = Results()
    for check in CHECKS:
        run_check(check, folder, results)
    for seed in SEEDS:
        run_seed(seed, build, scratch, results)
    check_model(scratch, results)
    spent = seconds_of_children()
    print(f"{spent:.0f} s of one CPU")
    print(f"{results.passed} passed, {results.failed} failed")
    return 1 if results.failed else 0


if __name__ == "__main__":
    sys.exit(main())
