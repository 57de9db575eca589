"""Reads the kernel's .tbl files and writes their headers: system calls, errors, rights, object types."""

import collections
import pathlib
import re

from ipcgen.c_header import wrap
from ipcgen.interface import Refused, table_names

KINDS = ('syscalls', 'kernel-syscalls', 'errors', 'rights', 'objects')
ROWS = {'errors': r'(-?\d+)\s+(OK|E_[A-Z]+)()\s+(.*)', 'rights': r'(\d+)\s+([A-Z]+)()\s+(.*)',
        'objects': r'(\d+)\s+([a-z]+)\s+([A-Z|]+)\s+(.*)'}
CALL = r'(\d+)\s+([a-z]\w*)\s+(blocks|-)\s+\((.*?)\)\s*(?:->\s*(handle|u64))?\s+(.*)'
ARGUMENT = r'(handle|u64|u32|ptr|out) ([a-z]\w*)(?:\{([A-Z]+)\})?'
C_TYPES = {'handle': 'handle_t', 'u64': 'uint64_t', 'u32': 'uint32_t', 'ptr': 'const void *', 'out': 'void *'}
# Their registers differ (abi.h): libanon has them by hand.
BY_HAND = ('ipc_call', 'ipc_receive', 'ipc_reply', 'ipc_reply_receive', 'enter')


Row = collections.namedtuple('Row', 'number name rights doc')
Argument = collections.namedtuple('Argument', 'type name right')
Call = collections.namedtuple('Call', 'number name is_blocking arguments result doc')


def spelled(call):
    arguments = (f'{a.type} {a.name}' + (f'{{{a.right}}}' if a.right else '') for a in call.arguments)
    return f'{call.name}({", ".join(arguments)})' + (f' -> {call.result}' if call.result else '')


def call_row(text, refuse):
    match = re.fullmatch(CALL, text)
    if not match:
        refuse('expected: NUMBER NAME blocks|- (ARGUMENTS) [-> handle|u64] SENTENCE')
    arguments = []
    for part in filter(None, match[4].split(', ')):
        found = re.fullmatch(ARGUMENT, part) or refuse(f'no argument: "{part}"')
        if found[3] and (found[1] != 'handle' or found[3] not in table_names('rights')):
            refuse(f'no such right: {found[3]}')
        arguments.append(Argument(found[1], found[2], found[3] or ''))
    if len(arguments) > 6:
        refuse('more than six arguments')
    return Call(int(match[1]), match[2], match[3] == 'blocks', arguments, match[5] or '', match[6])


def plain_row(kind, text, refuse):
    match = re.fullmatch(ROWS[kind], text) or refuse(f'not a row of {kind}')
    rights = match[3].split('|') if match[3] else []
    if set(rights) - table_names('rights'):
        refuse(f'no such right in {match[3]}')
    return Row(int(match[1]), match[2], rights, match[4])


def parse(kind, path):
    rows = []
    for number, text in enumerate(pathlib.Path(path).read_text().splitlines(), 1):
        def refuse(why, number=number):
            raise Refused(f'{path}:{number}: {why}')

        text = text.strip()
        if text == '' or text.startswith('#'):
            continue
        row = call_row(text, refuse) if kind.endswith('syscalls') else plain_row(kind, text, refuse)
        if any(row.number == r.number or row.name == r.name for r in rows):
            refuse('number or name used twice')
        rows.append(row)
    return rows


def defines(rows, prefix, value):
    width = max(len(prefix + r.name) for r in rows) + 1
    return [f'#define {(prefix + r.name.upper()).ljust(width)}{value(r)} /* {r.doc} */' for r in rows]


def names(function, parameter, rows, key, unknown):
    lines = [f'static inline const char *{function}({parameter})', '{', f'\tswitch ({parameter.split()[-1]}) {{']
    lines += [f'\tcase {key(r)}: return "{r.name}";' for r in rows]
    return lines + ['\t}', f'\treturn "{unknown}";', '}']


def errors(rows):
    # The same typedef as in abi.h, so that host tools need no more than this file.
    return ['#include <stdint.h>', '', 'typedef int32_t status_t;', '',
            *defines(rows, '', lambda r: f'({r.number})' if r.number else '0'), '',
            *names('status_name', 'status_t status', rows, lambda r: r.name, 'E_?')]


def rights(rows):
    every = sum(1 << r.number for r in rows)
    return ['#include <stdint.h>', '', *defines(rows, 'RIGHT_', lambda r: f'(1u << {r.number})'),
            f'#define RIGHTS_ALL 0x{every:x}u', '', '/* The name of one right, given as its bit. */',
            *names('right_name', 'uint32_t right', rows, lambda r: f'RIGHT_{r.name}', '?')]


def objects(rows):
    lines = ['#include <microkernel/rights.h>', '', *defines(rows, 'OBJECT_', lambda r: f'{r.number}u'),
             f'#define OBJECT_TYPES {max(r.number for r in rows) + 1}u', '', '/* Rights of a first handle. */']
    for r in rows:
        lines += [f'#define OBJECT_RIGHTS_{r.name.upper()} \\', f'\t({" | ".join(f"RIGHT_{x}" for x in r.rights)})']
    return lines + ['', *names('object_type_name', 'uint32_t type', rows,
                               lambda r: f'OBJECT_{r.name.upper()}', '?')]


def invoke(count):
    """sys_invokeN: the instruction itself, with N arguments."""
    registers = ['rdi', 'rsi', 'rdx', 'r10', 'r8', 'r9'][:count]
    letters = 'abcdef'[:count]
    lines = wrap(f'static inline status_t sys_invoke{count}(',
                 ['uint64_t number', *(f'uint64_t {x}' for x in letters), 'uint64_t *result'], ')') + ['{']
    inputs = [f'"{"DS"[i]}"({letters[i]})' for i in range(min(count, 2))]
    for i in range(3, count):
        lines.append(f'\tregister uint64_t {registers[i]} __asm__("{registers[i]}") = {letters[i]};')
        inputs.append(f'"r"({registers[i]})')
    return lines + ['\tuint64_t status = number;', f'\tuint64_t rdx = {"c" if count > 2 else "0"};',
                    '\t__asm__ volatile("syscall"', '\t\t\t : "+a"(status), "+d"(rdx)',
                    f'\t\t\t : {", ".join(inputs)}'.rstrip(), '\t\t\t : "rcx", "r11", "memory");',
                    '\t*result = rdx;', '\treturn (status_t)status;', '}', '']


def prototype(call):
    params = [f'{C_TYPES[a.type]}{"" if C_TYPES[a.type].endswith("*") else " "}{a.name}' for a in call.arguments]
    if call.result:
        params.append('handle_t *out' if call.result == 'handle' else 'uint64_t *out')
    return params or ['void']


def stub(call):
    values = {'handle': '{}.value', 'ptr': '(uint64_t){}', 'out': '(uint64_t){}', 'u32': '{}', 'u64': '{}'}
    args = [f'SYS_{call.name}', *(values[a.type].format(a.name) for a in call.arguments)]
    lines = [f'/* {call.doc} */', *wrap(f'static inline status_t sys_{call.name}(', prototype(call), ')'), '{',
             '\tuint64_t sys_result;',
             *wrap(f'\tstatus_t sys_status = sys_invoke{len(call.arguments)}(', [*args, '&sys_result'], ');')]
    if call.result:
        value = '(handle_t){(uint32_t)sys_result}' if call.result == 'handle' else 'sys_result'
        lines += ['\tif (sys_status == OK)', f'\t\t*out = {value};']
    return lines + ['\treturn sys_status;', '}', '']


def syscalls(rows):
    made = [r for r in rows if r.name not in BY_HAND]
    lines = ['#include <microkernel/abi.h>', '#include <microkernel/errors.h>', '',
             *(f'#define SYS_{r.name} {r.number}u' for r in rows),
             f'#define SYS_COUNT {max(r.number for r in rows) + 1}u', '', '#if defined(__ANONYMOS__)', '']
    for count in sorted({len(r.arguments) for r in made}):
        lines += invoke(count)
    for row in made:
        lines += stub(row)
    lines += ['#elif !defined(__ANONYMOS_KERNEL__) /* host tests bring their own */', '']
    for row in made:
        lines += wrap(f'status_t sys_{row.name}(', prototype(row), ');')
    return lines + ['', '#endif']


def kernel_syscalls(rows):
    """No guard: included once for each use of the macros, which it undefines."""
    lines = ['/* SYSCALL_ROW(number, name, blocks, arguments, has result)',
             ' * SYSCALL_ARG(number, name, index, kind, argument, right): kind HANDLE U64 U32 PTR OUT; right or 0 */',
             '#ifdef SYSCALL_ROW']
    for r in rows:
        lines.append(f'SYSCALL_ROW({r.number}, {r.name}, {int(r.is_blocking)}, {len(r.arguments)}, {int(bool(r.result))})')
    lines += ['#undef SYSCALL_ROW', '#endif', '#ifdef SYSCALL_ARG']
    for r in rows:
        for i, a in enumerate(r.arguments):
            right = f'RIGHT_{a.right}' if a.right else '0'
            lines.append(f'SYSCALL_ARG({r.number}, {r.name}, {i}, {a.type.upper()}, {a.name}, {right})')
    return lines + ['#undef SYSCALL_ARG', '#endif']


def header(kind, path):
    rows = parse(kind, path)
    body = {'syscalls': syscalls, 'kernel-syscalls': kernel_syscalls, 'errors': errors, 'rights': rights,
            'objects': objects}[kind](rows)
    guard = [] if kind == 'kernel-syscalls' else ['#pragma once']
    return '\n'.join([f'/* Made from {path} by tools/ipcgen.py. */', *guard, *body]) + '\n'
