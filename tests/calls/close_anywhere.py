#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The socket is dropped after each byte of each built call, on every kind of listener: nothing is left of
it, and others are served."""
import os
import socket
import sys

from reeve_calls import Calls
from reeve_pki import Authority, server_directory
from reeve_test import STOCK, Reeved, case, check, equal, run_cases, skip
from reeve_wire import Wire, frame, string, word

TLS, TCP = 17614, 17609
OPENED = frame(66, serial=1) + frame(1, word(1) + string('test:///default') + word(0), serial=2)


def left(server, path=None):
    """Descriptors of the engine when it knows of all ends before at that socket."""
    with Wire(path or server.socket).open() as wire:
        equal(wire.expect(60, word(14)).word(), 1)
        wire.finish()
    return len(os.listdir(f'/proc/{server.pid}/fd'))


@case
def in_every_call(server, calls):
    before = left(server)
    count = 0
    for name in calls.rows:
        # Whole calls that change something would do so: the last byte is for another test.
        one = calls.frame(name, calls.values(name), serial=3)
        for cut in range(len(OPENED), len(OPENED) + len(one)):
            with Wire(server.socket) as wire:
                wire.send((OPENED + one)[:cut])
            count += 1
        equal(left(server), before, f'descriptors after {name}')
    check(count > 10000, f'only {count} cuts')


@case
def before_the_login(server, calls):
    before = left(server)
    for path in (server.socket, server.socket_ro):
        for cut in range(len(OPENED)):
            with Wire(path) as wire:
                wire.send(OPENED[:cut])
        equal(left(server, path), before, f'descriptors after {path}')


def cut_off(port, data):
    """Sends it and waits for the server to have closed its side."""
    with socket.create_connection(('127.0.0.1', port), 10) as plain:
        try:
            plain.sendall(data)
            plain.shutdown(socket.SHUT_WR)
            while plain.recv(4096):
                pass
        except ConnectionError:
            pass


@case
def over_tcp(server, calls):
    before = left(server)
    for cut in range(len(OPENED)):
        cut_off(TCP, OPENED[:cut])
    equal(left(server), before, 'descriptors')


def client_hello():
    """What OpenSSL would send first."""
    import ssl
    outgoing = ssl.MemoryBIO()
    try:
        ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname='localhost').do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


@case
def in_the_handshake(server, calls):
    before = left(server)
    hello = client_hello()
    check(len(hello) > 100, 'a handshake')
    for cut in range(len(hello) + 1):
        cut_off(TLS, hello[:cut])
    equal(left(server), before, 'descriptors')


if __name__ == '__main__':
    if STOCK:
        skip('about our engine')
    if os.geteuid() != 0:
        skip('needs the interface of its own that the runner makes for root')
    os.makedirs('d')
    server_directory(Authority('pki', 'ca'), 'd/pki')
    with Reeved(listen_tls='yes', listen_tcp='yes', listen_address='127.0.0.1', tls_port=TLS, tcp_port=TCP) as running:
        with running.connect() as opened:
            opened.getCapabilities()
        table = Calls()
        with table.set_stage(running):
            sys.exit(run_cases(running, table))
