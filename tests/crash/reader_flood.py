#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hundreds of connections of one ordinary user on the read-only socket: messages that are never finished, answers that
are never read, and volumes asked for without end. Another user's call is answered, a guest starts without waiting for
all that was asked before, and memory stays bounded."""
# timeout: 600
import contextlib
import mmap
import os
import select
import signal
import struct
import sys
import time
import traceback

from reeve_bystanders import descriptors, memory_kib
from reeve_calls import Calls, domain, domain_xml, volume
from reeve_test import SLOW, STOCK, Failed, Reeved, case, check, run_cases, skip
from reeve_wire import OK, Wire, frame, string, word

FLOOD, OTHER = 65534, 65533  # users
LONGEST, UNFINISHED, UNREAD, ASKING, PIPELINED = 16, 216, 100, 110, 32
# 16 MiB of unfinished messages and 64 MiB of unread answers of a user (base/limits.h), what is under way, and the heap.
GROWN_KIB = 160 * 1024
BEFORE_A_START = 1500  # answers to others; all that they ask at once is 3520


class Flood:
    """Another process, as another user, that does @what until it is ended; ->count is how often it was answered."""

    def __init__(self, uid, what, *arguments):
        self.shared = mmap.mmap(-1, 8)
        ready = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.setgroups([])
                os.setresgid(uid, uid, uid)
                os.setresuid(uid, uid, uid)
                what(self, ready[1], *arguments)
            except BaseException:
                traceback.print_exc(file=sys.stdout)
                sys.stdout.flush()
            finally:
                os._exit(1)
        os.close(ready[1])
        check(select.select([ready[0]], [], [], 300 * SLOW)[0] and os.read(ready[0], 1) == b'.', 'the flood is there')
        os.close(ready[0])

    @property
    def count(self):
        return struct.unpack('=Q', self.shared[:8])[0]

    def add(self):
        self.shared[:8] = struct.pack('=Q', self.count + 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def opened(path, name='test:///default'):
    """However long that takes, on a busy machine, and among so many."""
    wire = Wire(path)
    for procedure, payload in ((66, b''), (1, word(1) + string(name) + word(1))):
        check(wire.call(procedure, payload, seconds=300).status == OK, 'one gets in')
    return wire


def unfinished(_, ready, path):
    """Most of a long message, on each: as long as the engine takes at all, and as long as readers' may be."""
    held = []
    for number in range(UNFINISHED):
        with contextlib.suppress(OSError):
            wire = opened(path)
            size = 31 << 20 if number < LONGEST else 250 << 10
            data = frame(60, word(0), 7)
            wire.socket.settimeout(1)
            wire.socket.sendall(struct.pack('>I', size) + data[4:])
            with contextlib.suppress(OSError):
                wire.socket.sendall(bytes(size - 4096))
            held.append(wire)
    os.write(ready, b'.')
    signal.pause()


def unread(_, ready, path, calls):
    """Long answers, asked for over and over, of which none is read."""
    asked = b''.join(calls.frame('connect_get_capabilities', {}, serial) for serial in range(2, 202))
    held = [opened(path, 'qemu:///system') for _ in range(UNREAD)]
    for wire in held:
        wire.socket.setblocking(False)
        with contextlib.suppress(OSError):
            wire.socket.sendall(asked)
    with opened(path) as last:  # has its turn when the others had theirs
        for _ in range(50):
            last.call(60, word(14), seconds=300)
    os.write(ready, b'.')
    signal.pause()


def asking(flood, ready, path, calls):
    """As many volumes as one connection may ask for, on each, and again as they are answered."""
    held = {}
    for _ in range(ASKING):
        wire = opened(path)
        held[wire.socket.fileno()] = wire
    for wire in held.values():
        wire.send(b''.join(calls.frame('storage_vol_get_info', {'vol': volume(1000)}, serial) for serial in range(2, 2 + PIPELINED)))
    os.write(ready, b'.')
    again = calls.frame('storage_vol_get_info', {'vol': volume(1000)}, 1000)
    poll = select.poll()
    for number in held:
        poll.register(number, select.POLLIN)
    while True:
        for number, _ in poll.poll():
            if held[number].read() is None:
                poll.unregister(number)
                continue
            flood.add()
            held[number].send(again)


def others(flood, ready, path):
    """One call at a time of another user, answered or it is over."""
    with opened(path) as wire:
        os.write(ready, b'.')
        while True:
            wire.call(60, word(14), seconds=100)
            flood.add()


@contextlib.contextmanager
def bounded(server):
    before = memory_kib(server.pid, 'VmRSS')
    yield
    grown = memory_kib(server.pid) - before
    print(f'reeved grew by {grown} KiB')
    check(grown < GROWN_KIB * SLOW, f'reeved grew by {grown} KiB')


def goes_on(server, *floods):
    """Another user's calls and the administrator's are answered, some while after."""
    began = [flood.count for flood in floods]
    deadline = time.monotonic() + 120 * SLOW
    with Wire(server.socket) as wire:
        wire.open()
        while any(flood.count < count + 20 for flood, count in zip(floods, began)):
            check(time.monotonic() < deadline, 'others are answered')
            wire.expect(60, word(14))


@case
def messages_that_are_never_finished(server, calls):
    with Flood(OTHER, others, server.socket_ro) as other, bounded(server):
        with Flood(FLOOD, unfinished, server.socket_ro):
            goes_on(server, other)


@case
def answers_that_are_never_read(server, calls):
    with Flood(OTHER, others, server.socket_ro) as other, bounded(server):
        with Flood(FLOOD, unread, server.socket_ro, calls):
            goes_on(server, other)


@case
def volumes_without_end(server, calls):
    """They keep the privileged helper busy, which a start needs, too."""
    with Flood(OTHER, others, server.socket_ro) as other, bounded(server), Wire(server.socket).open() as wire:
        with Flood(FLOOD, asking, server.socket_ro, calls) as flood:
            goes_on(server, other, flood)
            before = flood.count
            for number in (2000, 2001):
                calls.expect(wire, 'domain_create', {'dom': domain(number)})
            went_by = flood.count - before
            goes_on(server, other, flood)
        for number in (2000, 2001):
            calls.expect(wire, 'domain_destroy', {'dom': domain(number)})
        print(f'{went_by} answers to readers during two starts')
        check(went_by < BEFORE_A_START, f'{went_by} answers to readers before two guests were started')


@case
def more_connections_than_one_may_have(server, calls):
    fds = descriptors(server.pid)

    def many(_, ready, path):
        held = []
        for _ in range(1500):
            with contextlib.suppress(OSError, Failed):
                held.append(Wire(path).open(read_only=True))
        os.write(ready, b'.')
        signal.pause()

    with Flood(OTHER, others, server.socket_ro) as other, Flood(FLOOD, many, server.socket_ro):
        goes_on(server, other)
        check(descriptors(server.pid) < fds + 1000 + 50, f'{descriptors(server.pid)} descriptors, {fds} before')
        with Wire(server.socket_ro) as wire:
            wire.open(read_only=True)


def main():
    calls = Calls()
    with Reeved('d', keepalive_interval=-1, login_timeout=300) as server:
        calls.set_stage(server).close()
        os.chmod('.', 0o755)
        os.chmod(server.directory, 0o755)
        with Wire(server.socket).open() as wire:
            for number in (2000, 2001):
                calls.expect(wire, 'domain_define_xml', {'xml': domain_xml(number)})
        return run_cases(server, calls)


if __name__ == '__main__':
    if STOCK or os.geteuid() != 0:
        skip('about our engine, and needs other users')
    sys.exit(main())
