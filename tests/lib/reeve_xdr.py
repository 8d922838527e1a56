# SPDX-License-Identifier: LGPL-2.1-or-later
"""Arguments and replies of any call, packed and unpacked as the .x files say: a call that gets its row
and its types is understood here without a further line."""
import functools
import os
import re
import struct

import libvirt

from reeve_test import SOURCE, Failed
from reeve_wire import Reader, hyper, opaque, word

NUMBERS = {  # type in the .x files -> (bytes on the wire, signed)
    'int': (4, True), 'unsigned int': (4, False), 'char': (4, True), 'unsigned char': (4, False),
    'unsigned short': (4, False), 'int64_t': (8, True), 'uint64_t': (8, False),
}
DECLARATION = re.compile(r'^(?P<type>(?:unsigned )?\w+)\s*(?P<star>\*)?\s*(?P<name>\w+)'
                         r'(?:(?P<open>[<\[])(?P<bound>\w*)[>\]])?$')


class Member:
    def __init__(self, text, constants):
        found = DECLARATION.match(text.strip())
        if not found:
            raise Failed(f'cannot read the declaration "{text}"')
        self.name, self.type = found['name'], found['type']
        self.optional, self.fixed = bool(found['star']), found['open'] == '['
        self.many = found['open'] == '<' and self.type not in ('string', 'opaque')
        self.bound = number_of(found['bound'], constants) if found['bound'] else None


def number_of(text, constants):
    if text in constants:
        return constants[text]
    return getattr(libvirt, text) if text.startswith('VIR_TYPED') else 16 if text == 'VIR_UUID_BUFLEN' else int(text, 0)


class Types:
    """All types of the protocols that clients speak."""

    def __init__(self):
        self.constants, self.structs, self.aliases, self.unions, self.enums = {}, {}, {}, {}, set()
        for name in ('remote.x', 'qemu.x', 'reeve.x'):
            with open(os.path.join(SOURCE, 'rpc', 'tables', name), encoding='utf-8') as text:
                self.read(re.sub(r'/\*.*?\*/|^%.*?$', '', text.read(), flags=re.S | re.M))

    def members(self, body):
        return [Member(line, self.constants) for line in body.split(';') if line.strip()]

    def read(self, text):
        for name, value in re.findall(r'const (\w+) = (\w+);', text):
            self.constants[name] = int(value, 0)
        self.enums.update(re.findall(r'^enum (\w+)', text, re.M))
        for declaration in re.findall(r'^typedef ([^;]+);', text, re.M):
            member = Member(declaration, self.constants)
            self.aliases[member.name] = member
        for name, body in re.findall(r'^struct (\w+) \{(.*?)^\};', text, re.M | re.S):
            self.structs[name] = self.members(body)
        for name, body in re.findall(r'^union (\w+) switch \(int \w+\) \{(.*?)^\};', text, re.M | re.S):
            self.unions[name] = {number_of(case, self.constants): Member(line, self.constants)
                                 for case, line in re.findall(r'case (\w+):\s*([^;]+);', body)}

    def pack(self, kind, values):
        """The bytes of a struct; what @values does not name is empty or 0."""
        if kind == 'NOTHING':
            return b''
        return b''.join(self.pack_member(member, values.get(member.name)) for member in self.structs[kind])

    def pack_member(self, member, value):
        if member.many:
            items = value or []
            return word(len(items)) + b''.join(self.pack_plain(member, item) for item in items)
        if member.optional:
            return word(0) if value is None else word(1) + self.pack_plain(member, value)
        if member.fixed and member.type != 'opaque':
            return b''.join(self.pack_plain(member, item) for item in value or [0] * member.bound)
        return self.pack_plain(member, value)

    def pack_plain(self, member, value):
        kind = member.type
        if kind in self.aliases:
            return self.pack_member(self.aliases[kind], value)
        if kind in ('string', 'opaque'):
            data = (value or '').encode() if kind == 'string' and not isinstance(value, bytes) else value or b''
            return data.ljust(member.bound, b'\0') if member.fixed else opaque(data)
        if kind in NUMBERS or kind in self.enums:
            return (hyper if NUMBERS.get(kind, (4,))[0] == 8 else word)(value or 0)
        if kind == 'double':
            return struct.pack('>d', value or 0)
        if kind in self.unions:
            tag, inner = value or (min(self.unions[kind]), None)
            return word(tag) + self.pack_member(self.unions[kind][tag], inner)
        return self.pack(kind, value or {})

    def unpack(self, kind, data):
        """The struct as a dictionary; all of @data must have been needed."""
        reader = Reader(data)
        found = {} if kind == 'NOTHING' else self.unpack_struct(kind, reader)
        if reader.at != len(data):
            raise Failed(f'{kind}: {len(data) - reader.at} bytes more than its type has')
        return found

    def unpack_struct(self, kind, reader):
        return {member.name: self.unpack_member(member, reader) for member in self.structs[kind]}

    def unpack_member(self, member, reader):
        if member.many:
            return [self.unpack_plain(member, reader) for _ in range(self.length(member, reader))]
        if member.optional:
            return self.unpack_plain(member, reader) if reader.word() else None
        if member.fixed and member.type != 'opaque':
            return [self.unpack_plain(member, reader) for _ in range(member.bound)]
        return self.unpack_plain(member, reader)

    @staticmethod
    def length(member, reader):
        length = reader.word()
        if length < 0 or (member.bound and length > member.bound):
            raise Failed(f'{member.name}: {length} is more than its bound {member.bound}')
        return length

    def unpack_plain(self, member, reader):
        kind = member.type
        if kind in self.aliases:
            return self.unpack_member(self.aliases[kind], reader)
        if kind in ('string', 'opaque'):
            length = member.bound if member.fixed else self.length(member, reader)
            data = reader.take(length)
            reader.take(-length % 4)
            return data.decode() if kind == 'string' else data
        if kind in NUMBERS or kind in self.enums:
            size, signed = NUMBERS.get(kind, (4, True))
            return int.from_bytes(reader.take(size), 'big', signed=signed)
        if kind == 'double':
            return struct.unpack('>d', reader.take(8))[0]
        if kind in self.unions:
            tag = reader.word()
            return tag, self.unpack_member(self.unions[kind][tag], reader)
        return self.unpack_struct(kind, reader)


@functools.cache
def types():
    return Types()
