#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""TLS with certificates of every kind, on TLS 1.2 and 1.3; and a flood of half-open handshakes."""
import contextlib
import errno
import os
import signal
import socket
import ssl
import sys
import threading
import time

import libvirt

from reeve_pki import Authority, copy, server_directory
from reeve_test import BUILD, SLOW, STOCK, Failed, Reeved, case, check, command, contains, equal, run_cases, skip
from reeve_wire import Frame, frame, string, word

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


def handshake(world, cert=None, version=None, host='127.0.0.1', port=PORT, call=frame(66, serial=3)):
    """Our own client: the reply when the server sends its byte and answers a call."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(world['authority'].cert)
    if version:
        context.minimum_version = context.maximum_version = version
    if cert:
        context.load_cert_chain(cert[1], cert[0])
    try:
        with socket.create_connection((host, port), 10 * SLOW) as plain, context.wrap_socket(plain) as tls:
            if tls.recv(1) != b'\1':
                return None
            tls.sendall(call)
            data = b''
            while len(data) < 28:
                more = tls.recv(4096)
                if not more:
                    return None
                data += more
            return Frame(data)
    except (ssl.SSLError, ConnectionError) as error:
        print(f'   {error}')
        return None


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
            except OSError as error:  # whenever the server ends it: amid what we send, before our end, or after
                check(isinstance(error, ConnectionError) or error.errno == errno.ENOTCONN, f'{error}')
    check(works(uri(world['good'])), 'after noise')


VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


def bad_ones(world, **where):
    for version in VERSIONS:
        for kind in ('expired', 'stranger', 'revoked', 'server'):
            check(not handshake(world, world[f'{kind}_pair'], version, **where), f'{version}: {kind} at {where}')
        check(not handshake(world, None, version, **where), f'{version}: none at {where}')


@case
def every_listener(world):
    """On all addresses, of both families; and in plain text nothing is said at any."""
    with another('all', listen_address='') as server:
        for host in ('127.0.0.1', '::1'):
            try:
                socket.create_connection((host, PORT + 1), 10).close()
            except OSError as error:
                check(host == '::1', f'{host}: {error}')
                print('   without IPv6')
                continue
            check(handshake(world, world['good_pair'], host=host, port=PORT + 1), f'good at {host}')
            bad_ones(world, host=host, port=PORT + 1)
            with socket.create_connection((host, PORT + 1), 10) as plain:
                plain.sendall(frame(66, serial=1))
                plain.settimeout(15 * SLOW)
                data = plain.recv(4096)
                check(not data or data[0] == 0x15, f'a plain call is answered at {host}: {data!r}')
        check(works(uri(world['good']).replace(str(PORT), str(PORT + 1))), server.directory)


@case
def names_of_clients(world):
    """Only who is named is admitted, and as what."""
    opening = frame(1, b'\0\0\0\1' + string('test:///default') + word(0), serial=4)
    with another('named', tls_allowed_dn='*CN=good-client*', tls_read_only_dn='*CN=reader-client*'):
        for version in VERSIONS:
            check(handshake(world, world['good_pair'], version, port=PORT + 1), f'{version}: a name that is admitted')
            check(not handshake(world, world['other_pair'], version, port=PORT + 1), f'{version}: a name that is not')
            check(handshake(world, world['reader_pair'], version, port=PORT + 1), f'{version}: a name that may read')
        bad_ones(world, port=PORT + 1)
        # What follows the opening is refused to the one, and taken from the other.
        change = frame(49, string('no such network') + bytes(16), serial=5)
        for kind, code in (('reader', libvirt.VIR_ERR_OPERATION_DENIED), ('good', libvirt.VIR_ERR_NO_NETWORK)):
            equal(last_reply(world, world[f'{kind}_pair'], (opening, change)).error()[0], code, kind)


def last_reply(world, pair, calls):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(world['authority'].cert)
    context.load_cert_chain(pair[1], pair[0])
    with socket.create_connection(('127.0.0.1', PORT + 1), 10 * SLOW) as plain, context.wrap_socket(plain) as tls:
        equal(tls.recv(1), b'\1')
        for call in calls:
            tls.sendall(call)
            data = b''
            while len(data) < 4 or len(data) < int.from_bytes(data[:4], 'big'):
                more = tls.recv(4096)
                check(more, 'the connection ended')
                data += more
    return Frame(data)


@case
def server_that_expired(world):
    """Is told so before any client is."""
    try:
        with another('old', expired=True):
            raise AssertionError('it starts with a certificate that has expired')
    except Failed as failure:
        contains(str(failure), 'expired', 'the reason')


@case
def revoked_meanwhile(world):
    """The list is read again on SIGHUP."""
    with another('later') as server:
        check(handshake(world, world['other_pair'], port=PORT + 1), 'before')
        copy(world['authority'].revoke(world['other_pair'][1]), 'later/pki/crl.pem')
        os.kill(server.pid, signal.SIGHUP)
        with server.connect('test') as connection:
            connection.getHostname()
        check(not handshake(world, world['other_pair'], port=PORT + 1), 'after')
        check(handshake(world, world['good_pair'], port=PORT + 1), 'the others')


@case
def no_default_without_certificates(world):
    """Without an authority nobody is let in unasked: it does not start."""
    for missing in ('cacert.pem', 'servercert.pem', 'serverkey.pem'):
        with contextlib.suppress(FileNotFoundError):
            os.remove(f'less/pki/{missing}')
        make_server('less')
        os.remove(f'less/pki/{missing}')
        try:
            Reeved('less', listen_tls='yes', listen_address='127.0.0.1', tls_port=PORT + 2).start().stop()
        except Failed as failure:
            contains(str(failure), missing, 'the reason')
        else:
            raise AssertionError(f'it starts without {missing}')


def make_server(directory, **options):
    os.makedirs(directory, exist_ok=True)
    server_directory(made['authority'], f'{directory}/pki', **options)


def another(directory, expired=False, **settings):
    """A server with other settings, on the next port."""
    make_server(directory, expired=expired)
    copy('d/pki/crl.pem', f'{directory}/pki/crl.pem')
    return Reeved(directory, listen_tls='yes', tls_port=PORT + 1, tls_crl=os.path.realpath(f'{directory}/pki/crl.pem'),
                  **{'listen_address': '127.0.0.1', **settings})


def make_world():
    authority, other = Authority('pki', 'ca'), Authority('other', 'stranger')
    world = {'authority': authority}
    for name, maker, options in (('good', authority, {}), ('expired', authority, {'expired': True}),
                                 ('stranger', other, {}), ('revoked', authority, {}),
                                 ('other', authority, {}), ('reader', authority, {})):
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
