#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Made from the list of permissions: on a read-only connection, and on the read-only socket, each call that may
change something is refused before its arguments are looked at, whatever follows the object."""
import sys

import libvirt

from reeve_test import STOCK, case, check, daemon, equal, run_cases, skip
from reeve_wire import CALL_FDS, Wire, calls_by_rule, calls_table, domain, opaque, string, word

DENIED, RPC = libvirt.VIR_ERR_OPERATION_DENIED, libvirt.VIR_ERR_RPC
UUID = bytes(range(16))
# What the first argument of a call is a handle of decides how the handle looks.
HANDLES = {
    'NOTHING': b'',
    'INTERFACE': string('if') + string('52:54:00:00:00:01'),
    'NETWORK': string('net') + UUID,
    'NETWORK_PORT': string('net') + UUID + UUID,
    'NWFILTER': string('filter') + UUID,
    'NWFILTER_BINDING': string('port') + string('filter'),
    'SECRET': UUID + word(0) + string('usage'),
    'STORAGE_POOL': string('pool') + UUID,
    'STORAGE_VOL': string('pool') + string('vol') + string('/key'),
}


def handle(row, ready):
    if row['names'] == 'DOMAIN':
        return domain(ready)
    if row['names'] in ('SNAPSHOT', 'CHECKPOINT'):
        return string('snap') + domain(ready)
    return HANDLES[row['names']]


def ask(wire, row, payload):
    number = int(row['number'])
    if row['kind'] in ('FDS_IN', 'FDS_BOTH'):
        return wire.call(number, word(0) + payload, kind=CALL_FDS)
    return wire.call(number, payload)


def refused(row, path, flags):
    """Each call on a connection of its own: some end it."""
    with Wire(path) as wire:
        wire.open('test:///default', read_only=flags)
        ready = wire.expect(23, string('test')).domain()
        for tail in (b'', b'\0' * 64, b'\xff' * 64, opaque(b'x' * 1000)):
            reply = ask(wire, row, handle(row, ready) + tail)
            equal(reply.status, 1, f'{row["name"]} with {tail[:4]!r}...')
            wanted = {DENIED} if row['where'] != 'NONE' else {DENIED, RPC, libvirt.VIR_ERR_NO_SUPPORT}
            check(reply.error()[0] in wanted, f'{row["name"]} with {tail[:4]!r}...: {reply.error()}')
        equal(wire.expect(23, string('test')).domain(), ready, 'the domain is untouched')


def rows(rule):
    return calls_by_rule(rule)


@case
def refused_by_flag(server):
    for row in rows('REFUSED'):
        refused(row, server.socket, True)


@case
def refused_by_socket(server):
    for row in rows('REFUSED'):
        refused(row, server.socket_ro, False)


@case
def secrets_are_not_shown(server):
    with Wire(server.socket_ro) as wire:
        wire.open()
        ready = wire.expect(23, string('test')).domain()
        wire.expect(14, domain(ready) + word(0))
        reply = wire.call(14, domain(ready) + word(libvirt.VIR_DOMAIN_XML_SECURE))
        equal(reply.error()[0], DENIED)
        reply = wire.call(14, domain(ready) + word(libvirt.VIR_DOMAIN_XML_MIGRATABLE))
        equal(reply.error()[0], DENIED)


@case
def reading_is_allowed(server):
    """A read-only client gets whatever answer a read-write one gets, where it is allowed to ask."""
    for row in rows('ALLOWED'):
        if row['number'] in ('1', '2') or row['kind'].startswith('STREAM'):
            continue
        with Wire(server.socket_ro) as wire:
            wire.open()
            ready = wire.expect(23, string('test')).domain()
            reply = ask(wire, row, handle(row, ready) + b'\0' * 64)
            if reply.status == 1:
                check(reply.error()[0] != DENIED, f'{row["name"]}: {reply.error()}')


@case
def table_is_complete(server):
    numbers = [int(row['number']) for row in calls_table()]
    equal(numbers, sorted(set(numbers)))
    equal(numbers[0], 1)
    check(numbers[-1] >= 443, 'the procedures of libvirt 9.0.0')


if __name__ == '__main__':
    if STOCK:
        skip('asks more than libvirtd promises')
    with daemon() as running:
        sys.exit(run_cases(running))
