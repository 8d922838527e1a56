#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""TLS with certificates of every kind, on TLS 1.2 and 1.3; and a flood of half-open handshakes."""
import os
import socket
import ssl
import sys
import threading
import time

import libvirt

from reeve_pki import Authority, copy, server_directory
from reeve_test import BUILD, SLOW, STOCK, Reeved, case, check, command, equal, run_cases, skip
from reeve_wire import Frame, frame

PORT = 17514
ALL = os.geteuid() == 0  # then the runner gave us a loopback interface of our own


def uri(directory, host='localhost', more=''):
    return f'test+tls://{host}:{PORT}/default?pkipath={os.path.realpath(directory)}{more}'


def works(where):
    libvirt.registerErrorHandler(lambda *_: None, None)
    try:
        with libvirt.open(where) as connection:
            return connection.lookupByName('test').isActive() == 1
    except libvirt.libvirtError as error:
        print(f'   {where}: {error}')
        return False


@case
def good_certificate(world):
    check(works(uri(world['good'])), 'a good certificate')
    check(works(uri(world['good'], '127.0.0.1')), 'by address')


@case
def versions(world):
    for version in ('VERS-TLS1.2', 'VERS-TLS1.3'):
        check(works(uri(world['good'], more=f'&tls_priority=NORMAL:-VERS-ALL:%2B{version}')), version)


@case
def old_versions(world):
    check(not works(uri(world['good'], more='&tls_priority=NORMAL:-VERS-ALL:%2BVERS-TLS1.0')), 'TLS 1.0')


def handshake(world, cert=None, version=None):
    """Our own client: true when the server sends its byte and answers a call."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(world['authority'].cert)
    if version:
        context.minimum_version = context.maximum_version = version
    if cert:
        context.load_cert_chain(cert[1], cert[0])
    try:
        with socket.create_connection(('127.0.0.1', PORT), 10 * SLOW) as plain, context.wrap_socket(plain) as tls:
            if tls.recv(1) != b'\1':
                return False
            tls.sendall(frame(66, serial=3))
            data = b''
            while len(data) < 28:
                more = tls.recv(100)
                if not more:
                    return False
                data += more
            return Frame(data).serial == 3
    except (ssl.SSLError, ConnectionError) as error:
        print(f'   {error}')
        return False


@case
def who_is_admitted(world):
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        check(handshake(world, world['good_pair'], version), f'{version}: good')
        check(not handshake(world, None, version), f'{version}: no certificate')
        check(not handshake(world, world['expired_pair'], version), f'{version}: expired')
        check(not handshake(world, world['stranger_pair'], version), f'{version}: of another authority')
        check(not handshake(world, world['revoked_pair'], version), f'{version}: revoked')
        check(not handshake(world, world['server_pair'], version), f'{version}: meant for servers')


@case
def client_checks_the_server(world):
    check(not works(uri(world['wrong_ca'])), 'a server of another authority')
    if not ALL:
        return
    check(command(os.path.join(BUILD, 'tools', 'reeve'), '-c', uri(world['good'], '127.0.0.2'), 'list',
                  check_status=False).status != 0, 'our client checks names too')
    check(not works(uri(world['good'], '127.0.0.2')), 'a name that the certificate does not have')
    check(works(uri(world['good'], '127.0.0.2', '&no_verify=1')), 'unless told otherwise')


@case
def our_own_client(world):
    reeve = os.path.join(BUILD, 'tools', 'reeve')
    out = command(reeve, '-c', uri(world['good']), 'list', '--name').out.split()
    equal(out, ['test'])
    for bad in (uri(world['wrong_ca']), uri(world['expired'])):
        check(command(reeve, '-c', bad, 'list', check_status=False).status != 0, bad)


@case
def half_open_handshakes(world):
    """They neither use up the server nor delay who is logged in or logs in properly."""
    with world['server'].connect('test') as connection:
        idle = [socket.create_connection(('127.0.0.1', PORT)) for _ in range(60)]
        for number, one in enumerate(idle):
            one.sendall(b'\x16\x03\x01\x02\x00\x01' if number % 2 else b'')
        began = time.monotonic()
        for _ in range(50):
            connection.lookupByName('test')
        spent = time.monotonic() - began
        check(spent < 2 * SLOW, f'50 calls took {spent:.2f} s beside half-open handshakes')
        for one in idle:
            one.close()
    check(works(uri(world['good'])), 'after them')


@case
def many_at_once(world):
    results = []
    threads = [threading.Thread(target=lambda: results.append(works(uri(world['good'])))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(results, [True] * 8)


@case
def noise(world):
    for data in (b'', b'GET / HTTP/1.0\r\n\r\n', b'\0' * 1000, b'\x16\x03\x03\xff\xff' + b'x' * 70000, frame(66)):
        with socket.create_connection(('127.0.0.1', PORT)) as plain:
            try:
                plain.sendall(data)
                plain.shutdown(socket.SHUT_WR)
                plain.settimeout(15 * SLOW)
                while plain.recv(4096):
                    pass
            except ConnectionError:
                pass
    check(works(uri(world['good'])), 'after noise')


def make_world():
    authority, other = Authority('pki', 'ca'), Authority('other', 'stranger')
    world = {'authority': authority}
    for name, maker, options in (('good', authority, {}), ('expired', authority, {'expired': True}),
                                 ('stranger', other, {}), ('revoked', authority, {})):
        pair = maker.issue(f'{name}-client', 'client', **options)
        world[f'{name}_pair'] = pair
        world[name] = authority.client_directory(f'c-{name}', *pair)
    world['wrong_ca'] = authority.client_directory('c-wrong', *world['good_pair'], ca=other.cert)
    os.makedirs('d', exist_ok=True)
    server_directory(authority, 'd/pki')
    world['server_pair'] = (f'{authority.directory}/server-key.pem', f'{authority.directory}/server.pem')
    copy(authority.revoke(world['revoked_pair'][1]), 'd/pki/crl.pem')
    return world


if __name__ == '__main__':
    if STOCK:
        skip('about our server')
    made = make_world()
    made['server'] = Reeved(listen_tls='yes', listen_address='0.0.0.0' if ALL else '127.0.0.1', tls_port=PORT,
                            tls_crl=os.path.realpath('d/pki/crl.pem'))
    with made['server']:
        sys.exit(run_cases(made))
