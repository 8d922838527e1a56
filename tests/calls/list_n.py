#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Legacy listings with 0, 1, n-1, n, n+1 and absurd numbers of places, while objects come and go; the
limits of lists in both directions."""
import re
import sys
import threading
import uuid

from reeve_test import case, case_of_ours, check, daemon, equal, run_cases
from reeve_wire import Wire, calls_table, domain, opaque, string, word

COUNT, RPC = 30, 39


def document(name):
    return (f'<domain type="test"><name>{name}</name><uuid>{uuid.uuid4()}</uuid><memory>65536</memory>'
            '<os><type>hvm</type></os></domain>')


def open_wire(server, name='test:///default'):
    return Wire(server.socket).open(name)


@case
def places(server):
    with open_wire(server) as wire:
        for procedure, total in ((21, COUNT), (37, 1)):  # list_defined_domains, list_domains
            for count in (0, 1, total - 1, total, total + 1, 16384):
                got = wire.expect(procedure, word(count)).word()
                equal(got, min(count, total), f'procedure {procedure} with {count} places')
            for count in (-1, 16385, 0x7fffffff, -0x80000000):
                reply = wire.call(procedure, word(count))
                equal(reply.status, 1, f'procedure {procedure} with {count} places')


@case
def while_they_change(server):
    stop = threading.Event()

    def churn():
        with server.connect('test') as connection:
            number = 0
            while not stop.is_set():
                connection.defineXML(document(f'churn{number % 7}-{number}')).undefine()
                number += 1
    thread = threading.Thread(target=churn)
    thread.start()
    try:
        with open_wire(server) as wire:
            for number in range(300):
                count = (0, 1, COUNT - 1, COUNT, COUNT + 1, COUNT + 2)[number % 6]
                reader = wire.expect(21, word(count))
                got = reader.word()
                check(got <= count, f'{got} names for {count} places')
                names = [reader.string() for _ in range(got)]
                equal(len(set(names)), got, 'names')
    finally:
        stop.set()
        thread.join()


@case
def other_legacy_listings(server):
    """Each answers with no more than it was given room for."""
    rows = [row for row in calls_table() if re.fullmatch(
        r'connect_list_(defined_)?(networks|interfaces|storage_pools|secrets|nwfilters)', row['name'])]
    equal(len(rows), 8)
    with open_wire(server, 'qemu:///system') as wire:
        for row in rows:
            equal(wire.expect(int(row['number']), word(0)).word(), 0, row['name'])
            check(wire.expect(int(row['number']), word(1)).word() <= 1, row['name'])
            for count in (-1, 16385):
                equal(wire.call(int(row['number']), word(count)).status, 1, row['name'])


@case_of_ours
def names_of_the_longest_kind(server):
    with open_wire(server) as wire:
        reply = wire.call(23, string('x' * 4194304))
        equal(reply.status, 1)
        check(reply.error()[0] in (42, 8, 39), reply.error())
        reply = wire.call(23, word(4194305) + b'x' * 4194308)
        equal((reply.status, reply.error()[0]), (1, RPC))
        reply = wire.call(11, string('<' * 4194304), seconds=60)
        equal(reply.status, 1)


@case
def statistics_of_too_many(server):
    with open_wire(server) as wire:
        ready = wire.expect(23, string('test')).domain()
        reply = wire.call(344, word(16385) + domain(ready) * 16385 + word(0) + word(0))
        equal((reply.status, reply.error()[0]), (1, RPC))


@case
def opaque_data(server):
    with open_wire(server) as wire:
        ready = wire.expect(23, string('test')).domain()
        reply = wire.call(26, domain(ready) + word(0) + opaque(b'\xff' * 2049))  # pin_vcpu: 2048 at most
        equal((reply.status, reply.error()[0]), (1, RPC))


if __name__ == '__main__':
    with daemon() as running:
        with running.connect('test') as opened:
            for index in range(COUNT):
                opened.defineXML(document(f'n{index}'))
            sys.exit(run_cases(running))
