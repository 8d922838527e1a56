#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Nothing is held after calls that fail, clients that vanish, or a long row of the same: descriptors
and memory of the engine stay flat."""
import os
import sys
import time
import uuid

import libvirt

from reeve_test import SLOW, STOCK, case, check, daemon, equal, processes, raises, run_cases, skip
from reeve_wire import CALL_FDS, ERROR, Wire, calls_table, domain, frame, string, word

ROUNDS = 300 if os.environ.get('REEVE_SANITIZE') or os.environ.get('REEVE_VALGRIND') else 2000


def document(name):
    return (f'<domain type="test"><name>{name}</name><uuid>{uuid.uuid4()}</uuid><memory>65536</memory>'
            '<os><type>hvm</type></os></domain>')


def ours(server):
    """The engine and its helpers: pid -> name."""
    return {server.pid: 'reeved', **{pid: name for name in ('reeve-priv', 'reeve-vm') for pid in processes(name)}}


def descriptors(server):
    return {f'{name} {pid}': len(os.listdir(f'/proc/{pid}/fd')) for pid, name in ours(server).items()}


def resident(server):
    with open(f'/proc/{server.pid}/status', encoding='ascii') as status:
        return [int(line.split()[1]) for line in status if line.startswith('VmRSS')][0]


def settle(server):
    """Descriptors when the engine knows of all that ended before. It learns of ends in the order in which
    they come, and of ours it is known when it has closed its side; without that wait our own connection
    would be counted now and then."""
    with Wire(server.socket) as wire:
        wire.open()
        wire.finish()
    return descriptors(server)


def flat(server, act, name, memory=4096):
    act()
    before, memory_before = settle(server), resident(server)
    for _ in range(3):
        act()
    after = settle(server)
    for process, count in after.items():
        check(count <= before.get(process, 0), f'{name}: {count} descriptors in {process}, before {before}')
    if 'REEVE_SANITIZE' not in os.environ:  # which keeps freed memory for a while
        grown = resident(server) - memory_before
        check(grown < memory, f'{name}: {grown} KiB more memory')


@case
def refused_calls(server):
    """Each call, refused for its arguments, many times on one connection."""
    rows = [row for row in calls_table() if row['kind'] != 'EVENT' and row['number'] not in ('1', '2')]

    def act():
        with Wire(server.socket) as wire:
            wire.open()
            ready = wire.expect(23, string('test')).domain()
            wrong = (ready[0], uuid.uuid4().bytes, -1)
            for row in rows:
                number = int(row['number'])
                payload = domain(wrong) + b'\0' * 40 if row['names'] == 'DOMAIN' else b''
                kind = {'kind': CALL_FDS} if row['kind'] in ('FDS_IN', 'FDS_BOTH') else {}
                reply = wire.call(number, (word(0) if kind else b'') + payload, **kind)
                if row['args'] != 'NOTHING':
                    equal(reply.status, ERROR, row['name'])
                    if row['names'] == 'DOMAIN' and row['where'] != 'NONE':
                        check(reply.error()[0] in (libvirt.VIR_ERR_NO_DOMAIN, libvirt.VIR_ERR_RPC), f'{row["name"]}: {reply.error()}')
    flat(server, act, 'refused calls')
    with server.connect('test') as connection:  # a change that was left half done would be in the way
        ready = connection.lookupByName('test')
        began = time.monotonic()
        ready.setAutostart(0)
        ready.suspend()
        ready.resume()
        spent = time.monotonic() - began
    check(spent < 5 * SLOW, f'after refused calls the domain was free after {spent:.1f} s')


@case
def sudden_ends(server):
    def act():
        for number in range(100):
            wire = Wire(server.socket)
            wire.open()
            wire.send(b''.join(frame(7, serial=100 + n) for n in range(number % 10)))
            wire.close()
    flat(server, act, 'sudden ends')


@case
def event_registrations(server):
    def act():
        for _ in range(50):
            with Wire(server.socket) as wire:
                wire.open()
                callbacks = [wire.expect(316, word(number) + word(0)).word() for number in range(20)]
                equal(len(set(callbacks)), 20, 'numbers of callbacks')
    flat(server, act, 'registrations')


@case
def define_and_undefine(server):
    def act():
        with server.connect('test') as connection:
            for number in range(ROUNDS // 10):
                connection.defineXML(document(f'x{number}')).undefine()
            equal(connection.listDefinedDomains(), [])
    flat(server, act, 'define and undefine', memory=8192)


@case
def cheap_calls(server):
    def act():
        with server.connect('test') as connection:
            ready = connection.lookupByName('test')
            info, text = ready.info(), ready.XMLDesc()
            check('<name>test</name>' in text, text)
            for _ in range(ROUNDS):
                now = ready.info()
                equal((now[:4], now[4] >= info[4]), (info[:4], True), 'info')
                equal(ready.XMLDesc(), text)
                info = now
    flat(server, act, 'cheap calls')


@case
def failed_definitions(server):
    def act():
        with server.connect('test') as connection:
            for _ in range(ROUNDS // 4):
                with raises(libvirt.VIR_ERR_XML_DETAIL):
                    connection.defineXML('<domain><name>a</name><memory>x</memory><a></domain>')
    flat(server, act, 'failed definitions')


@case
def connections_that_never_log_in(server):
    def act():
        held = [Wire(server.socket) for _ in range(200)]
        for wire in held:
            wire.close()
    flat(server, act, 'connections that never log in')


if __name__ == '__main__':
    if STOCK:
        skip('about our engine')
    libvirt.registerErrorHandler(lambda *_: None, None)
    with daemon() as running:
        with running.connect() as opened:
            opened.getCapabilities()  # after this the look at the hypervisor is over
        sys.exit(run_cases(running))
