#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The engine is killed in a storm of definitions, again and again: each one that was acknowledged is
there, whole; each that was not is there whole or not at all."""
# timeout: 600
import itertools
import os
import random
import sys
import time
import uuid

import libvirt

from reeve_test import STOCK, check, daemon, equal

ROUNDS = int(os.environ.get('REEVE_CRASH_ROUNDS', '20'))
CLIENTS = 4
MOST = 200  # replies of a round before the kill
NEW_ONES = 3000 // ROUNDS  # of each client in each round: 16,384 domains can be listed at once
chance = random.Random(2)


def document(name, identity, fill):
    return (f'<domain type="test"><name>{name}</name><uuid>{identity}</uuid><description>{fill}</description>'
            '<memory>65536</memory><os><type>hvm</type></os></domain>')


def client(server, number, out, tell):
    """Defines until the daemon is gone; each acknowledged one is a line in the file and a byte to @tell. After some the last is
    defined over and over: all rounds together must fit into one listing."""
    with open(out, 'a', encoding='ascii', buffering=1) as note:
        connection = server.connect('test')
        try:
            for count in itertools.count():
                if count < NEW_ONES:
                    identity, fill = str(uuid.uuid4()), chance.choice('abc') * chance.randrange(10, 6000)
                    name = f'c{number}-{identity[:8]}'
                connection.defineXML(document(name, identity, fill))
                note.write(f'{name} {identity} {fill[0]} {len(fill)}\n')
                os.write(tell, b'.')
        except libvirt.libvirtError:
            pass
    os._exit(0)


def storm(server, paths):
    """One round: all define until the engine is killed, amid whatever follows a number of replies."""
    children, (told, tell) = [], os.pipe()
    for number, path in enumerate(paths):
        child = os.fork()
        if child == 0:
            chance.seed(os.getpid())
            client(server, number, path, tell)
        children.append(child)
    os.close(tell)
    wanted = chance.randrange(1, MOST)
    while wanted > 0:
        came = len(os.read(told, wanted))
        check(came, f'{wanted} replies before the kill, all clients have ended')
        wanted -= came
    time.sleep(chance.uniform(0, 0.01))  # the point of the kill is the test's own choice
    server.kill()
    for child in children:
        os.waitpid(child, 0)
    os.close(told)


def acknowledged(paths):
    for path in paths:
        with open(path, encoding='ascii') as lines:
            for line in lines:
                if line.endswith('\n'):
                    name, identity, letter, length = line.split()
                    yield name, identity, letter * int(length)


def main():
    libvirt.registerErrorHandler(lambda *_: None, None)
    paths = [f'client{number}' for number in range(CLIENTS)]
    with daemon() as server:
        for _ in range(ROUNDS):
            storm(server, paths)
            server.process = None
            server.start()
        wanted = sorted(set(acknowledged(paths)))
        check(len(wanted) >= ROUNDS, f'only {len(wanted)} definitions in {ROUNDS} rounds')
        with server.connect('test') as connection:
            for name, identity, fill in wanted:
                domain = connection.lookupByUUIDString(identity)
                equal(domain.name(), name)
                check(f'<description>{fill}</description>' in domain.XMLDesc(), f'{name} is torn')
            for domain in connection.listAllDomains():
                check('</domain>' in domain.XMLDesc(), f'{domain.name()} is torn')
        print(f'{len(wanted)} definitions in {ROUNDS} rounds, none lost')
    return 0


if __name__ == '__main__':
    if STOCK:
        sys.exit(77)
    sys.exit(main())
