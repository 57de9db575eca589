"""Writes the C header of an interface: structures, client stubs, server operations, dispatch."""

import itertools

from ipcgen.interface import layout

C_TYPES = {'u8': 'uint8_t', 'u16': 'uint16_t', 'u32': 'uint32_t', 'u64': 'uint64_t', 'i64': 'int64_t'}
COLUMNS = 100
# The C parameters of a field: c is its scalar type, s its structure, n its name.
CLIENT_IN = {'scalar': '{c} {n}', 'struct': 'const {s} *{n}', 'cap': 'handle_t {n}', 'str': 'const char *{n}',
             'bytes': 'const void *{n}, uint32_t {n}_len'}
CLIENT_OUT = {'scalar': '{c} *{n}', 'struct': '{s} *{n}', 'cap': 'handle_t *{n}', 'str': 'char *{n}, uint32_t {n}_size',
              'bytes': 'void *{n}, uint32_t {n}_max, uint32_t *{n}_len'}
GIVEN = CLIENT_IN | {'str': 'struct ipc_text {n}', 'bytes': 'struct ipc_bytes {n}'}
ROOM = CLIENT_OUT | {'str': 'struct ipc_out *{n}', 'bytes': 'struct ipc_out *{n}'}
ROLES = {('client', 'in'): CLIENT_IN, ('client', 'out'): CLIENT_OUT, ('server', 'in'): GIVEN, ('server', 'out'): ROOM,
         ('reply', 'out'): GIVEN}


def comment(lines, indent=''):
    if not lines:
        return []
    if len(lines) == 1 and len(lines[0]) < COLUMNS - 8:
        return [f'{indent}/* {lines[0]} */']
    return [f'{indent}/*', *(f'{indent} * {line}'.rstrip() for line in lines), f'{indent} */']


def wrap(head, items, tail, indent='\t\t'):
    """head(items)tail, broken between items where the column limit asks for it."""
    lines, line = [], head
    for n, item in enumerate(items):
        piece = item + (',' if n < len(items) - 1 else tail)
        width = len(line.expandtabs(8)) + len(piece) + 1
        if width > COLUMNS and line.strip():
            lines.append(line.rstrip())
            line = indent + piece
        else:
            line += ('' if n == 0 else ' ') + piece
    return lines + [line + ('' if items else tail)]


def capabilities(fields):
    """Each capability with its option's number as an argument, '' when it must be there."""
    options = itertools.count()
    return [(f, f'{next(options)}, ' if f.kind == 'opt_cap' else '') for f in fields if f.is_cap]


class Header:
    def __init__(self, interface):
        self.of = interface
        self.name = interface.name
        self.upper = interface.name.upper()
        self.lines = []

    def add(self, *lines):
        self.lines.extend(lines)

    def function(self, result, name, params):
        self.add(*wrap(f'static inline {result} {name}(', params, ')'), '{')

    def parameters(self, role, fields):
        lists = (ROLES[role, f.way][f.base].format(
            c=C_TYPES.get(f.type), s=f'struct {self.name}_{f.type}', n=f.name) for f in fields)
        return [parameter for each in lists for parameter in each.split(', ')]

    # --- encoding and decoding, shared by both sides

    def encode(self, fields, target, is_reply):
        words, page = layout(fields)
        for name, word in words.items():
            self.add(f'\t{target}words[{word}] = (uint64_t){name};')
        for f in page:
            if f.kind == 'scalar':
                self.add(f'\tipc_write_u64(&writer, (uint64_t){f.name});')
            elif f.kind == 'struct':
                self.add(f'\tipc_write_fixed(&writer, {f.name}, sizeof(*{f.name}));')
            elif is_reply:
                self.add(f'\tipc_write_{f.call}(&writer, {f.name}.at, {f.name}.len, {f.bound});')
            else:
                length = f'ipc_text_len({f.name}, {f.bound})' if f.kind == 'str' else f'{f.name}_len'
                self.add(*wrap(f'\tipc_write_{f.call}(', ['&writer', f.name, length, str(f.bound)], ');'))
        for f, option in capabilities(fields):
            self.add(f'\tipc_write_{f.kind}(&writer, {option}{f.name}, {"true" if is_reply else "false"});')

    def decode(self, fields, prefix, variable):
        """Read everything; `variable` writes the line for a variable-length field."""
        words, page = layout(fields)
        options = sum(f.kind == 'opt_cap' for f in fields)
        if options:
            self.add(f'\tipc_read_present(&reader, {(1 << options) - 1});')
        for f in [f for f in fields if f.name in words] + page:
            limit = 'UINT64_MAX' if f.type == 'i64' else f'{f.type.upper()[:1]}INT{f.type[1:]}_MAX'
            if f.name in words:
                self.add(f'\t{prefix}{f.name} = ({C_TYPES[f.type]})ipc_read_word(&reader, {words[f.name]}, {limit});')
            elif f.kind == 'scalar':
                self.add(f'\t{prefix}{f.name} = ({C_TYPES[f.type]})ipc_read_u64(&reader, {limit});')
            elif f.kind == 'struct':
                self.add(f'\tipc_read_fixed(&reader, &{prefix}{f.name}, sizeof({prefix}{f.name}));')
            else:
                self.add(*variable(f))
        for f, option in capabilities(fields):
            self.add(f'\t{prefix}{f.name} = ipc_read_{f.kind}(&reader{option and f", {option[:-2]}"});')

    def local(self, f, prefix):
        kinds = {'scalar': f'{C_TYPES.get(f.type)} {prefix}{f.name} = 0', 'cap': f'handle_t {prefix}{f.name} = HANDLE_NONE',
                 'struct': f'struct {self.name}_{f.type} {prefix}{f.name} = {{0}}'}
        return [f'\t{kinds[f.base]};'] if f.base in kinds else []

    # --- the parts of the header

    def preamble(self):
        self.add('/*', f' * Interface {self.name}, made from {self.of.path} by tools/ipcgen.py.', ' *',
                 *(f' * {line}'.rstrip() for line in self.of.doc), ' */', '#pragma once',
                 '#include <libanon/wire.h>', '',
                 f'#define {self.upper}_INTERFACE 0x{self.of.number:x}u',
                 f'#define {self.upper}_VERSION {self.of.version}u')
        for op in self.of.operations:
            code = self.of.number << 16 | op.number
            self.add(f'#define {self.upper}_OP_{op.name.upper()} 0x{code:x}u')
        for op in self.of.operations:
            for f in op.fields:
                if f.is_variable:
                    self.add(f'#define {self.upper}_{op.name.upper()}_{f.name.upper()}_MAX {f.bound}u')
        self.add('')

    def struct(self, struct):
        name = f'struct {self.name}_{struct.name}'
        self.add(*comment(struct.doc), f'{name} {{')
        for m in struct.members:
            array = f'[{m.bound}]' if m.bound else ''
            note = f' /* {m.doc} */' if m.doc else ''
            self.add(f'\t{C_TYPES[m.type]} {m.name}{array};{note}')
        self.add('};', f'_Static_assert(sizeof({name}) == {struct.size}, "{name} is part of the ABI");', '')

    def client(self, op):
        params = self.parameters('client', op.fields)
        name = f'{self.name}_{op.name}'
        doc = list(op.doc) + ([f'Errors: {" ".join(op.errors)}.'] if op.errors else [])
        self.add(*comment(doc))
        self.function('status_t', f'{name}_until', ['handle_t endpoint', 'uint64_t deadline', *params])
        self.add('\tstruct ipc_message message = {0};', '\tstruct ipc_writer writer;', '\tstatus_t status;',
                 '\tipc_writer_begin(&writer, &message, message_page());')
        self.encode(op.way('in'), 'message.', False)
        self.add(f'\tstatus = ipc_writer_end(&writer, {self.upper}_OP_{op.name.upper()});',
                 '\tif (status == OK)', '\t\tstatus = ipc_exchange(endpoint, &message, deadline);',
                 '\tif (status != OK)', '\t\treturn status;')
        self.client_results(op.way('out'))
        self.add('\treturn OK;', '}', '')
        self.function('status_t', name, ['handle_t endpoint', *params])
        names = [p.split()[-1].lstrip('*') for p in params]
        self.add(*wrap(f'\treturn {name}_until(', ['endpoint', '0', *names], ');'), '}', '')

    def client_results(self, outs):
        for f in outs:
            self.add(*([f'\tuint32_t got_{f.name} = 0;'] * (f.kind == 'bytes') or self.local(f, 'got_')))
        self.add('\tstruct ipc_reader reader;', '\tipc_reader_begin(&reader, &message, message_page());')

        def variable(f):
            if f.kind == 'str':
                return wrap('\t(void)ipc_read_text(', ['&reader', f.name, f'{f.name}_size', str(f.bound)], ');')
            return wrap(f'\tgot_{f.name} = ipc_read_bytes(', ['&reader', f.name, f'{f.name}_max', str(f.bound)], ');')

        self.decode(outs, 'got_', variable)
        self.add('\tstatus = ipc_reader_end(&reader);', '\tif (status != OK) {',
                 '\t\tipc_close_handles(&message);', '\t\treturn status;', '\t}')
        for f in outs:
            target = f.name + ('_len' if f.kind == 'bytes' else '')
            if f.is_cap:
                self.add(f'\t*{target} = got_{f.name};')
            elif f.kind != 'str':
                self.add(f'\tif ({target} != NULL)', f'\t\t*{target} = got_{f.name};')

    def operations(self):
        self.add('/*', f' * What a server of {self.name} offers; an operation left NULL answers E_UNSUPPORTED.',
                 ' * Results count only with OK, which also means that the handler now owns the handles it was given.',
                 ' * Text and bytes given lie in copies that live until the handler returns.', ' */',
                 f'struct {self.name}_ops {{')
        for op in self.of.operations:
            params = self.parameters('server', op.fields)
            self.add(*wrap(f'\tstatus_t (*{op.name})(', ['void *context', 'uint64_t badge', *params], ');', '\t\t\t'))
        self.add('};', '')

    def reply(self, op):
        outs = op.way('out')
        self.add(f'/* Make message the reply to {op.name}; also for handlers that answer later. */')
        self.function('status_t', f'{self.name}_{op.name}_reply', ['struct ipc_message *message', 'void *page', *self.parameters('reply', outs)])
        self.add('\tstruct ipc_writer writer;', '\tipc_writer_begin(&writer, message, page);')
        self.encode(outs, 'message->', True)
        self.add('\treturn ipc_seal_reply(&writer);', '}', '')

    def serve(self, op):
        ins, outs = op.way('in'), op.way('out')
        self.function('status_t', f'{self.name}_serve_{op.name}',
                      [f'const struct {self.name}_ops *ops', 'void *context', 'struct ipc_message *message', 'void *page'])
        self.add('\tstruct ipc_reader reader;', '\tstatus_t status;')
        for f in op.fields:
            self.add(*self.server_local(f))
        self.add('\tif (ops->' + op.name + ' == NULL)', '\t\treturn E_UNSUPPORTED;',
                 '\tipc_reader_begin(&reader, message, page);')

        def variable(f):
            return [f'\t{f.name}.len =', f'\t\tipc_read_{f.call}(&reader, {f.name}_room, sizeof({f.name}_room), {f.bound});']

        self.decode(ins, '', variable)
        self.add('\tstatus = ipc_reader_end(&reader);', '\tif (status != OK)', '\t\treturn status;')
        args = [('&' if f.way == 'out' or f.kind == 'struct' else '') + f.name for f in op.fields]
        self.add(*wrap(f'\tstatus = ops->{op.name}(', ['context', 'message->badge', *args], ');'))
        self.seal(op, outs)

    def server_local(self, f):
        if not f.is_variable:
            return self.local(f, '')
        room = f'\tchar {f.name}_room[{f.bound} + 1];' if f.kind == 'str' else f'\tuint8_t {f.name}_room[{f.bound}];'
        if f.way == 'out':
            return [room, f'\tstruct ipc_out {f.name} = {{.at = {f.name}_room, .max = {f.bound}}};']
        return [room, f'\tstruct ipc_{f.call} {f.name} = {{.at = {f.name}_room}};']

    def seal(self, op, outs):
        """Seal the results, or give up the handles of a handler that failed after all."""
        caps = [f.name for f in outs if f.is_cap]
        self.add('\tif (status != OK)' + ' {' * bool(caps), *(f'\t\tipc_close({c});' for c in caps), '\t\treturn status;',
                 *['\t}'] * bool(caps))
        args = [f'(struct ipc_{f.call}){{{f.name}.at, {f.name}.len}}' if f.is_variable else
                '&' * (f.kind == 'struct') + f.name for f in outs]
        self.add(*wrap(f'\treturn {self.name}_{op.name}_reply(', ['message', 'page', *args], ');'), '}', '')

    def dispatch(self):
        self.add(f'static inline bool {self.name}_owns(const struct ipc_message *message)', '{',
                 f'\treturn ipc_tag_op(message->tag) >> 16 == {self.upper}_INTERFACE;', '}', '',
                 '/*', ' * Answer one request, whose bytes lie in page: OK when message now is the reply to send,',
                 ' * IPC_DEFERRED when the handler will answer by itself. What is malformed meets no handler.', ' */',
                 f'static inline status_t {self.name}_dispatch(const struct {self.name}_ops *ops, void *context,',
                 '\t\t\t\t\t struct ipc_message *message, void *page)', '{', '\tstatus_t status = E_UNSUPPORTED;',
                 '\tswitch (ipc_tag_op(message->tag)) {')
        for op in self.of.operations:
            self.add(f'\tcase {self.upper}_OP_{op.name.upper()}:',
                     f'\t\tstatus = {self.name}_serve_{op.name}(ops, context, message, page);', '\t\tbreak;')
        self.add('\t}', '\treturn ipc_dispatch_end(message, status);', '}')

    def text(self):
        self.preamble()
        for struct in self.of.structs.values():
            self.struct(struct)
        self.add('/* --- client: outputs that are not wanted may be NULL, except capabilities and text --- */', '')
        for op in self.of.operations:
            self.client(op)
        self.add('/* --- server --- */', '')
        self.operations()
        for op in self.of.operations:
            self.reply(op)
            self.serve(op)
        self.dispatch()
        return '\n'.join(self.lines) + '\n'


def header(interface):
    return Header(interface).text()
