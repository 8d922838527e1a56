#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Frames that no library sends: cut, too long, out of order, unknown. The daemon goes on."""
import os
import struct
import sys

from reeve_test import STOCK, Reeved, case, case_of_ours, check, daemon, equal, run_cases
from reeve_wire import (CALL_FDS, HOLE, KEEPALIVE, MESSAGE, REPLY, STREAM, Reader, Wire,
                        calls_table, domain, frame, string, word)

VIR_ERR_RPC = 39


def alive(server):
    with Wire(server.socket) as wire:
        wire.open()
        equal(wire.expect(60, word(14)).word(), 1)


@case
def lengths(server):
    for length in (0, 4, 27, 33554437, 0x7fffffff, 0xffffffff):
        with Wire(server.socket) as wire:
            wire.send(word(length) + b'\0' * 24)
            equal(wire.read(), None, f'length {length}')
    alive(server)


@case
def byte_by_byte(server):
    with Wire(server.socket) as wire:
        wire.open()
        for byte in frame(60, word(14), serial=77):
            wire.send(bytes([byte]))
        reply = wire.read()
        equal((reply.serial, Reader(reply.payload).word()), (77, 1))


@case
def close_anywhere(server):
    whole = frame(66, serial=1) + frame(1, word(1) + string('test:///default') + word(0), serial=2)
    for cut in range(len(whole)):
        with Wire(server.socket) as wire:
            wire.send(whole[:cut])
    alive(server)


@case
def pipelined(server):
    with Wire(server.socket) as wire:
        wire.open()
        wire.send(b''.join(frame(60, word(14), serial=number) for number in range(100, 400)))
        equal({wire.read().serial for _ in range(300)}, set(range(100, 400)))


@case
def headers(server):
    with Wire(server.socket) as wire:
        wire.open()
        for header in ({'program': 0x12345678}, {'version': 2}, {'status': 1}, {'status': 2}):
            reply = wire.call(60, word(14), **header)
            equal((reply.status, reply.error()[0]), (1, VIR_ERR_RPC if 'status' not in header else reply.error()[0]))
        for number in (0, -1, 107, 318, 9999, 0x7fffffff):
            reply = wire.call(number, word(0))
            equal(reply.status, 1)
            equal(reply.error()[0], VIR_ERR_RPC)
            if number > 400 or number < 1:
                check('unknown procedure' in reply.error()[2], reply.error()[2])
        for kind in (REPLY, MESSAGE, HOLE, 7, 99, -1):
            wire.send(frame(60, word(14), serial=5, kind=kind))
        wire.send(frame(201, b'x', serial=1234, kind=STREAM, status=2))
        equal(wire.expect(60, word(14)).word(), 1)
        equal(wire.events, [])


@case
def before_login(server):
    with Wire(server.socket) as wire:
        reply = wire.call(110)
        equal(reply.status, 1)
        reply = wire.call(60, word(10))
        equal(reply.status, 0 if not STOCK else reply.status)
    with Wire(server.socket) as wire:
        wire.expect(66)
        equal(wire.call(59).status, 1, 'hostname before connect_open')


@case
def payloads(server):
    with Wire(server.socket) as wire:
        wire.open()
        for payload in (b'', word(5), word(0xffffffff), word(4194305) + b'x' * 64, word(1 << 31)):
            reply = wire.call(23, payload)  # domain_lookup_by_name
            equal((reply.status, reply.error()[0]), (1, VIR_ERR_RPC), repr(payload[:8]))
        more = wire.call(23, string('test') + b'more')
        equal(more.status, 0 if STOCK else 1, 'bytes behind the arguments, which libvirtd ignores')
        name, identity, number = wire.expect(23, string('test')).domain()
        equal((name, number), ('test', 1))
        equal(len(identity), 16)
        alive(server)


@case
def keepalive(server):
    with Wire(server.socket) as wire:
        wire.send(frame(1, program=KEEPALIVE, kind=MESSAGE))
        pong = wire.read()
        equal((pong.program, pong.procedure, pong.type, pong.serial), (KEEPALIVE, 2, MESSAGE, 0))
        for number in (2, 3, 0, -1):
            wire.send(frame(number, program=KEEPALIVE, kind=MESSAGE))
        wire.open()
        equal(wire.call(1, program=KEEPALIVE).status, 1, 'a ping sent as a call')


@case_of_ours
def every_call_without_arguments(server):
    """Each call with no payload at all, with a byte, with noise: an answer, and the connection lives."""
    noise = bytes(range(256)) * 4
    for row in calls_table():
        number = int(row['number'])
        if row['kind'] == 'EVENT' or number in (1, 2):
            continue
        with Wire(server.socket) as wire:
            wire.open()
            for payload in (b'', b'\0', b'\xff' * 64, noise):
                if row['kind'] in ('FDS_IN', 'FDS_BOTH'):
                    wire.call(number, word(0) + payload, kind=CALL_FDS)
                else:
                    reply = wire.call(number, payload)
                    if payload and row['args'] == 'NOTHING' and row['where'] != 'NONE':
                        equal((row['name'], reply.status, reply.error()[0]), (row['name'], 1, VIR_ERR_RPC), 'arguments that there are not')
            equal(wire.expect(60, word(14)).word(), 1, row['name'])


@case_of_ours
def a_client_that_never_reads(server):
    with Wire(server.socket) as wire:
        wire.open()
        wire.socket.setblocking(False)
        call = frame(7, serial=9)  # capabilities: a long answer
        try:
            for _ in range(20000):
                wire.send(call)
        except (BlockingIOError, BrokenPipeError, ConnectionResetError):
            pass
        alive(server)


@case_of_ours
def readers_leave_calls_for_others(server):
    """On the read-only socket everybody may ask a guest that hangs, on any number of connections."""
    text = ('<domain type="test"><name>hangs</name><metadata><t:t xmlns:t="urn:reeve:test" hang="vcpu_info"/></metadata>'
            '<memory>65536</memory><os><type>hvm</type></os></domain>')
    with Wire(server.socket) as wire:
        wire.open()
        handle = domain(wire.expect(10, string(text) + word(0)).domain())  # domain_create_xml
        readers = [Wire(server.socket_ro).open() for _ in range(140)]
        for reader in readers:
            reader.send(b''.join(frame(20, handle + word(1) + word(1), serial=number) for number in range(32)))
        equal(wire.expect(60, word(14)).word(), 1)
        wire.expect(12, handle)  # domain_destroy
    for reader in readers:
        reader.close()
    alive(server)


@case_of_ours
def half_frames_do_not_pile_up(server):
    held = []
    for _ in range(15):
        wire = Wire(server.socket)
        wire.send(struct.pack('>I', 33554436) + b'\0' * 1000)
        held.append(wire)
    alive(server)
    with open(f'/proc/{server.pid}/status', encoding='ascii') as status:
        memory = [int(line.split()[1]) for line in status if line.startswith('VmRSS')][0]
    check(memory < 400000 or 'REEVE_SANITIZE' in os.environ, f'{memory} KiB resident with 15 half frames')
    for wire in held:
        wire.close()


@case_of_ours
def long_frames_need_a_login(server):
    login = frame(70, serial=1)
    with Reeved('asks', auth_unix_rw='uid') as asking:
        with Wire(asking.socket) as wire:
            wire.send(word(400 * 1024) + login[4:])
            equal(wire.read(), None, 'a long frame before the login')
        with Wire(asking.socket) as wire:
            wire.send(login)
            equal(wire.read().status, 0, 'login')
            wire.send(frame(1, word(1) + string('x' * (400 * 1024)) + word(0), serial=2))
            equal(wire.read().serial, 2, 'a long frame after the login')
    alive(server)


if __name__ == '__main__':
    with daemon() as running:
        sys.exit(run_cases(running))
