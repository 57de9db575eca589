"""Writes the ABI summaries (one line per operation or row) and the reference pages in Markdown."""

from ipcgen.tables import spelled


def abi_interface(of):
    lines = [f'interface {of.name} 0x{of.number:x} v{of.version}']
    for s in of.structs.values():
        lines.append(f'struct {s.name} {s.size}: {", ".join(m.spelled() for m in s.members)}')
    for op in sorted(of.operations, key=lambda o: o.number):
        errors = f' : {" ".join(op.errors)}' if op.errors else ''
        lines.append(f'op {op.number} {op.name}({", ".join(f.spelled() for f in op.fields)}){errors}')
    return '\n'.join(lines) + '\n'


def abi_table(kind, rows):
    if kind == 'syscalls':
        lines = [f'{r.number} {spelled(r)}{" blocks" if r.is_blocking else ""}' for r in rows]
    else:
        lines = [f'{r.number} {r.name} {"|".join(r.rights)}'.rstrip() for r in rows]
    return '\n'.join(lines) + '\n'


def doc_interface(of):
    lines = [f'# Interface {of.name}', '', f'Number 0x{of.number:x}, version {of.version}. Made from `{of.path}`;',
             'see [interfaces](../interfaces.md) for how a message travels.', '', *of.doc, *['' for _ in of.doc[:1]]]
    for s in of.structs.values():
        lines += [f'## struct {s.name}', '', *s.doc, *['' for _ in s.doc[:1]], '| member | type | meaning |', '|---|---|---|']
        lines += [f'| {m.name} | {m.type}{f"[{m.bound}]" if m.bound else ""} | {m.doc} |' for m in s.members]
        lines.append('')
    for op in of.operations:
        lines += [f'## {op.name} (op {op.number})', '', *op.doc, *['' for _ in op.doc[:1]]]
        if op.fields:
            lines += ['| | field | type |', '|---|---|---|']
            lines += [f'| {f.way} | {f.name} | {f.spelled().split(" ", 1)[1].rsplit(" ", 1)[0]} |' for f in op.fields]
            lines.append('')
        if op.errors:
            lines += [f'Errors: {", ".join(op.errors)}.', '']
    return '\n'.join(lines).rstrip() + '\n'


HEADS = {'syscalls': ('System calls', 'Number in rax; arguments in rdi rsi rdx r10 r8 r9; status in rax, result in rdx; '
                      'rcx and r11 are lost.\nThe right an argument handle needs stands in braces.'),
         'errors': ('Errors', 'Every system call and every service answers one of these.'),
         'rights': ('Rights', 'What a handle lets its holder do. Rights only shrink when a handle is derived.'),
         'objects': ('Object types', 'What handles name, and the rights a first handle has.')}


def doc_table(kind, rows):
    title, text = HEADS[kind]
    lines = [f'# {title}', '', text, f'Made from `modules/microkernel/interface/microkernel/{kind}.tbl`.', '']
    if kind == 'syscalls':
        lines += ['| number | call | blocks | what it does |', '|---|---|---|---|']
        lines += [f'| {r.number} | `{spelled(r)}` | {"yes" if r.is_blocking else ""} | {r.doc} |' for r in rows]
    else:
        lines += ['| number | name | rights | meaning |', '|---|---|---|---|']
        lines += [f'| {r.number} | {r.name} | {" ".join(r.rights)} | {r.doc} |' for r in rows]
    return '\n'.join(lines) + '\n'
