#!/usr/bin/env python3
"""Adds a kernel object type that builds at once: its file, header, in-kernel test, table row and page.

usage: new_object.py NAME        (one noun, in small letters)
"""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KERNEL = os.path.join(ROOT, "modules", "microkernel")
TABLE = os.path.join(KERNEL, "interface", "microkernel", "objects.tbl")
FILES = {
    "modules/microkernel/src/{name}.h": """/*
 * {Title}: say what it is for.
 */
#pragma once
#include "kobject.h"

struct {name} {{
	struct kobject obj;
	struct spinlock lock; /* give it a rank of its own in lock_rank.h */
	uint64_t value;       /* [lock] */
}};

/* Null when the domain's limit refuses it. */
struct {name} *{name}_create(struct domain *domain);
""",
    "modules/microkernel/src/{name}.c": """/*
 * {Title}s. Tell the object's life here, from create to destroy, draw its states if it has any, and
 * name the one thing about it that surprises.
 *
 * Locks: [I] fixed at creation  [lock] its own lock
 */
#include "{name}.h"
#include "printk.h"

static void {name}_dump(const struct kobject *object);

static const struct kobject_ops {name}_ops = {{
	.name = "{name}",
	.size = sizeof(struct {name}),
	.dump = {name}_dump,
}};

struct {name} *{name}_create(struct domain *domain)
{{
	return kobject_create(domain, OBJECT_{NAME}, &{name}_ops);
}}

static void {name}_dump(const struct kobject *object)
{{
	const struct {name} *{name} = container_of(object, const struct {name}, obj);

	printk("  value %lx\\n", {name}->value);
}}
""",
    "modules/microkernel/src/{name}_ktest.c": """/*
 * {Title}s in the running kernel.
 * Each case leaves pages and objects as it found them.
 */
#include "{name}.h"
#include "ktest_fixture.h"

KTEST({name}_is_given_back)
{{
	struct fixture f = fixture_create(100);
	struct {name} *{name} = {name}_create(f.domain);

	KCHECK({name} != NULL);
	fixture_publish(&f, &{name}->obj);
	fixture_destroy(&f);
}}
""",
    "docs/kernel/{name}.md": """# {Title}

What it is, who may hold it, what happens when it dies.

## Operations

## Rights

## Limitations
""",
}


def append(path, text):
    with open(path, "a", encoding="utf-8") as f:
        f.write(text)


def add_row(name):
    with open(TABLE, encoding="utf-8") as f:
        numbers = [int(line.split()[0]) for line in f if line[:1].isdigit()]
    append(TABLE, f"{max(numbers) + 1:<3} {name:<10} READ|DERIVE|TRANSFER|REVOKE  Say what it is.\n")
    with open(os.path.splitext(TABLE)[0] + ".abi", "w", encoding="utf-8") as summary:
        subprocess.run([sys.executable, "tools/ipcgen.py", "abi", TABLE], cwd=ROOT, check=True, stdout=summary)


def add_test(name):
    """One more line in the list of in-kernel tests."""
    path = os.path.join(KERNEL, "src", "ktest_list.c")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    last = list(re.finditer(r"^\tX\(\w+\)", text, re.MULTILINE))[-1]
    text = f"{text[:last.end()]} \\\n\tX({name}_is_given_back){text[last.end():]}"
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def main(name):
    if not re.fullmatch(r"[a-z]+", name):
        return "the name must be one word of small letters"
    if os.path.exists(os.path.join(KERNEL, "src", f"{name}.c")):
        return f"there is a {name} already"
    for path, text in FILES.items():
        place = os.path.join(ROOT, path.format(name=name))
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "w", encoding="utf-8") as f:
            f.write(text.format(name=name, NAME=name.upper(), Title=name.capitalize()))
    append(os.path.join(KERNEL, "module.mk"), f"KERNEL += src/{name}.c\nKTEST += src/{name}_ktest.c\n")
    add_row(name)
    add_test(name)
    print(f"modules/microkernel/src/{name}.c: try make ktest; then its rank in lock_rank.h, its calls in syscalls.tbl")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) if len(sys.argv) == 2 else __doc__)
