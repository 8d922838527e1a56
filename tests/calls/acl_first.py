#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whoever may not make a call is refused before its arguments: the refusal comes while they have not even
been sent, and what is sent then, 16 MiB, a million elements, XML nested deep, moves no memory."""
import os
import struct
import sys

import libvirt

from reeve_test import STOCK, Reeved, case, check, equal, run_cases, skip
from reeve_wire import CALL, CALL_FDS, ERROR, REMOTE, Wire, calls_by_rule, domain, frame, string, word

MIB = 1 << 20
LARGE = 16 * MIB
TABLES = {'calls.def': REMOTE, 'qemu_calls.def': 0x20008087, 'reeve_calls.def': 0x52565600}


def rows(rule):
    """As the list of permissions has it, not the table that the daemon goes by."""
    return [{**row, 'program': program} for table, program in TABLES.items() for row in calls_by_rule(rule, table)]


def peak(server):
    with open(f'/proc/{server.pid}/status', encoding='ascii') as status:
        return [int(line.split()[1]) for line in status if line.startswith('VmHWM')][0]


def begin(row, length):
    """The header of a call with so long a payload, and how many descriptors come with it: none."""
    with_fds = row['kind'] in ('FDS_IN', 'FDS_BOTH')
    return frame(int(row['number']), word(0) if with_fds else b'', 7, row['program'],
                 kind=CALL_FDS if with_fds else CALL, length=length + (32 if with_fds else 28))


def deep():
    return b'<domain>' + b'<a>' * 1000000


def million():
    return word(1000000) + b'\0\0\0\0' * 1000000


def flat(server, before, what):
    grown = peak(server) - before
    check(grown < 2048 or 'REEVE_SANITIZE' in os.environ, f'{what}: the engine grew by {grown} KiB')


@case
def refusal_comes_first(server):
    """On the read-only socket: header alone, refusal, and only then the arguments."""
    with Wire(server.socket_ro).open() as wire:
        handle = domain(wire.expect(23, string('test')).domain())
        wire.call(14, handle + word(8))
        before = peak(server)
        for row in rows('REFUSED'):
            wire.send(begin(row, MIB))
            reply = wire.read()
            equal((reply.serial, reply.status), (7, ERROR), row['name'])
            code = reply.error()[0]
            wanted = {libvirt.VIR_ERR_OPERATION_DENIED, libvirt.VIR_ERR_RPC, libvirt.VIR_ERR_NO_SUPPORT}
            check(code == libvirt.VIR_ERR_OPERATION_DENIED or (row['where'] == 'NONE' and code in wanted),
                  f'{row["name"]}: {reply.error()}')
            wire.send(b'\xff' * MIB)
        equal(wire.expect(60, word(14)).word(), 1, 'the connection lives')
        flat(server, before, 'refused calls with 1 MiB each')


@case
def large_arguments(server):
    """Of each shape; the object that the call names comes first, as it should."""
    with Wire(server.socket_ro).open() as wire:
        handle = domain(wire.expect(23, string('test')).domain())
        before = peak(server)
        shapes = {'16 MiB': b'x' * LARGE, 'deep': string(deep()), 'a million': million()}
        by_name = {row['name']: row for row in rows('REFUSED')}
        for name in ('domain_define_xml', 'domain_attach_device', 'network_define_xml', 'domain_set_metadata',
                     'domain_create_xml', 'domain_migrate_perform3_params', 'domain_fsfreeze'):
            row = by_name[name]
            for shape, data in shapes.items():
                payload = (handle if row['names'] == 'DOMAIN' and 'xml' not in name else b'') + data
                wire.send(begin(row, len(payload)) + payload)
                reply = wire.read()
                equal((reply.serial, reply.status), (7, ERROR), f'{name} with {shape}')
                flat(server, before, f'{name} with {shape}')
        equal(wire.expect(60, word(14)).word(), 1, 'the connection lives')


@case
def who_has_not_logged_in(server):
    """Is not even listened to so long; a short call is refused whatever it says."""
    for row in rows('REFUSED') + rows('ALLOWED') + rows('WHEN'):
        if row['name'].startswith('auth_') or row['name'] in ('connect_supports_feature', 'connect_close'):
            continue
        with Wire(server.asks.socket) as wire:
            wire.send(begin(row, 2000) + b'\xff' * 2000)
            reply = wire.read()
            check(reply and reply.status == ERROR, f'{row["name"]}: {reply}')
    before = peak(server.asks)
    for _ in range(50):
        with Wire(server.asks.socket) as wire:
            try:
                wire.send(struct.pack('>I', LARGE) + b'\0' * LARGE)
            except ConnectionError:
                continue
            equal(wire.read(), None, 'the connection ends')
    flat(server.asks, before, 'anonymous clients with 16 MiB each')


@case
def secrets_of_a_definition(server):
    """A call that may be made, but not so: refused for its flags."""
    with Wire(server.socket_ro).open() as wire:
        handle = domain(wire.expect(23, string('test')).domain())
        reply = wire.call(14, handle + word(libvirt.VIR_DOMAIN_XML_SECURE))
        equal(reply.error()[0], libvirt.VIR_ERR_OPERATION_DENIED)


if __name__ == '__main__':
    if STOCK:
        skip('asks more than libvirtd promises')
    with Reeved() as running, Reeved('asks', auth_unix_rw='uid', max_anonymous_clients='1000') as asking:
        with running.connect() as opened:
            opened.getCapabilities()
        running.asks = asking
        sys.exit(run_cases(running))
