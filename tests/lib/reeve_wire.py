# SPDX-License-Identifier: LGPL-2.1-or-later
"""The remote protocol by hand, for tests that say what no library would say."""
import os
import re
import select
import socket
import struct
import time

from reeve_test import SLOW, SOURCE, Failed

REMOTE, QEMU, KEEPALIVE, REEVE = 0x20008086, 0x20008087, 0x6b656570, 0x52565600
CALL, REPLY, MESSAGE, STREAM, CALL_FDS, REPLY_FDS, HOLE = range(7)
OK, ERROR, CONTINUE = range(3)


def word(value):
    return struct.pack('>I', value & 0xffffffff)


def hyper(value):
    return struct.pack('>Q', value & 0xffffffffffffffff)


def opaque(data):
    return word(len(data)) + data + b'\0' * (-len(data) % 4)


def string(text):
    return opaque(text.encode() if isinstance(text, str) else text)


def optional(text):
    return word(0) if text is None else word(1) + string(text)


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        got = self.data[self.at:self.at + count]
        if len(got) != count:
            raise Failed(f'the payload ended: {self.data!r}')
        self.at += count
        return got

    def word(self):
        return struct.unpack('>i', self.take(4))[0]

    def hyper(self):
        return struct.unpack('>q', self.take(8))[0]

    def string(self):
        length = self.word()
        text = self.take(length).decode(errors='replace')
        self.take(-length % 4)
        return text

    def optional(self):
        return self.string() if self.word() else None

    def domain(self):
        name = self.string()
        return name, self.take(16), self.word()


def domain(handle):
    name, uuid, number = handle
    return string(name) + uuid + word(number)


class Frame:
    def __init__(self, data):
        (self.program, self.version, self.procedure, self.type, self.serial, self.status) = \
            struct.unpack('>IIiiIi', data[4:28])
        self.payload = data[28:]

    def error(self):
        """(code, domain, message) of an error reply."""
        reader = Reader(self.payload)
        code, origin = reader.word(), reader.word()
        return code, origin, reader.optional()

    def __repr__(self):
        text = f'program {self.program:#x} procedure {self.procedure} type {self.type} status {self.status}'
        if self.status == ERROR:
            return f'<{text} error {self.error()}>'
        return f'<{text} {len(self.payload)} bytes>'


def frame(procedure, payload=b'', serial=0, program=REMOTE, version=1, kind=CALL, status=OK, length=None):
    body = struct.pack('>IIiiIi', program, version, procedure, kind, serial, status) + payload
    return word(len(body) + 4 if length is None else length) + body


class Wire:
    """One connection. Frames that no call asked for are kept in self.events."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.serial, self.buffer, self.events = 0, b'', []

    def close(self):
        self.socket.close()

    def finish(self):
        """Ends the connection and waits for the other side to have closed it, too."""
        self.socket.shutdown(socket.SHUT_WR)
        while self.read() is not None:
            pass
        self.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        self.socket.sendall(data)

    def read(self, seconds=10):
        """The next frame, None at the end of the connection."""
        deadline = time.monotonic() + seconds * SLOW
        while True:
            if len(self.buffer) >= 4:
                length = struct.unpack('>I', self.buffer[:4])[0]
                if len(self.buffer) >= length:
                    data, self.buffer = self.buffer[:length], self.buffer[length:]
                    return Frame(data)
            if not select.select([self.socket], [], [], max(0, deadline - time.monotonic()))[0]:
                raise Failed(f'no frame within {seconds} s')
            try:
                more = self.socket.recv(1 << 20)
            except ConnectionResetError:
                more = b''
            if not more:
                return None
            self.buffer += more

    def call(self, procedure, payload=b'', seconds=10, **header):
        """Sends one call and returns the reply to it."""
        self.serial += 1
        return self.exchange(frame(procedure, payload, self.serial, **header), seconds)

    def exchange(self, data, seconds=10):
        """Sends a call that has self.serial and returns the reply to it."""
        self.send(data)
        while True:
            reply = self.read(seconds)
            if reply is None:
                raise Failed(f'the connection ended at {Frame(data)}')
            if reply.type in (REPLY, REPLY_FDS) and reply.serial == self.serial:
                return reply
            self.events.append(reply)

    def expect(self, procedure, payload=b'', **header):
        """As call(), for one that must work; returns a reader of the reply."""
        reply = self.call(procedure, payload, **header)
        if reply.status != OK:
            raise Failed(f'procedure {procedure} failed: {reply.error()}')
        return Reader(reply.payload)

    def open(self, name='test:///default', read_only=False):
        self.expect(66)
        self.expect(1, word(1) + string(name) + word(1 if read_only else 0))
        return self

    def event(self, procedure, seconds=10):
        for kept in self.events:
            if kept.procedure == procedure:
                self.events.remove(kept)
                return kept
        deadline = time.monotonic() + seconds * SLOW
        while True:
            got = self.read(max(0.01, deadline - time.monotonic()))
            if got is None:
                raise Failed('the connection ended')
            if got.procedure == procedure and got.type == MESSAGE:
                return got
            self.events.append(got)


def permissions():
    """(program, name) -> row of the list of who may what, which is not made from the product's tables."""
    columns = ('program', 'number', 'name', 'read_only', 'needs', 'filter')
    with open(os.path.join(SOURCE, 'tests', 'lib', 'permissions.tsv'), encoding='utf-8') as text:
        rows = [dict(zip(columns, line.rstrip('\n').split('\t'))) for line in text if not line.startswith('#')]
    return {(row['program'], row['name']): row for row in rows}


def calls_by_rule(rule, name='calls.def'):
    """The rows of a call table that the list of permissions has under this rule for read-only connections."""
    program = {'calls.def': 'remote'}.get(name, name.split('_')[0])
    listed = permissions()
    return [row for row in calls_table(name) if row['kind'] != 'EVENT' and listed[program, row['name']]['read_only'] == rule.lower()]


def calls_table(name='calls.def'):
    """The rows of a call table as dictionaries."""
    columns = ('number', 'name', 'args', 'ret', 'names', 'object', 'permissions', 'read_only', 'where', 'kind')
    with open(os.path.join(SOURCE, 'rpc', 'tables', name), encoding='utf-8') as table:
        rows = re.findall(r'^CALL\((.*)\)$', table.read(), re.M)
    return [dict(zip(columns, (cell.strip() for cell in row.split(',')))) for row in rows]
