"""Reads .ipc files: the grammar, and the checks that make a wrong interface fail the build."""

import dataclasses
import pathlib
import re

SCALARS = {'u8': 1, 'u16': 2, 'u32': 4, 'u64': 8, 'i64': 8}
TABLES = pathlib.Path(__file__).resolve().parents[2] / 'modules/microkernel/interface/microkernel'
BYTES_MAX = 4096
HANDLES_MAX = 4
# Names that the generated functions use for themselves.
RESERVED = set('ops context badge message page reader writer status endpoint deadline int char long short '
               'auto const default for if else switch case static struct union enum void return do '
               'while break continue goto signed unsigned register volatile inline'.split())


class Refused(Exception):
    """The input breaks a rule; the text says where and which."""


@dataclasses.dataclass
class Field:
    way: str          # 'in' or 'out'; '' for a member of a structure
    kind: str         # 'scalar', 'struct', 'str', 'bytes', 'cap', 'opt_cap'
    type: str         # scalar, structure or object type
    bound: int        # of str and bytes; elements of an array member, 0 if none
    name: str
    doc: str = ''

    def spelled(self):
        types = {'str': f'str<{self.bound}>', 'bytes': f'bytes<{self.bound}>',
                 'cap': f'cap {self.type}', 'opt_cap': f'opt_cap {self.type}'}
        array = f'[{self.bound}]' if self.way == '' and self.bound else ''
        return f'{self.way} {types.get(self.kind, self.type)} {self.name}{array}'.strip()

    @property
    def is_cap(self):
        return self.kind in ('cap', 'opt_cap')

    @property
    def base(self):
        return 'cap' if self.is_cap else self.kind

    @property
    def call(self):
        """How <libanon/wire.h> calls it."""
        return {'str': 'text'}.get(self.kind, self.kind)

    @property
    def is_variable(self):
        return self.kind in ('str', 'bytes')


@dataclasses.dataclass
class Struct:
    name: str
    doc: list
    members: list

    @property
    def size(self):
        return sum(SCALARS[m.type] * (m.bound or 1) for m in self.members)


@dataclasses.dataclass
class Operation:
    number: int
    name: str
    fields: list
    errors: list
    doc: list

    def way(self, way):
        return [f for f in self.fields if f.way == way]


@dataclasses.dataclass
class Interface:
    path: str
    name: str = ''
    number: int = 0
    version: int = 0
    doc: list = dataclasses.field(default_factory=list)
    structs: dict = dataclasses.field(default_factory=dict)
    operations: list = dataclasses.field(default_factory=list)


def table_names(kind):
    lines = (TABLES / f'{kind}.tbl').read_text().splitlines()
    return {line.split()[1] for line in lines if line.strip() and not line.startswith('#')}


class Parser:
    """One pass over the lines; comments gather until what they describe comes."""

    def __init__(self, path):
        self.out = Interface(str(path))
        self.line = 0
        self.doc = []
        self.struct = None
        self.errors = table_names('errors')
        self.objects = table_names('objects') | {'any'}

    def refuse(self, why):
        raise Refused(f'{self.out.path}:{self.line}: {why}')

    def check(self, holds, why):
        if not holds:
            self.refuse(why)

    def parse(self):
        pending = ''
        for self.line, text in enumerate(pathlib.Path(self.out.path).read_text().splitlines(), 1):
            text = f'{pending} {text.strip()}' if pending else text.strip()
            pending = text if text.count('(') > text.count(')') and text[0] != '#' else ''
            if not pending:
                self.statement(text)
        self.check(not pending and self.struct is None, 'the file ends inside a statement')
        self.check(self.out.name and self.out.operations, 'no interface or no operation')
        return self.out

    def statement(self, text):
        if text == '':
            self.doc = []
        elif text.startswith('#'):
            self.doc.append(text[1:].strip())
        else:
            self.definition(text)
            self.doc = []

    def definition(self, text):
        word = text.split()[0]
        if self.struct is not None:
            self.end_struct() if text == 'end' else self.member(text)
        elif word == 'interface':
            self.head(text)
        elif word == 'struct':
            self.check(re.fullmatch(r'struct [a-z]\w*', text), 'expected: struct NAME')
            self.struct = Struct(text.split()[1], self.doc, [])
        elif word == 'op':
            self.operation(text)
        else:
            self.refuse(f'unknown statement "{word}"')

    def head(self, text):
        match = re.fullmatch(r'interface ([a-z]\w*) (0x[0-9a-f]+) v(\d+)', text)
        self.check(match and not self.out.name, 'expected, once: interface NAME 0xNUMBER vVERSION')
        self.out.name, self.out.number = match[1], int(match[2], 16)
        self.out.version, self.out.doc = int(match[3]), self.doc
        self.check(0 < self.out.number < 0xffff, 'interface number out of range')

    def member(self, text):
        match = re.fullmatch(r'(\w+) ([a-z]\w*)(?:\[(\d+)\])?\s*(?:#\s*(.*))?', text)
        self.check(match and match[1] in SCALARS, 'expected: TYPE NAME or TYPE NAME[COUNT]')
        name, size = match[2], SCALARS[match[1]]
        self.check(all(m.name != name for m in self.struct.members), f'{name} is there already')
        self.check(self.struct.size % size == 0, f'{name} would be padded: reorder or add a member')
        self.struct.members.append(Field('', 'scalar', match[1], int(match[3] or 0), name, match[4] or ''))

    def end_struct(self):
        struct, self.struct = self.struct, None
        self.check(struct.members and struct.name not in self.out.structs, 'empty or second structure')
        widest = max(SCALARS[m.type] for m in struct.members)
        self.check(struct.size % widest == 0, f'struct {struct.name} would be padded at its end')
        self.check(struct.size <= BYTES_MAX, f'struct {struct.name} exceeds a message')
        self.out.structs[struct.name] = struct

    def operation(self, text):
        match = re.fullmatch(r'op (\d+) ([a-z]\w*)\((.*)\)\s*(?::\s*(.*))?', text)
        self.check(match and self.out.name, 'expected: op NUMBER NAME(FIELDS) [: ERRORS]')
        fields = [self.field(f.strip()) for f in match[3].split(',')] if match[3].strip() else []
        op = Operation(int(match[1]), match[2], fields, (match[4] or '').split(), self.doc)
        self.check(0 < op.number <= 0xffff, 'operation number out of range')
        for other in self.out.operations:
            self.check(op.number != other.number and op.name != other.name, 'number or name used twice')
        for error in op.errors:
            self.check(error in self.errors, f'{error} is not in errors.tbl')
        names = [f.name for f in fields]
        self.check(len(set(names)) == len(names), 'two fields have one name')
        self.check(not RESERVED & set(names), f'{RESERVED & set(names)} cannot name a field')
        for way in ('in', 'out'):
            self.check_size(op, way)
        self.out.operations.append(op)

    def field(self, text):
        match = re.fullmatch(r'(in|out) (?:(cap|opt_cap) )?(\w+)(?:<(\d+)>)? ([a-z]\w*)', text)
        self.check(match, f'expected: in|out TYPE NAME, not "{text}"')
        way, cap, type_name, bound, name = match.groups()
        kind = cap or ('scalar' if type_name in SCALARS else type_name)
        if cap:
            self.check(type_name in self.objects, f'{type_name} is not in objects.tbl')
        elif type_name in self.out.structs:
            kind = 'struct'
        self.check(kind in ('cap', 'opt_cap', 'scalar', 'struct', 'str', 'bytes'), f'no type {type_name}')
        self.check((bound is not None) == (kind in ('str', 'bytes')), f'{name}: str and bytes have a bound')
        return Field(way, kind, type_name, int(bound or 0), name)

    def check_size(self, op, way):
        fields = op.way(way)
        self.check(sum(f.is_cap for f in fields) <= HANDLES_MAX, f'{op.name}: too many capabilities {way}')
        at = 0
        for item in layout(fields)[1]:
            size = {'struct': lambda i: self.out.structs[i.type].size,
                    'scalar': lambda i: 8}.get(item.kind, lambda i: 4 + i.bound)(item)
            at = (at + 7) // 8 * 8 + size
        self.check(at <= BYTES_MAX, f'{op.name}: {way} fields need {at} bytes')


def layout(fields):
    """What travels where: ({scalar name: word}, [items of the message page])."""
    has_cap = any(f.is_cap for f in fields)
    word = 1 if any(f.kind == 'opt_cap' for f in fields) else 0
    words, page = {}, []
    for f in fields:
        if f.kind == 'scalar' and word < (6 if has_cap else 8):
            words[f.name] = word
            word += 1
        elif not f.is_cap:
            page.append(f)
    return words, page


def parse(path):
    return Parser(path).parse()
