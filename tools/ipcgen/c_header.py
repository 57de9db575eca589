"""Writes the C header of an interface: structures, client stubs, server operations, dispatch."""

from ipcgen.interface import layout

C_TYPES = {'u8': 'uint8_t', 'u16': 'uint16_t', 'u32': 'uint32_t', 'u64': 'uint64_t', 'i64': 'int64_t'}
LIMITS = {'u8': 'UINT8_MAX', 'u16': 'UINT16_MAX', 'u32': 'UINT32_MAX', 'u64': 'UINT64_MAX', 'i64': 'UINT64_MAX'}
COLUMNS = 100


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


class Header:
    def __init__(self, interface):
        self.of = interface
        self.name = interface.name
        self.upper = interface.name.upper()
        self.lines = []

    def add(self, *lines):
        self.lines.extend(lines)

    def struct_type(self, field):
        return f'struct {self.name}_{field.type}'

    def function(self, result, name, params):
        self.add(*wrap(f'static inline {result} {name}(', params, ')'), '{')

    # --- parameter lists

    def client_params(self, op):
        params = []
        for f in op.fields:
            params += self.client_in(f) if f.way == 'in' else self.client_out(f)
        return params

    def client_in(self, f):
        if f.kind == 'bytes':
            return [f'const void *{f.name}', f'uint32_t {f.name}_len']
        return [{'scalar': f'{C_TYPES.get(f.type)} {f.name}', 'struct': f'const {self.struct_type(f)} *{f.name}',
                 'str': f'const char *{f.name}'}.get(f.kind, f'handle_t {f.name}')]

    def client_out(self, f):
        if f.kind == 'str':
            return [f'char *{f.name}', f'uint32_t {f.name}_size']
        if f.kind == 'bytes':
            return [f'void *{f.name}', f'uint32_t {f.name}_max', f'uint32_t *{f.name}_len']
        return [{'scalar': f'{C_TYPES.get(f.type)} *{f.name}', 'struct': f'{self.struct_type(f)} *{f.name}'}
                .get(f.kind, f'handle_t *{f.name}')]

    def server_params(self, op):
        kinds = {('in', 'str'): 'struct ipc_text {}', ('in', 'bytes'): 'struct ipc_bytes {}',
                 ('in', 'cap'): 'handle_t {}', ('out', 'str'): 'struct ipc_out *{}',
                 ('out', 'bytes'): 'struct ipc_out *{}', ('out', 'cap'): 'handle_t *{}'}
        params = []
        for f in op.fields:
            plain = self.client_in(f) if f.way == 'in' else self.client_out(f)
            kind = 'cap' if f.is_cap else f.kind
            params.append(kinds.get((f.way, kind), plain[0]).format(f.name))
        return params

    def reply_params(self, op):
        kinds = {'str': 'struct ipc_text {}', 'bytes': 'struct ipc_bytes {}', 'cap': 'handle_t {}'}
        return [kinds.get('cap' if f.is_cap else f.kind, self.client_in(f)[0]).format(f.name)
                for f in op.way('out')]

    # --- encoding and decoding, shared by both sides

    def encode(self, fields, target, is_reply):
        words, page = layout(fields)
        moved = 'true' if is_reply else 'false'
        for name, word in words.items():
            self.add(f'\t{target}words[{word}] = (uint64_t){name};')
        for f in page:
            if f.kind == 'scalar':
                self.add(f'\tipc_write_u64(&writer, (uint64_t){f.name});')
            elif f.kind == 'struct':
                self.add(f'\tipc_write_fixed(&writer, {f.name}, sizeof(*{f.name}));')
            else:
                at, length = (f'{f.name}.at', f'{f.name}.len') if is_reply else (f.name, f'{f.name}_len')
                if f.kind == 'str' and not is_reply:
                    length = f'ipc_text_len({f.name}, {f.bound})'
                call = 'text' if f.kind == 'str' else 'bytes'
                self.add(*wrap(f'\tipc_write_{call}(', ['&writer', at, length, str(f.bound)], ');'))
        bit = 0
        for f in fields:
            if f.kind == 'cap':
                self.add(f'\tipc_write_cap(&writer, {f.name}, {moved});')
            elif f.kind == 'opt_cap':
                self.add(f'\tipc_write_opt_cap(&writer, {bit}, {f.name}, {moved});')
                bit += 1

    def decode(self, fields, prefix, variable):
        """Read everything; `variable` writes the line for a variable-length field."""
        words, page = layout(fields)
        options = sum(f.kind == 'opt_cap' for f in fields)
        if options:
            self.add(f'\tipc_read_present(&reader, {(1 << options) - 1});')
        for f in fields:
            if f.name in words:
                self.assign(prefix + f.name, f, f'ipc_read_word(&reader, {words[f.name]}, {LIMITS[f.type]})')
        for f in page:
            if f.kind == 'scalar':
                self.assign(prefix + f.name, f, f'ipc_read_u64(&reader, {LIMITS[f.type]})')
            elif f.kind == 'struct':
                self.add(f'\tipc_read_fixed(&reader, &{prefix}{f.name}, sizeof({prefix}{f.name}));')
            else:
                self.add(*variable(f))
        bit = 0
        for f in fields:
            if f.kind == 'cap':
                self.add(f'\t{prefix}{f.name} = ipc_read_cap(&reader);')
            elif f.kind == 'opt_cap':
                self.add(f'\t{prefix}{f.name} = ipc_read_opt_cap(&reader, {bit});')
                bit += 1

    def assign(self, target, f, value):
        cast = '' if f.type == 'u64' else f'({C_TYPES[f.type]})'
        self.add(f'\t{target} = {cast}{value};')

    def local(self, f, prefix):
        if f.kind == 'scalar':
            return f'\t{C_TYPES[f.type]} {prefix}{f.name} = 0;'
        if f.kind == 'struct':
            return f'\t{self.struct_type(f)} {prefix}{f.name} = {{0}};'
        return f'\thandle_t {prefix}{f.name} = HANDLE_NONE;'

    # --- the parts of the header

    def preamble(self):
        doc = list(self.of.doc)
        while doc and not doc[-1]:
            doc.pop()
        self.add('/*', f' * Interface {self.name}, made from {self.of.path} by tools/ipcgen.py.', ' *',
                 *(f' * {line}'.rstrip() for line in doc), ' */', '#pragma once',
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
        params = self.client_params(op)
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
        plain = [f for f in outs if not f.is_variable]
        for f in outs:
            self.add(self.local(f, 'got_') if not f.is_variable else f'\tuint32_t got_{f.name} = 0;')
        self.add('\tstruct ipc_reader reader;', '\tipc_reader_begin(&reader, &message, message_page());')

        def variable(f):
            size = f'{f.name}_{"size" if f.kind == "str" else "max"}'
            call = 'text' if f.kind == 'str' else 'bytes'
            return wrap(f'\tgot_{f.name} = ipc_read_{call}(', ['&reader', f.name, size, str(f.bound)], ');')

        self.decode(outs, 'got_', variable)
        self.add('\tstatus = ipc_reader_end(&reader);', '\tif (status != OK) {',
                 '\t\tipc_close_handles(&message);', '\t\treturn status;', '\t}')
        for f in plain:
            if f.is_cap:
                self.add(f'\t*{f.name} = got_{f.name};')
            else:
                self.add(f'\tif ({f.name} != NULL)', f'\t\t*{f.name} = got_{f.name};')
        for f in outs:
            if f.kind == 'bytes':
                self.add(f'\tif ({f.name}_len != NULL)', f'\t\t*{f.name}_len = got_{f.name};')
            elif f.kind == 'str':
                self.add(f'\t(void)got_{f.name};')

    def operations(self):
        self.add('/*', f' * What a server of {self.name} offers; an operation left NULL answers E_UNSUPPORTED.',
                 ' * Results count only with OK, which also means that the handler now owns the handles it was given.',
                 ' * Text and bytes given lie in copies that live until the handler returns.', ' */',
                 f'struct {self.name}_ops {{')
        for op in self.of.operations:
            params = ['void *context', 'uint64_t badge', *self.server_params(op)]
            self.add(*wrap(f'\tstatus_t (*{op.name})(', params, ');', '\t\t\t'))
        self.add('};', '')

    def reply(self, op):
        outs = op.way('out')
        self.add(f'/* Make message the reply to {op.name}; also for handlers that answer later. */')
        self.function('status_t', f'{self.name}_{op.name}_reply', ['struct ipc_message *message', 'void *page', *self.reply_params(op)])
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
            call = 'text' if f.kind == 'str' else 'bytes'
            return [f'\t{f.name}.len =', f'\t\tipc_read_{call}(&reader, {f.name}_room, sizeof({f.name}_room), {f.bound});']

        self.decode(ins, '', variable)
        self.add('\tstatus = ipc_reader_end(&reader);', '\tif (status != OK)', '\t\treturn status;')
        args = ['context', 'message->badge']
        for f in op.fields:
            by_address = f.way == 'out' or f.kind == 'struct'
            args.append(('&' if by_address else '') + f.name)
        self.add(*wrap(f'\tstatus = ops->{op.name}(', args, ');'))
        self.finish(op, outs)

    def server_local(self, f):
        if not f.is_variable:
            return [self.local(f, '')]
        room = f'\tchar {f.name}_room[{f.bound} + 1];' if f.kind == 'str' else f'\tuint8_t {f.name}_room[{f.bound}];'
        if f.way == 'out':
            return [room, f'\tstruct ipc_out {f.name} = {{.at = {f.name}_room, .max = {f.bound}}};']
        kind = 'text' if f.kind == 'str' else 'bytes'
        return [room, f'\tstruct ipc_{kind} {f.name} = {{.at = {f.name}_room}};']

    def finish(self, op, outs):
        """Seal the results, or give up the handles of a handler that failed after all."""
        caps = [f.name for f in outs if f.is_cap]
        if caps:
            self.add('\tif (status != OK) {', *(f'\t\tipc_close({c});' for c in caps), '\t\treturn status;', '\t}')
        else:
            self.add('\tif (status != OK)', '\t\treturn status;')
        args = ['message', 'page']
        for f in outs:
            args.append({'struct': f'&{f.name}', 'str': f'(struct ipc_text){{{f.name}.at, {f.name}.len}}',
                         'bytes': f'(struct ipc_bytes){{{f.name}.at, {f.name}.len}}'}.get(f.kind, f.name))
        self.add(*wrap(f'\treturn {self.name}_{op.name}_reply(', args, ');'), '}', '')

    def dispatch(self):
        self.add(f'static inline bool {self.name}_owns(const struct ipc_message *message)', '{',
                 f'\treturn ipc_tag_op(message->tag) >> 16 == {self.upper}_INTERFACE;', '}', '',
                 '/*', ' * Answer one request, its bytes in page: OK when message now is the reply to send, IPC_DEFERRED when the handler',
                 ' * will answer by itself. Malformed requests are refused before any handler runs.', ' */',
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
