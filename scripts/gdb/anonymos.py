"""GDB's view of the kernel, loaded by `make debug`.

    anon objects [TYPE]     all kernel objects, or those of one type
    anon object ID          one object, field by field
    anon threads            every thread: process, state, priority, what it waits for
    anon handles ID         the handle table of the process with that object number

Reads memory only and calls nothing in the kernel, so it works after a panic too.
"""
import gdb

MAGIC = 0x6a626f6b
HANDLE_USED = 1
CHUNK = 64


def kernel_type(name):
    return gdb.lookup_type("struct " + name)


def offset_of(structure, member):
    return next(f.bitpos // 8 for f in kernel_type(structure).fields() if f.name == member)


def container(node, structure, member):
    """The structure whose member the pointer node points at."""
    address = int(node) - offset_of(structure, member)
    return gdb.Value(address).cast(kernel_type(structure).pointer())


def list_nodes(head):
    """Pointers to the nodes of a struct list, the head left out."""
    first = int(head.address)
    node = head["next"]
    while int(node) not in (first, 0):
        yield node
        node = node["next"]


def type_name(kobject):
    return kobject["ops"]["name"].string() if int(kobject["ops"]) else "?"


def whole(kobject):
    """The object that a struct kobject * begins, as its own type."""
    name = type_name(kobject)
    try:
        return container(kobject, name, "obj")
    except gdb.error:
        return kobject


def own_objects(domain):
    """All objects a domain pays for, those of nested domains included."""
    for node in list_nodes(domain["objects"]):
        kobject = container(node, "kobject", "domain_link")
        yield kobject
        if type_name(kobject) == "domain":
            yield from own_objects(whole(kobject))


def all_objects():
    root = gdb.parse_and_eval("'domain.c'::root")
    yield root["obj"].address
    yield from own_objects(root)


def find(number):
    for kobject in all_objects():
        if int(kobject["id"]) == number:
            return kobject
    raise gdb.GdbError(f"there is no object {number}")


def label(kobject):
    """thread #12 (shell), or none."""
    if not int(kobject):
        return "none"
    text = f"{type_name(kobject)} #{int(kobject['id'])}"
    name = name_of(kobject)
    return f"{text} ({name})" if name else text


def name_of(kobject):
    kind = type_name(kobject)
    if kind == "process":
        return whole(kobject)["name"].string()
    if kind == "thread":
        return whole(kobject)["process"]["name"].string()
    return ""


class KobjectPrinter:
    """What every object has in common, on one line."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        if int(self.value["magic"]) != MAGIC:
            return f"no object (magic {int(self.value['magic']):#x})"
        dead = " DEAD" if self.value["is_dead"] else ""
        return f"{label(self.value.address)}, {int(self.value['refs'])} references{dead}"


def printers(value):
    kind = value.type.strip_typedefs()
    return KobjectPrinter(value) if kind.tag == "kobject" and value.address else None


class Anon(gdb.Command):
    """Kernel objects; "anon objects", "anon object ID", "anon threads", "anon handles ID"."""

    def __init__(self):
        super().__init__("anon", gdb.COMMAND_DATA, prefix=True)


class Objects(gdb.Command):
    """anon objects [TYPE]: every kernel object, or those of one type."""

    def __init__(self):
        super().__init__("anon objects", gdb.COMMAND_DATA)

    def invoke(self, argument, _from_tty):
        count = 0
        for kobject in all_objects():
            if argument in ("", type_name(kobject)):
                count += 1
                print(f"{int(kobject):#x} {label(kobject):<32} refs {int(kobject['refs'])}"
                      f"{' dead' if kobject['is_dead'] else ''}")
        print(f"{count} objects")


class Object(gdb.Command):
    """anon object ID: one object, field by field."""

    def __init__(self):
        super().__init__("anon object", gdb.COMMAND_DATA)

    def invoke(self, argument, _from_tty):
        kobject = find(int(argument, 0))
        print(label(kobject))
        print(whole(kobject).dereference().format_string(pretty_structs=True))


class Threads(gdb.Command):
    """anon threads: every thread with its state and what it waits for."""

    def __init__(self):
        super().__init__("anon threads", gdb.COMMAND_DATA)

    def invoke(self, _argument, _from_tty):
        for kobject in all_objects():
            if type_name(kobject) == "thread":
                thread = whole(kobject)
                state = str(thread["state"]).replace("THREAD_", "").lower()
                print(f"{label(kobject):<32} {state:<10} priority {int(thread['priority']):>2}  "
                      f"waits for {label(thread['waiting_for'])}")


class Handles(gdb.Command):
    """anon handles ID: the handle table of a process."""

    def __init__(self):
        super().__init__("anon handles", gdb.COMMAND_DATA)

    def invoke(self, argument, _from_tty):
        kobject = find(int(argument, 0))
        if type_name(kobject) != "process":
            raise gdb.GdbError(f"{label(kobject)} is no process")
        table = whole(kobject)["handles"]
        for index in range(int(table["chunk_count"]) * CHUNK):
            entry = table["chunks"][index // CHUNK][index % CHUNK]
            if int(entry["node"]["state"]) == HANDLE_USED:
                print(f"{index:>6}.{int(entry['node']['generation'])} {label(entry['object']):<32} "
                      f"rights {int(entry['node']['rights']):#06x} badge {int(entry['badge']):#x}")


gdb.execute("set pagination off")
gdb.execute("set print pretty on")
gdb.pretty_printers.append(printers)
for command in (Anon, Objects, Object, Threads, Handles):
    command()
