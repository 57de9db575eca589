#!/usr/bin/env python3
"""Writes the boot archive: a newc cpio whose bytes depend on its contents alone.

Owner 0, time 0, names sorted, inode numbers counted up.  Layout: /init, /native/NAME, /manifest,
/bin/NAME (static Linux programs), /bin/MULTI (programs with many names) and a symbolic link for each of them.
usage: mkarchive.py OUTPUT [--base ARCHIVE] [--manifest F] [--native F]... [--linux F]... [--multi F]...
                    [--file GUEST=HOST]... [--tree FOLDER]
"""
import argparse
import os
import stat
import subprocess

TRAILER = "TRAILER!!!"
HEADER_BYTES = 110
PAGE = 4096


def pad4(data):
    return data + b"\0" * (-len(data) % 4)


def member(inode, name, mode, data, at):
    """One newc member that begins at byte `at`: header, name, contents, each padded to 4 bytes.  The names of
    programs are padded with zeros until their contents begin on a page: then they are run from where they lie."""
    name = name.encode() + b"\0"
    if data[:4] == b"\x7fELF":
        name += b"\0" * (-(at + HEADER_BYTES + len(name)) % PAGE)
    fields = [inode, mode, 0, 0, 2 if stat.S_ISDIR(mode) else 1, 0, len(data), 0, 0, 0, 0, len(name), 0]
    header = b"070701" + b"".join(b"%08X" % f for f in fields)
    return pad4(header + name) + pad4(data)


class Archive:
    """What goes in: guest path without leading slash -> (mode, bytes)."""

    def __init__(self):
        self.members = {}

    def add(self, guest, mode, data):
        guest = guest.strip("/")
        parent = os.path.dirname(guest)
        while parent:
            self.members.setdefault(parent, (stat.S_IFDIR | 0o755, b""))
            parent = os.path.dirname(parent)
        self.members[guest] = (mode, data)

    def add_file(self, guest, host):
        with open(host, "rb") as f:
            data = f.read()
        executable = data[:4] == b"\x7fELF" or data[:2] == b"#!"
        self.add(guest, stat.S_IFREG | (0o755 if executable else 0o644), data)

    def add_tree(self, folder):
        """All that lies below a folder of the host, links as links."""
        for place, folders, names in os.walk(folder):
            for name in folders + names:
                host = os.path.join(place, name)
                guest = os.path.relpath(host, folder)
                if os.path.islink(host):
                    self.add_link(guest, os.readlink(host))
                elif os.path.isfile(host):
                    self.add_file(guest, host)

    def add_link(self, guest, target):
        if guest.strip("/") not in self.members:
            self.add(guest, stat.S_IFLNK | 0o777, target.encode())

    def add_archive(self, path):
        """The members of an archive that we wrote."""
        with open(path, "rb") as f:
            whole = f.read()
        at = 0
        while True:
            fields = [int(whole[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
            mode, size, name_bytes = fields[1], fields[6], fields[11]
            name = whole[at + HEADER_BYTES:at + HEADER_BYTES + name_bytes].split(b"\0")[0].decode()
            data_at = (at + HEADER_BYTES + name_bytes + 3) & ~3
            if name == TRAILER:
                return
            self.members[name] = (mode, whole[data_at:data_at + size])
            at = (data_at + size + 3) & ~3

    def pack(self):
        whole = b""
        for i, (name, (mode, data)) in enumerate(sorted(self.members.items()), 1):
            whole += member(i, name, mode, data, len(whole))
        whole += member(0, TRAILER, 0, b"", len(whole))
        return whole + b"\0" * (-len(whole) % PAGE)  # so that another archive may follow on a page of its own


def names_of(program):
    """The names that busybox or toybox answers to, asked of the binary itself."""
    own = os.path.basename(program)
    asked = [program, "--list"] if own == "busybox" else [program]
    listing = subprocess.run(asked, check=True, stdout=subprocess.PIPE, text=True)
    return [name for name in listing.stdout.split() if name != own]


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("output")
    parser.add_argument("--base", help="an archive whose members come first")
    parser.add_argument("--manifest")
    parser.add_argument("--native", action="append", default=[])
    parser.add_argument("--linux", action="append", default=[])
    parser.add_argument("--multi", action="append", default=[])
    parser.add_argument("--tree")
    parser.add_argument("--file", action="append", default=[], metavar="GUEST=HOST")
    return parser.parse_args()


def main():
    options = parse()
    archive = Archive()
    if options.base:
        archive.add_archive(options.base)
    for program in options.native:
        name = os.path.basename(program)
        archive.add_file("init" if name == "init" else f"native/{name}", program)
    for program in options.linux:
        archive.add_file(f"bin/{os.path.basename(program)}", program)
    if options.manifest:
        archive.add_file("manifest", options.manifest)
    for pair in options.file:
        guest, host = pair.split("=", 1)
        archive.add_file(guest, host)
    if options.tree:
        archive.add_tree(options.tree)
    for program in options.multi:
        own = os.path.basename(program)
        archive.add_file(f"bin/{own}", program)
        for name in names_of(program):
            archive.add_link(f"bin/{name}", own)
    with open(options.output, "wb") as f:
        f.write(archive.pack())


if __name__ == "__main__":
    main()
