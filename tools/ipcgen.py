#!/usr/bin/env python3
"""Interface generator: C headers, ABI summaries and reference pages from .ipc and .tbl files.

  ipcgen.py c INPUT.ipc OUTPUT.h            client stubs, server operations, dispatch
  ipcgen.py table KIND INPUT.tbl OUTPUT.h   KIND: syscalls kernel-syscalls errors rights objects
  ipcgen.py abi INPUT                       one line per operation or row, to standard output
  ipcgen.py doc INPUT                       a reference page in Markdown, to standard output

The .abi file beside each input is committed; everything else is made by the build.
docs/interfaces.md gives the grammar, <libanon/wire.h> the format on the wire.
"""

import pathlib
import sys

from ipcgen import c_header, interface, pages, tables


def write(path, text):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def summary(path, of_interface, of_table):
    if path.endswith('.ipc'):
        return of_interface(interface.parse(path))
    kind = pathlib.Path(path).stem
    return of_table(kind, tables.parse(kind, path))


def main(args):
    try:
        if len(args) == 3 and args[0] == 'c':
            write(args[2], c_header.header(interface.parse(args[1])))
        elif len(args) == 4 and args[0] == 'table' and args[1] in tables.KINDS:
            write(args[3], tables.header(args[1], args[2]))
        elif len(args) == 2 and args[0] == 'abi':
            sys.stdout.write(summary(args[1], pages.abi_interface, pages.abi_table))
        elif len(args) == 2 and args[0] == 'doc':
            sys.stdout.write(summary(args[1], pages.doc_interface, pages.doc_table))
        else:
            sys.stderr.write(__doc__)
            return 2
    except interface.Refused as refusal:
        sys.stderr.write(f'{refusal}\n')
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
